import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@cartographer/kube';
import { silentLog } from '@cartographer/machinery';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLocalRepositoryWatch, type LocalRepositoryWatch } from './local-repository-watch.ts';
import { makeTempFolder, RepositoryFixture } from './testing/repository.ts';

let temp: Awaited<ReturnType<typeof makeTempFolder>>;
let watch: LocalRepositoryWatch;
let calls: string[];

beforeEach(async () => {
  temp = await makeTempFolder();
  calls = [];
  watch = createLocalRepositoryWatch({ onChange: (key) => calls.push(key), clock: systemClock, log: silentLog });
});
afterEach(async () => {
  watch.close();
  await temp.remove();
});

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** Real time, because the system reports the changes: long enough for the rest of a burst. */
const SETTLED_MS = 60;

async function called(change: () => Promise<unknown>): Promise<boolean> {
  await pause(SETTLED_MS);
  calls.length = 0;
  await change();
  const deadline = Date.now() + 20_000;
  while (calls.length === 0 && Date.now() < deadline) await pause(10);
  return calls.length > 0;
}

describe('the watch of a local repository', () => {
  it('reports commits, branches in folders, tags, packed refs and resets', async () => {
    const repository = await RepositoryFixture.create(join(temp.path, 'app'));
    await repository.commit('x', { a: '1' });
    await watch.watch('k', repository.path);
    expect(await called(() => repository.commit('y', { a: '2' }))).toBe(true);
    expect(await called(() => repository.git('branch', 'feature/deep/one'))).toBe(true);
    expect(await called(() => repository.git('update-ref', 'refs/heads/feature/deep/one', 'HEAD~1'))).toBe(true);
    expect(await called(() => repository.git('tag', 'v1'))).toBe(true);
    expect(await called(() => repository.git('pack-refs', '--all'))).toBe(true);
    expect(await called(() => repository.git('reset', '--quiet', '--hard', 'HEAD~1'))).toBe(true);
  });

  it('is quiet about work that moves no ref', async () => {
    const repository = await RepositoryFixture.create(join(temp.path, 'app'));
    await repository.commit('x', { a: '1' });
    await watch.watch('k', repository.path);
    await pause(SETTLED_MS);
    calls.length = 0;
    await repository.git('status');
    await repository.git('hash-object', '-w', 'a');
    await pause(SETTLED_MS);
    expect(calls).toEqual([]);
  });

  it('sees a repository come, go, and come again in its place', async () => {
    const path = join(temp.path, 'deep/er/app');
    await watch.watch('k', path);
    expect(await called(() => RepositoryFixture.create(path))).toBe(true);
    const repository = new RepositoryFixture(path);
    expect(await called(() => repository.commit('x', { a: '1' }))).toBe(true);
    expect(await called(() => rename(path, `${path}.away`))).toBe(true);
    expect(await called(() => rename(`${path}.away`, path))).toBe(true);
    expect(await called(() => repository.commit('y', { a: '2' }))).toBe(true);
    await rm(path, { recursive: true });
    await mkdir(path);
    expect(await called(() => RepositoryFixture.create(path))).toBe(true);
    expect(await called(() => repository.commit('z', { a: '3' }))).toBe(true);
  });

  it('covers bare repositories that are pushed to, and work trees of another', async () => {
    const repository = await RepositoryFixture.create(join(temp.path, 'app'));
    await repository.commit('x', { a: '1' });
    const bare = join(temp.path, 'bare.git');
    await repository.git('clone', '--quiet', '--bare', repository.path, bare);
    await watch.watch('k', bare);
    await repository.commit('y', { a: '2' });
    expect(await called(() => repository.git('push', '--quiet', bare, 'main'))).toBe(true);

    const side = join(temp.path, 'side');
    await repository.git('worktree', 'add', '--quiet', '-b', 'side', side);
    await watch.watch('k', side);
    expect(await called(() => new RepositoryFixture(side).commit('z', { b: '1' }))).toBe(true);
  });

  it('ends with unwatch', async () => {
    const repository = await RepositoryFixture.create(join(temp.path, 'app'));
    await watch.watch('k', repository.path);
    await pause(SETTLED_MS);
    watch.unwatch('k');
    calls.length = 0;
    await repository.commit('x', { a: '1' });
    await pause(SETTLED_MS);
    expect(calls).toEqual([]);
  });
});
