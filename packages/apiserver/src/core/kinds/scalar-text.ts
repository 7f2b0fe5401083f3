import { getPath } from '@cartographer/machinery';

/** A leaf as text; the empty text for anything else. */
export function scalarText(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint' ? String(value) : '';
}

/** The leaf at a path as text. */
export function scalarAt(object: unknown, ...path: readonly string[]): string {
  return scalarText(getPath(object, ...path));
}
