import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { prepareRepository } from './example-repository.ts';

let folder = '';
let app = '';
let dir = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'carto-example-'));
  app = join(folder, 'app');
  dir = join(folder, 'repository');
  await mkdir(app);
  await writeFile(join(app, 'message.txt'), 'hello\n');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function git(...args: readonly string[]): string {
  return execFileSync('git', ['-C', dir, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

it('is made once; commits of the user are kept, on a branch of their own, too', async () => {
  await prepareRepository(dir, app);
  const first = git('rev-parse', 'main');
  git('checkout', '--quiet', '--orphan', 'other');
  await prepareRepository(dir, app);
  expect(git('rev-parse', 'main')).toBe(first);
});

it('is made anew when an earlier start was killed before its first commit', async () => {
  await prepareRepository(dir, app);
  await rm(join(dir, '.git'), { recursive: true });
  git('init', '--quiet', '--initial-branch=main', '.');
  await writeFile(join(dir, '.git', 'index.lock'), '');
  await prepareRepository(dir, app);
  expect(git('log', '--format=%s')).toBe('The first commit');
});

it('without its history begins a new one with the files that are there', async () => {
  await prepareRepository(dir, app);
  await rm(join(dir, '.git'), { recursive: true });
  await writeFile(join(dir, 'message.txt'), 'mine\n');
  await prepareRepository(dir, app);
  expect(git('show', 'main:message.txt')).toBe('mine');
});

it('that git cannot read is left to the user', async () => {
  await mkdir(join(dir, '.git'), { recursive: true });
  await writeFile(join(dir, '.git', 'HEAD'), 'broken');
  await prepareRepository(dir, app);
  expect(() => git('log')).toThrow();
});
