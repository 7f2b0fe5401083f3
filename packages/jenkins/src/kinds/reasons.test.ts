import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { BUILD_REASONS, SERVER_REASONS } from './reasons.ts';

const SRC = join(import.meta.dirname, '..');
/** All that tests say, this one left aside. */
const said = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts') && !file.endsWith('reasons.test.ts'))
  .map((file) => readFileSync(join(SRC, file), 'utf8'))
  .join('\n');
const tables = { ...BUILD_REASONS, ...SERVER_REASONS };
const all = Object.values(tables).flatMap((reasons) => Object.keys(reasons));

it.each([...new Set(all)])('the reason %s is reached by a test', (reason) => {
  expect(new RegExp(`\\b${reason}\\b`).test(said)).toBe(true);
});

it('every reason is one that the schema of a status allows, and has a next step where somebody has to move', () => {
  for (const [reason, { move, next }] of Object.values(tables).flatMap((reasons) => Object.entries(reasons))) {
    expect(reason).toMatch(/^[A-Z][A-Za-z]{1,63}$/);
    if (move !== 'nobody') expect(next, reason).toBeTruthy();
  }
});
