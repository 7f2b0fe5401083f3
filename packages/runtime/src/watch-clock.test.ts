import { createFakeClock } from '@cartographer/testkit';
import { expect, it } from 'vitest';
import { watchClock } from './watch-clock.ts';

it('a clock that is set on or back is told once within a minute, and one that goes on or is a little late is not', async () => {
  const clock = createFakeClock();
  const stop = new AbortController();
  const jumps: number[] = [];
  const watching = watchClock({ clock, signal: stop.signal }, (jumpMs) => jumps.push(jumpMs));
  await clock.advance(600_000);
  clock.jump(9_999);
  await clock.advance(60_000);
  expect(jumps).toEqual([]);
  clock.jump(10_000);
  await clock.advance(60_000);
  clock.jump(-86_400_000);
  await clock.advance(300_000);
  expect(jumps).toEqual([10_000, -86_400_000]);
  stop.abort();
  await watching;
  expect(clock.pending).toBe(0);
});
