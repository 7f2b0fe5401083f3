import type { Arbitrary } from 'fast-check';
import fc from 'fast-check';

/**
 * Lists of steps for a law: from `min` (0) to `max` of them, and all these lengths are tried. A bare `fc.array` with a
 * `maxLength` yields ten or so however large that is, since fast-check cuts it to its default size.
 */
export function stepsOf<T>(step: Arbitrary<T>, { min = 0, max }: { min?: number; max: number }): Arbitrary<T[]> {
  return fc.array(step, { minLength: min, maxLength: max, size: 'max' });
}
