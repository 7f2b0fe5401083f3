/** A size that is between two bounds. Overflow is infinity, where cel-go stops at the largest integer. */
export type SizeRange = { readonly min: number; readonly max: number };

export const UNKNOWN_SIZE: SizeRange = { min: 0, max: Infinity };

export function exactly(size: number): SizeRange {
  return { min: size, max: size };
}

export function atMost(size: number): SizeRange {
  return { min: 0, max: size };
}

export function addSizes(left: SizeRange, right: SizeRange): SizeRange {
  return { min: left.min + right.min, max: left.max + right.max };
}

export function multiplySizes(left: SizeRange, right: SizeRange): SizeRange {
  return { min: product(left.min, right.min), max: product(left.max, right.max) };
}

export function uniteSizes(left: SizeRange, right: SizeRange): SizeRange {
  return { min: Math.min(left.min, right.min), max: Math.max(left.max, right.max) };
}

/** Nothing times infinity is nothing. */
export function product(left: number, right: number): number {
  return left === 0 || right === 0 ? 0 : left * right;
}
