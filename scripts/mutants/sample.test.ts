import { expect, it } from 'vitest';
import { mutationsOf } from './mutations.ts';
import { sampleOf } from './sample.ts';

const SOURCE = 'if (a) b();\nif (c) d();\nif (e) f();\n';

/** The lines with a bug that the sample takes. */
function taken(file: string, source: string, size = 3): readonly string[] {
  return sampleOf(file, mutationsOf(file, source), size).map(({ after }) => after);
}

it('a sample is the same each time, also when lines move', () => {
  expect(taken('a.ts', SOURCE)).toHaveLength(3);
  expect(taken('a.ts', SOURCE)).toEqual(taken('a.ts', `\n\n${SOURCE}`));
});

it('each file has a sample of its own', () => {
  expect(taken('a.ts', SOURCE)).not.toEqual(taken('b.ts', SOURCE));
});

it('a sample never holds a bug twice, and is no larger than all bugs', () => {
  expect(new Set(taken('a.ts', SOURCE, 100)).size).toBe(mutationsOf('a.ts', SOURCE).length);
});
