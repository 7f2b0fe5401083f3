import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { mutationsOf } from './mutations.ts';
import { createTester } from './tester.ts';
import { type Trial, tryMutants } from './trial.ts';

const FILE = 'packages/one/src/larger.ts';
const SOURCE = 'export const larger = (a: number, b: number): number => (a > b ? a : b);\n';
const TEST = `import { expect, it } from 'vitest';
import { larger } from './larger.ts';
it('the larger one is the second', () => expect(larger(1, 2)).toBe(2));
`;

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'trial-'));
  mkdirSync(join(root, 'packages/one/src'), { recursive: true });
  symlinkSync(join(import.meta.dirname, '../../node_modules'), join(root, 'node_modules'));
  writeFileSync(join(root, FILE), SOURCE);
  writeFileSync(join(root, 'packages/one/src/larger.test.ts'), TEST);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

it('bugs that a test sees are told from those that none sees', async () => {
  const heard: Trial[] = [];
  const trials = await tryMutants(root, FILE, mutationsOf(FILE, SOURCE), {
    onTrial: (trial) => void heard.push(trial),
  });
  expect(trials.map(({ verdict, mutation }) => [mutation.operator, verdict])).toEqual([
    ['condition true', 'noticed'],
    ['condition false', 'survived'],
    ['> as >=', 'survived'],
  ]);
  expect(heard).toEqual(trials);
});

it.each([
  ['works for ever', 'for (;;);'],
  ['waits for ever', 'await new Promise(() => undefined);'],
])('a bug that %s is ended, and the next one is tried in a new process', async (_, bug) => {
  const tester = createTester(root, FILE, SOURCE, [join(root, 'packages/one/src/larger.test.ts')]);
  try {
    expect(await tester.judge(`${SOURCE}\n${bug}`)).toBe('endless');
    expect(await tester.judge(`${SOURCE}\nthrow new Error();`)).toBe('noticed');
  } finally {
    tester.end();
  }
});

it('a bug in a file that no test reaches survives', async () => {
  const file = 'packages/one/src/main.ts';
  writeFileSync(join(root, file), 'run(1);');
  const trials = await tryMutants(root, file, mutationsOf(file, 'run(1);'));
  expect(trials.map(({ verdict }) => verdict)).toEqual(['survived', 'survived']);
});

it('tests that fail without a bug are no measure', async () => {
  writeFileSync(join(root, FILE), 'throw new Error();');
  await expect(tryMutants(root, FILE, mutationsOf(FILE, SOURCE))).rejects.toThrow(
    `the tests of ${FILE} fail without a bug`,
  );
});

it('whoever has stopped it hears of no more bugs', async () => {
  const stop = new AbortController();
  const onTrial = (): void => stop.abort();
  expect(await tryMutants(root, FILE, mutationsOf(FILE, SOURCE), { signal: stop.signal, onTrial })).toHaveLength(1);
});
