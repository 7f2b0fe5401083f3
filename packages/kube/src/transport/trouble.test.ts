import type { Log } from '@cartographer/machinery';
import { silentLog } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { expect, it } from 'vitest';
import { createTroubleLog } from './trouble.ts';

function start() {
  const clock = createFakeClock();
  const lines: string[] = [];
  const log: Log = { ...silentLog, warn: (fields, text) => lines.push(`${text} ${JSON.stringify(fields)}`) };
  return { clock, lines, trouble: createTroubleLog({ clock, log, text: 'no luck' }) };
}

it('a failure is told when it begins and each minute that it lasts, however often it is tried', async () => {
  const { clock, lines, trouble } = start();
  for (let tries = 0; tries < 61; tries += 1) {
    trouble.failed(new Error('away'), { try: tries });
    await clock.advance(2_000);
  }
  expect(lines).toEqual([0, 30, 60].map((tries) => `no luck {"try":${tries},"error":"away"}`));
});

it('another failure is told at once, one that comes back within the minute is not', async () => {
  const { clock, lines, trouble } = start();
  for (const message of ['away', 'forbidden', 'away', 'forbidden']) {
    trouble.failed(new Error(message));
    trouble.worked();
    await clock.advance(1_000);
  }
  expect(lines).toEqual(['no luck {"error":"away"}', 'no luck {"error":"forbidden"}']);
});

it('failures that all read differently are told up to a bound', async () => {
  const { clock, lines, trouble } = start();
  for (let tries = 0; tries < 100; tries += 1) trouble.failed(new Error(`failure ${tries}`));
  expect(lines).toHaveLength(32);
  await clock.advance(60_000);
  trouble.failed(new Error('one more'));
  expect(lines).toHaveLength(33);
});

it('trouble lasts from the first failure until a try works', async () => {
  const { clock, trouble } = start();
  expect(trouble.current()).toBeUndefined();
  const sinceMs = clock.now();
  trouble.failed(new Error('away'));
  await clock.advance(5_000);
  trouble.failed(new Error('forbidden'));
  expect(trouble.current()).toEqual({ message: 'forbidden', sinceMs });
  trouble.worked();
  expect(trouble.current()).toBeUndefined();
});
