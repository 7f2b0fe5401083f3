/**
 * True if one resource version of a type is known to be older than another; false when it is equal or newer, or when they
 * cannot be compared: Kubernetes promises decimal numbers of any length (KEP-5504), but an aggregated API server may still
 * use anything.
 */
export function isOlder(left: string | undefined, right: string | undefined): boolean {
  if (left === undefined || right === undefined || !isComparable(left) || !isComparable(right)) return false;
  return left.length < right.length || (left.length === right.length && left < right);
}

function isComparable(version: string): boolean {
  return /^[1-9]\d*$/.test(version);
}
