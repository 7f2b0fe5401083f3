/**
 * Compares resource versions of one resource type: below zero if `left` is older, above if newer. Undefined when they
 * cannot be compared: Kubernetes promises decimal numbers of any length (KEP-5504), but an aggregated API server may
 * still use anything.
 */
export function compareResourceVersions(left: string | undefined, right: string | undefined): number | undefined {
  if (left === undefined || right === undefined || !isComparable(left) || !isComparable(right)) return undefined;
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** True if `left` is known to be older than `right`; false when equal, newer, or not comparable. */
export function isOlder(left: string | undefined, right: string | undefined): boolean {
  const order = compareResourceVersions(left, right);
  return order !== undefined && order < 0;
}

function isComparable(version: string): boolean {
  for (let i = 0; i < version.length; i++) {
    const digit = version.charCodeAt(i);
    if (digit < 48 || digit > 57) return false;
  }
  return version.length > 0 && version.charCodeAt(0) !== 48;
}
