/** A selector that is not one; the message is Kubernetes' text. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';
}
