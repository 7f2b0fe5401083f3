/** A patch that cannot be applied: the API server answers 422 for a JSON patch, 400 or 500 for a strategic one. */
export class PatchError extends Error {
  override readonly name = 'PatchError';
}
