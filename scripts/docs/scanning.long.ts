import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readDoc } from './markdown.ts';

const ROOT = join(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'packages/cli/src/main.ts');

/** Blocks of a command of `carto` and what it prints. */
const blocks = [
  ...readDoc('scanning.md').matchAll(/^```console\n\$ npm run --silent carto -- ([^\n]*)\n(.*?)^```$/gms),
].map(([, command = '', output = '']) => ({ command, output }));

it('docs/scanning.md shows commands', () => {
  expect(blocks.length).toBeGreaterThan(1);
});

it.each(blocks)('carto $command prints what docs/scanning.md shows', ({ command, output }) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...command.split(' ')], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: output, stderr: '' });
});
