import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { markProcess } from '@cartographer/laptop';
import { expect, it } from 'vitest';
import { removeLeftHomes } from './home.ts';

it('temporary homes that killed runs left are removed, and nothing else', async () => {
  const root = await mkdtemp(join(tmpdir(), 'homes-'));
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e9)'], { stdio: 'ignore' });
  await once(child, 'spawn');
  const gone = markProcess(child.pid ?? 0);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const homes: Readonly<Record<string, unknown>> = {
    'carto-left': gone,
    'carto-runs': markProcess(process.pid),
    // Another process has the id of one that is gone.
    'carto-taken': { pid: process.pid, startedAt: 'long ago' },
    'carto-none': undefined,
    'carto-strange': 5,
    other: gone,
  };
  for (const [name, mark] of Object.entries(homes)) {
    await mkdir(join(root, name));
    if (mark !== undefined) await writeFile(join(root, name, 'ephemeral.json'), JSON.stringify(mark));
  }
  await symlink(join(root, 'other'), join(root, 'carto-link'));
  await removeLeftHomes(root);
  expect((await readdir(root)).toSorted()).toEqual([
    'carto-link',
    'carto-none',
    'carto-runs',
    'carto-strange',
    'other',
  ]);
  await rm(root, { recursive: true });
});
