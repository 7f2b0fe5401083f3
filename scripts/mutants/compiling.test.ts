import { join } from 'node:path';
import { expect, it } from 'vitest';
import { compiling } from './compiling.ts';
import { mutationsOf } from './mutations.ts';

const root = join(import.meta.dirname, '..', '..');
const { signal } = new AbortController();

const FILE = 'packages/engine/src/stand/stand-run.ts';

/** What is left of the bugs of files. */
async function left(sources: Readonly<Record<string, string>>): Promise<readonly (readonly string[])[]> {
  const candidates = Object.entries(sources).map(([file, source]) => {
    return { file, source, mutations: mutationsOf(file, source) };
  });
  const bugs = await compiling({ root, signal }, candidates);
  return bugs.map((each) => each.map(({ after }) => after));
}

it('bugs that the type check refuses are left out, those that leave a name unused are not', async () => {
  const source = `import { WAITING } from './stand.ts';
void WAITING.kind;
export const a: { b?: number; c: number } = { b: 1, c: 2 };
export function d(e: boolean): void {
  if (e) d(false);
}
`;
  expect(await left({ [FILE]: source })).toEqual([
    [
      '{}',
      'export const a: { b?: number; c: number } = { c: 2 };',
      'export const a: { b?: number; c: number } = { b: 2, c: 2 };',
      'export const a: { b?: number; c: number } = { b: 1, c: 3 };',
      'if (true) d(false);',
      'if (false) d(false);',
      'if (e) {}',
      'if (e) d(true);',
    ],
  ]);
});

it('nothing is left out where the file itself cannot be judged', async () => {
  const source = "import { gone } from './gone.ts';\nif (gone) throw gone;\n";
  expect((await left({ [FILE]: source })).flat()).toHaveLength(2);
});

it('a bug that is no TypeScript does not hide what the type check says of others', async () => {
  const source =
    'export const a = (b: number): number => (b > 1 ? +b : b);\nexport const c: { d: number } = { d: 1 };\n';
  const wrong = {
    operator: 'wrong',
    start: 0,
    end: 6,
    replacement: 'return',
    line: 1,
    before: '',
    after: 'wrong',
    nth: 1,
  };
  const mutations = [wrong, ...mutationsOf(FILE, source)];
  const [bugs = []] = await compiling({ root, signal }, [{ file: FILE, source, mutations }]);
  expect(bugs).toHaveLength(mutations.length - 2);
});

it('files of the same name in two folders are told apart', async () => {
  const takes = (text: string): string => `export const a: { b: number } = ${text};\n`;
  const sources = { 'packages/a/src/x.ts': takes('{ b: 1 }'), 'packages/b/src/x.ts': 'export const a = { b: 1 };\n' };
  expect(await left(sources)).toEqual([
    [takes('{ b: 2 }').trim()],
    ['export const a = { };', 'export const a = { b: 2 };'],
  ]);
});
