import { createFakeClock } from '@cartographer/testkit';
import { expect, test } from 'vitest';
import { CacheHolders, LINGER_MS } from './cache-holders.ts';

function holders() {
  const clock = createFakeClock();
  const ended: string[] = [];
  return { clock, ended, holders: new CacheHolders(clock, (cache) => void ended.push(cache)) };
}

test('a cache ends a while after its last holder has let go of it, and not before', async () => {
  const { clock, ended, holders: held } = holders();
  held.settle('a', ['x', 'y']);
  held.settle('b', ['x']);
  held.settle('a', []);
  await clock.advance(LINGER_MS - 1);
  expect(ended).toEqual([]);
  await clock.advance(1);
  expect(ended).toEqual(['y']);
  held.settle('b', ['z']);
  await clock.advance(LINGER_MS);
  expect(ended).toEqual(['y', 'x']);
});

test('who takes it up again in time finds it still there', async () => {
  const { clock, ended, holders: held } = holders();
  held.settle('a', ['x']);
  held.settle('a', []);
  await clock.advance(LINGER_MS - 1);
  held.hold('b', 'x');
  await clock.advance(LINGER_MS * 2);
  expect(ended).toEqual([]);
  held.settle('b', []);
  await clock.advance(LINGER_MS - 1);
  held.settle('b', ['x']);
  await clock.advance(LINGER_MS * 2);
  expect(ended).toEqual([]);
});

test('what is held in the middle of a reconcile is added to what was held before, until that has settled', async () => {
  const { clock, ended, holders: held } = holders();
  held.settle('a', ['x']);
  held.hold('a', 'y');
  expect(held.heldBy('a')).toEqual(['x', 'y']);
  held.settle('a', ['y']);
  await clock.advance(LINGER_MS);
  expect([ended, held.heldBy('a')]).toEqual([['x'], ['y']]);
});
