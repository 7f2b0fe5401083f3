import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeProgram } from '@cartographer/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createArtifactStore } from '../artifact-store.ts';
import { createGit } from './fetch/git-process.ts';
import { createReconcilerFixture, gitRepository, type ReconcilerFixture } from './testing/reconciler.ts';
import { makeTempFolder, RepositoryFixture } from './testing/repository.ts';

const KEY = 'default/app';

let temp: Awaited<ReturnType<typeof makeTempFolder>>;
let repository: RepositoryFixture;
let fixture: ReconcilerFixture;

beforeEach(async () => {
  temp = await makeTempFolder();
  repository = await RepositoryFixture.create(join(temp.path, 'app'));
  fixture = createReconcilerFixture(temp.path);
});
afterEach(() => temp.remove());

const put = (spec: Readonly<Record<string, unknown>> = {}): void =>
  fixture.put(gitRepository('app', { url: repository.path, ref: { branch: 'main' }, ...spec }));
const condition = (type: string): string | undefined => fixture.condition(KEY, type);

describe('artifacts', () => {
  it('that disappear or are altered are made again', async () => {
    await repository.commit('x', { a: '1' });
    put();
    await fixture.reconcile(KEY);
    const first = fixture.status(KEY).artifact;
    const file = join(temp.path, 'artifacts', first?.path ?? '');
    await rm(file);
    await fixture.reconcile(KEY);
    expect((await stat(file)).size).toBe(first?.size);
    await writeFile(file, 'something else');
    await fixture.reconcile(KEY);
    expect((await readFile(file)).length).toBe(first?.size);
    expect(fixture.events).toContainEqual(expect.stringContaining('Warning ArtifactVerificationFailed'));
  });

  it('are kept for a minute and two in number, as Flux does', async () => {
    put();
    const paths: string[] = [];
    for (let i = 0; i < 4; i += 1) {
      await repository.commit(`c${i}`, { a: String(i) });
      await fixture.reconcile(KEY);
      paths.push(join(temp.path, 'artifacts', fixture.status(KEY).artifact?.path ?? ''));
      await fixture.clock.advance(1000);
    }
    await fixture.reconcile(KEY);
    const exist = (): Promise<readonly boolean[]> =>
      Promise.all(
        paths.map((path) =>
          stat(path).then(
            () => true,
            () => false,
          ),
        ),
      );
    expect(await exist()).toEqual([false, false, true, true]);
    await fixture.clock.advance(60_001);
    await fixture.reconcile(KEY);
    expect(await exist()).toEqual([false, false, false, true]);
    expect(fixture.events.at(-1)).toBe('Normal GarbageCollectionSucceeded garbage collected 1 artifacts');
  });

  it('go with their object, which is then let go', async () => {
    await repository.commit('x', { a: '1' });
    put();
    await fixture.reconcile(KEY);
    const object = fixture.object(KEY);
    const deletionTimestamp = '2026-11-23T05:45:00Z';
    fixture.put({ ...object, metadata: { ...object.metadata, deletionTimestamp, resourceVersion: '99' } });
    await fixture.reconcile(KEY);
    expect(() => fixture.object(KEY)).toThrow('gone');
    expect(await stat(join(temp.path, 'artifacts/gitrepository/default/app')).catch(() => 'gone')).toBe('gone');
    expect(await stat(join(temp.path, 'work/mirrors/default/app')).catch(() => 'gone')).toBe('gone');
    expect(fixture.events.at(-1)).toBe(
      'Normal GarbageCollectionSucceeded garbage collected artifacts for deleted resource',
    );
    expect(fixture.watched.has(KEY)).toBe(false);
  });

  it('that cannot be stored say so, and which revision it was', async () => {
    const { store } = withFullDisk();
    put();
    await repository.commit('x', { a: '1' });
    await fixture.reconcile(KEY);
    store.full = true;
    const commit = await repository.commit('y', { a: '2' });
    expect(await fixture.reconcile(KEY)).toEqual({ kind: 'retry' });
    expect(
      fixture
        .status(KEY)
        .conditions?.map(({ type, status, reason, message }) => `${type} ${status} ${reason} ${message}`),
    ).toEqual([
      `Reconciling True ProgressingWithRetry building artifact: new upstream revision 'main@sha1:${commit}'`,
      'Ready False ArchiveOperationFailed unable to archive artifact to storage: no space left on device',
      expect.stringMatching(/^ArtifactInStorage True Succeeded/),
      `ArtifactOutdated True NewRevision new upstream revision 'main@sha1:${commit}'`,
      'StorageOperationFailed True ArchiveOperationFailed unable to archive artifact to storage: no space left on device',
    ]);
    store.full = false;
    await fixture.reconcile(KEY);
    expect(fixture.status(KEY).conditions?.map(({ type }) => type)).toEqual(['Ready', 'ArtifactInStorage']);
  });

  function withFullDisk(): { readonly store: { full: boolean } } {
    const store = { full: false };
    const real = createArtifactStore({ root: join(temp.path, 'artifacts'), clock: fixture.clock });
    const write: typeof real.write = (...args) =>
      store.full ? Promise.reject(new Error('no space left on device')) : real.write(...args);
    fixture = createReconcilerFixture(temp.path, { artifacts: { ...real, write } });
    return { store };
  }
});

describe('a run', () => {
  it('that takes too long is ended, with everything it started, and says so', async () => {
    const slow = join(temp.path, 'slow-git');
    writeProgram(slow, `#!/bin/sh\nsleep 300 & echo $! > ${temp.path}/pid; wait\n`);
    fixture = createReconcilerFixture(temp.path, { git: createGit(process.env, slow) });
    put({ timeout: '3s' });
    const result = fixture.reconcile(KEY);
    const pid = await eventually(async () => Number(await readFile(join(temp.path, 'pid'), 'utf8')) || undefined);
    await fixture.clock.advance(3000);
    expect(await result).toEqual({ kind: 'retry' });
    expect(condition('Ready')).toContain('context deadline exceeded after 3s');
    await eventually(() => Promise.resolve(isAlive(pid) ? undefined : true));
  });

  it('that is told to stop writes nothing', async () => {
    await repository.commit('x', { a: '1' });
    put();
    const controller = new AbortController();
    controller.abort(new Error('stopping'));
    await expect(fixture.reconcile(KEY, controller.signal)).rejects.toThrow('stopping');
    expect(fixture.status(KEY)).toEqual({ observedGeneration: -1 });
  });

  it('without git on the machine says what to do', async () => {
    fixture = createReconcilerFixture(temp.path, { git: createGit(process.env, '/nonexistent/git') });
    put();
    await fixture.reconcile(KEY);
    expect(condition('Ready')).toContain('install git');
  });

  it('starts from our own last status when the cache has not caught up', async () => {
    const commit = await repository.commit('x', { a: '1' });
    const stale = gitRepository('app', { url: repository.path, ref: { branch: 'main' } });
    fixture = createReconcilerFixture(temp.path, { repositories: { get: () => stale } });
    fixture.put(stale);
    await fixture.reconcile(KEY);
    const writes = fixture.writes();
    await fixture.reconcile(KEY);
    expect(fixture.writes()).toBe(writes);
    expect(fixture.status(KEY).artifact?.revision).toContain(commit);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const found = await look().catch(() => undefined);
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error('not in time');
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
}
