import { join } from 'node:path';
import { expect, it } from 'vitest';
import { guard } from './guard.ts';
import { resultOf } from './results.ts';
import { sourceOf } from './source.ts';

const root = join(import.meta.dirname, '..', '..');
const { signal } = new AbortController();
/** No test of its package reaches this file. */
const UNTESTED = 'packages/cli/src/main.ts';
/** Tests of its package reach this one. */
const TESTED = 'packages/runtime/src/fifo.ts';

async function guarded(files: readonly string[], results = {}, budgetMs = 600_000): Promise<readonly unknown[]> {
  const said: string[] = [];
  const run = { root, processes: 2, signal, say: (line: string) => void said.push(line) };
  return [await guard(run, files, results, budgetMs), said.at(-1), said.join('\n')];
}

it('bugs that tests notice pass, one that survives fails with what to do', async () => {
  const [isGood, last, text] = await guarded([TESTED, UNTESTED]);
  expect(isGood).toBe(false);
  expect(last).toMatch(/^[1-9]\d* passed, [1-9]\d* failed$/);
  expect(text).toMatch(new RegExp(`NO TEST NOTICES ${UNTESTED}:\\d+ .*\n  - .*\n  \\+ `));
  expect(text).toContain(`--record ${UNTESTED}`);
});

it('a survivor that is listed passes', async () => {
  const trials = sourceOf(root, UNTESTED).mutations.map((mutation) => ({ mutation, verdict: 'survived' as const }));
  const listed = { [UNTESTED]: resultOf('0'.repeat(40), trials, undefined) };
  const [isGood, last, text] = await guarded([UNTESTED], listed);
  expect([isGood, last]).toEqual([true, expect.stringMatching(/^[1-9]\d* passed, 0 failed$/)]);
  expect(text).toContain('this clone lacks');
});

it('what is not reached in time is told, and does not pass', async () => {
  const [, last, text] = await guarded([TESTED], {}, 0);
  expect(last).toBe('0 passed, 0 failed');
  expect(text).toMatch(/tried 0 of (\d+) bugs; the type check refuses 0, \1 were not reached/);
});
