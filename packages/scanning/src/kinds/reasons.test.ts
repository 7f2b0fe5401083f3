import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Explanations } from '@cartographer/api';
import { expect, it } from 'vitest';
import { EXCEPTION_REASONS, POLICY_REASONS, SCAN_REASONS, SOURCE_REASONS, UNREAD_REASONS } from './reasons.ts';

const SRC = join(import.meta.dirname, '..');
const tables: Readonly<Record<string, Readonly<Record<string, Explanations>>>> = {
  scan: SCAN_REASONS,
  source: SOURCE_REASONS,
  policy: { Ready: POLICY_REASONS },
  exception: { Ready: EXCEPTION_REASONS },
};
const all = Object.entries(tables).flatMap(([kind, types]) =>
  Object.entries(types).flatMap(([type, reasons]) => Object.keys(reasons).map((reason) => `${kind} ${type} ${reason}`)),
);

/** A test that reaches the reason, and words that stand in it; they are looked for, so that no row outlives its test. */
function reachedBy(pair: string): readonly [file: string, words: string] {
  const [kind = '', type = '', reason = ''] = pair.split(' ');
  if (kind === 'exception') return ['verdict/exception-status.test.ts', `'${reason}'`];
  if (kind === 'policy') return ['verdict/policy-status.test.ts', `'${reason}'`];
  if (kind === 'source') {
    const isCause = ['RateLimited', 'SpecInvalid', 'CredentialsMissing', 'CaBundleInvalid'].includes(reason);
    if (reason === 'StoreFailed') return ['scanner/failing-store.test.ts', `${type} False ${reason}`];
    return ['scanner/source-status.test.ts', isCause ? `'${reason}'` : ` ${reason}`];
  }
  if (reason === 'StoreEmptied') return ['scanner/inventories/inventories.test.ts', "reason: 'StoreEmptied'"];
  // Its test asks for it under `Inventoried` and under `Succeeded`.
  if (reason in UNREAD_REASONS) return ['scanner/bad-artifacts.test.ts', `False ${reason}`];
  return ELSEWHERE[`${type} ${reason}`] ?? ['verdict/scan-status.test.ts', `'${type} ${statusOf(reason)} ${reason}'`];
}

const ELSEWHERE: Readonly<Record<string, readonly [file: string, words: string]>> = Object.fromEntries([
  ...['Inventoried', 'PolicySucceeded'].map((type) => [
    `${type} StoreFailed`,
    ['scanner/failing-store.test.ts', `${type} Unknown StoreFailed`],
  ]),
  ...['ExpressionFailed', 'ExpressionTooCostly'].map((reason) => [
    `PolicySucceeded ${reason}`,
    ['scanner/nothing-missing.test.ts', `reason: '${reason}'`],
  ]),
  ['PolicySucceeded PolicyInvalid', ['verdict/verdict.test.ts', "'PolicyInvalid'"]],
]) as Readonly<Record<string, readonly [file: string, words: string]>>;

function statusOf(reason: string): string {
  if (['Complete', 'Incomplete', 'Matched', 'FindingsIgnored', 'Scanned', 'Passed', 'Warned'].includes(reason))
    return 'True';
  return ['PolicyViolation', 'InventoryMissing'].includes(reason) ? 'False' : 'Unknown';
}

it.each(all)('the reason %s is reached by a test', (pair) => {
  const [file, words] = reachedBy(pair);
  const isThere = readFileSync(join(SRC, file), 'utf8').includes(words);
  expect(isThere, `${file} has no words "${words}"`).toBe(true);
});

it('every reason is one that the schema of a status allows, and has a next step where somebody has to move', () => {
  for (const types of Object.values(tables)) {
    for (const [reason, { move, next }] of Object.values(types).flatMap((reasons) => Object.entries(reasons))) {
      expect(reason).toMatch(/^[A-Z][A-Za-z]{1,63}$/);
      if (move !== 'nobody') expect(next, reason).toBeTruthy();
    }
  }
});
