import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONDITION_REASON } from '@cartographer/api';
import { expect, it } from 'vitest';
import { INTENT_REASONS } from './reasons.ts';

const SRC = join(import.meta.dirname, '..');
/** All that tests of the controller say. */
const said = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.startsWith('controller') && file.endsWith('.test.ts'))
  .map((file) => readFileSync(join(SRC, file), 'utf8'))
  .join('\n');
const all = Object.entries(INTENT_REASONS).flatMap(([type, reasons]) =>
  Object.keys(reasons).map((reason) => [type, reason] as const),
);

it.each(all)('the reason %s %s is reached by a test', (_type, reason) => {
  expect(said).toMatch(new RegExp(`(?:True|False) ${reason}\\b`));
});

it('every reason is one that the schema of a status allows, and has a next step where somebody has to move', () => {
  for (const [reason, { move, ...more }] of Object.values(INTENT_REASONS).flatMap((reasons) =>
    Object.entries(reasons),
  )) {
    expect(reason).toMatch(new RegExp(CONDITION_REASON));
    if (move !== 'nobody') expect('next' in more ? more.next : '', reason).toBeTruthy();
  }
});
