import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { startGitServer } from './git-server.ts';

const run = promisify(execFile);

it('a repository can be cloned over HTTP, and fetched again after the next commit', async () => {
  const server = await startGitServer();
  const folder = mkdtempSync(join(tmpdir(), 'carto-clone-'));
  try {
    const repository = await server.createRepository('app');
    const first = await repository.commit({ 'src/a.txt': 'one' });
    const clone = join(folder, 'clone');
    await run('git', ['clone', '--quiet', '--depth', '1', repository.url, clone]);
    expect(readFileSync(join(clone, 'src/a.txt'), 'utf8')).toBe('one');
    expect((await run('git', ['-C', clone, 'rev-parse', 'HEAD'])).stdout.trim()).toBe(first);

    const second = await repository.commit({ 'src/a.txt': 'two' });
    await run('git', ['-C', clone, 'pull', '--quiet']);
    expect((await run('git', ['-C', clone, 'rev-parse', 'HEAD'])).stdout.trim()).toBe(second);
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
