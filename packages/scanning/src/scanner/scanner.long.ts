import { it } from 'vitest';
import { changesTenScansOf } from './testing/one-advisory.ts';

it('a new advisory changes the scans that carry its package, ten of a thousand, and nothing else', () =>
  changesTenScansOf(1_000));
