import { join } from 'node:path';
import { expect, it } from 'vitest';
import { relatedTests } from './related-tests.ts';

const packages = join(import.meta.dirname, '..', '..', 'packages');

it('the tests of a file are those of its package that reach it, its own first, the nearest next, not all of them', () => {
  const tests = relatedTests(join(packages, 'engine/src/stand/stand-run.ts'));
  expect(tests[0]).toBe(join(packages, 'engine/src/stand/stand-run.test.ts'));
  expect(tests).toHaveLength(8);
  expect(tests.filter((test) => !test.startsWith(join(packages, 'engine/')))).toEqual([]);
});

it('a file that no test reaches has none', () => {
  expect(relatedTests(join(packages, 'cli/src/main.ts'))).toEqual([]);
});
