import { join } from 'node:path';
import { expect, it } from 'vitest';
import { compiling } from './compiling.ts';
import { mutationsOf } from './mutations.ts';

const root = join(import.meta.dirname, '..', '..');
const { signal } = new AbortController();

/** What is left of the bugs of a file in `packages/engine/src/stand`. */
async function left(source: string): Promise<readonly string[]> {
  const file = 'packages/engine/src/stand/stand-run.ts';
  const bugs = await compiling({ root, signal }, file, source, mutationsOf(file, source));
  return bugs.map(({ after }) => after);
}

it('bugs that the type check refuses are left out, those that leave a name unused are not', async () => {
  const source = `import { WAITING } from './stand.ts';
void WAITING.kind;
export const a: { b?: number; c: number } = { b: 1, c: 2 };
export function d(e: boolean): void {
  if (e) d(false);
}
`;
  expect(await left(source)).toEqual([
    '{}',
    'export const a: { b?: number; c: number } = { c: 2 };',
    'export const a: { b?: number; c: number } = { b: 2, c: 2 };',
    'export const a: { b?: number; c: number } = { b: 1, c: 3 };',
    'if (true) d(false);',
    'if (false) d(false);',
    'if (e) {}',
    'if (e) d(true);',
  ]);
});

it('nothing is left out where the file itself cannot be judged', async () => {
  expect(await left("import { gone } from './gone.ts';\nif (gone) throw gone;\n")).toHaveLength(2);
});
