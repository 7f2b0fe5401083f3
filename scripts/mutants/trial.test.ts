import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tryMutants } from './trial.ts';

const root = join(import.meta.dirname, '..', '..');

it('a bug that tests see is told from one that changes nothing anybody sees', async () => {
  const file = 'packages/runtime/src/work-queue.ts';
  const trials = await tryMutants(root, file, {
    wanted: ({ before }) => before === 'if (this.#closed) return undefined;',
  });
  expect(trials.map(({ verdict, mutation }) => [mutation.operator, verdict])).toEqual([
    ['condition true', 'noticed'],
    ['condition false', 'survived'], // a closed queue is empty
  ]);
});

it('a bug in a file that no test reaches survives', async () => {
  const trials = await tryMutants(root, 'packages/cli/src/main.ts');
  expect(new Set(trials.map(({ verdict }) => verdict))).toEqual(new Set(['survived']));
});
