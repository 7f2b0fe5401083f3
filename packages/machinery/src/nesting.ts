/** Deeper than any real object, and far from what a recursive walk can take. */
const MAX_NESTING = 500;

/** Whether JSON data nests so deep that recursive walks over it could exhaust the stack. */
export function nestsTooDeep(value: unknown, limit: number = MAX_NESTING): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (limit === 0) return true;
  if (Array.isArray(value)) {
    for (const item of value) if (nestsTooDeep(item, limit - 1)) return true;
    return false;
  }
  for (const key of Object.keys(value)) {
    if (nestsTooDeep((value as Record<string, unknown>)[key], limit - 1)) return true;
  }
  return false;
}
