import { expect, test } from 'vitest';
import { allEnded } from './all-ended.ts';

test('work side by side gives its results in order', async () => {
  expect(await allEnded([Promise.resolve(1), Promise.resolve(2)])).toEqual([1, 2]);
  expect(await allEnded([])).toEqual([]);
});

test('a failure is told when all the others have ended, and it is the first in order', async () => {
  const slow = Promise.withResolvers<string>();
  let isTold = false;
  const all = allEnded([slow.promise, Promise.reject(new Error('first')), Promise.reject(new Error('second'))]);
  const told = all.catch((error: unknown) => {
    isTold = true;
    return error;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(isTold).toBe(false);
  slow.resolve('done');
  expect(await told).toEqual(new Error('first'));
});
