import { silentLog } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { expect, test } from 'vitest';

import { createTaskQueue } from './task-queue.ts';

test('a key that is added while it waits runs once, one that is added while it runs runs again', async () => {
  const runs: string[] = [];
  const queue = createTaskQueue(
    'test',
    async (key) => {
      if (runs.push(key) === 1) queue.add(key);
      await Promise.resolve();
    },
    { clock: createFakeClock(), log: silentLog },
  );
  queue.add('a');
  queue.add('a');
  queue.add('b');
  await queue.idle();
  expect(runs).toEqual(['a', 'b', 'a']);
});

test('work that fails is tried again, later each time, until it succeeds', async () => {
  const clock = createFakeClock();
  const start = clock.now();
  const at: number[] = [];
  const run = async (): Promise<void> => {
    at.push(clock.now() - start);
    if (at.length < 4) throw new Error('not yet');
    await Promise.resolve();
  };
  const queue = createTaskQueue('test', run, { clock, log: silentLog });
  queue.add('a');
  await clock.advance(10_000);
  expect(at).toEqual([0, 500, 1500, 3500]);
  queue.close();
  queue.add('a');
  await queue.idle();
  expect(at).toHaveLength(4);
});
