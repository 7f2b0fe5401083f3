import { execFile } from 'node:child_process';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createReconcilerFixture, gitRepository, type ReconcilerFixture } from './testing/reconciler.ts';
import { makeTempFolder, RepositoryFixture } from './testing/repository.ts';

const run = promisify(execFile);

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

async function contents(): Promise<readonly string[]> {
  const file = join(temp.path, 'artifacts', fixture.status(KEY).artifact?.path ?? '');
  return (await run('tar', ['-tzf', file])).stdout.trim().split('\n');
}

describe('a local repository', () => {
  it('becomes an artifact named after its commit, and is watched', async () => {
    const commit = await repository.commit('a change', { 'b.js': '1', 'a/x.js': '2', 'run.sh*': '#!/bin/sh\n' });
    put();
    expect(await fixture.reconcile(KEY)).toEqual({ kind: 'again', afterMs: 5000 });
    expect(fixture.status(KEY).artifact).toMatchObject({
      path: `gitrepository/default/app/${commit}.tar.gz`,
      revision: `main@sha1:${commit}`,
    });
    expect(await contents()).toEqual(['.', 'a', 'a/x.js', 'b.js', 'run.sh']);
    expect(fixture.events).toEqual(["Normal NewArtifact stored artifact for commit 'a change'"]);
    expect(fixture.watched.get(KEY)).toBe(repository.path);
  });

  it('is read by file URL, and from a work tree that git made beside it', async () => {
    const commit = await repository.commit('x', { a: '1' });
    await repository.git('worktree', 'add', '--quiet', '-b', 'side', join(temp.path, 'side'));
    put({ url: `file://${join(temp.path, 'side')}`, ref: { branch: 'side' } });
    await fixture.reconcile(KEY);
    expect(fixture.status(KEY).artifact?.revision).toBe(`side@sha1:${commit}`);
  });

  it('costs no write and no event while nothing changes', async () => {
    await repository.commit('x', { a: '1' });
    put();
    await fixture.reconcile(KEY);
    const writes = fixture.writes();
    for (let i = 0; i < 3; i += 1) await fixture.reconcile(KEY);
    expect(fixture.writes()).toBe(writes);
    expect(fixture.events).toHaveLength(1);
  });

  it('is written to the API twice at first (finalizer, status) and once for each commit', async () => {
    await repository.commit('x', { a: '1' });
    put();
    await fixture.reconcile(KEY);
    expect(fixture.writes()).toBe(2);
    await repository.commit('y', { a: '2' });
    await fixture.reconcile(KEY);
    expect(fixture.writes()).toBe(3);
    expect(fixture.events.at(-1)).toBe("Normal NewArtifact stored artifact for commit 'y'");
  });

  it('gives the same bytes for the same tree in another place and time', async () => {
    await repository.commit('x', { a: '1', 'deep/er/b': '2' });
    put();
    await fixture.reconcile(KEY);
    const other = await makeTempFolder();
    const second = createReconcilerFixture(other.path);
    second.put(gitRepository('app', { url: repository.path, ref: { branch: 'main' } }));
    await second.clock.advance(86_400_000);
    await second.reconcile(KEY);
    expect(second.status(KEY).artifact?.digest).toBe(fixture.status(KEY).artifact?.digest);
    await other.remove();
  });

  it('fails with the words of Flux while it is missing, and heals when it is back', async () => {
    await repository.commit('x', { a: '1' });
    await rename(repository.path, `${repository.path}.away`);
    put();
    expect(await fixture.reconcile(KEY)).toEqual({ kind: 'retry' });
    const message = `failed to checkout and determine revision: unable to clone '${repository.path}': repository not found`;
    expect(condition('Ready')).toBe(`False GitOperationFailed ${message}`);
    expect(condition('Reconciling')).toBe('True ProgressingWithRetry building artifact');
    expect(fixture.status(KEY).observedGeneration).toBe(-1);

    await rename(`${repository.path}.away`, repository.path);
    await fixture.reconcile(KEY);
    expect(fixture.status(KEY).conditions?.map(({ type }) => type)).toEqual(['Ready', 'ArtifactInStorage']);
  });

  it('keeps its artifact while it has vanished, and says that it is back', async () => {
    await repository.commit('x', { a: '1' });
    put();
    await fixture.reconcile(KEY);
    const { artifact } = fixture.status(KEY);
    await rename(repository.path, `${repository.path}.away`);
    await fixture.reconcile(KEY);
    expect(fixture.status(KEY).artifact).toEqual(artifact);
    expect(condition('Ready')).toContain(`unable to list remote for '${repository.path}': repository not found`);
    expect(condition('Reconciling')).toBe('True ProgressingWithRetry reconciliation in progress');
    const writes = fixture.writes();
    await fixture.reconcile(KEY);
    expect(fixture.writes()).toBe(writes);

    await rename(`${repository.path}.away`, repository.path);
    await fixture.reconcile(KEY);
    expect(fixture.events.at(-1)).toMatch(/^Normal Succeeded stored artifact for commit 'main@sha1:/);
  });

  it('that is empty says so, and is taken up with its first commit', async () => {
    put();
    await fixture.reconcile(KEY);
    expect(condition('Ready')).toBe('False EmptyGitRepository git repository is empty');
    await repository.commit('x', { a: '1' });
    await fixture.reconcile(KEY);
    expect(condition('Ready')).toMatch(/^True Succeeded/);
  });

  it('may have files whose names are no UTF-8, links, and names that look like options', async () => {
    await repository.git('commit', '--quiet', '--allow-empty', '-m', 'x');
    await writeFile(Buffer.concat([Buffer.from(`${repository.path}/caf`), Buffer.from([0xe9])]), 'latin');
    await repository.git('config', 'core.quotePath', 'false');
    await run('ln', ['-s', 'caf', join(repository.path, 'link')]);
    await repository.commit('y', { '--upload-pack=x': '1', 'a b\nc': '2' });
    put();
    await fixture.reconcile(KEY);
    expect(await contents()).toEqual(['.', '--upload-pack=x', 'a b\\nc', 'caf\\351']);
  });
});

describe('the spec', () => {
  it('decides by ignore rules, and a change of them makes a new artifact of the same commit', async () => {
    await repository.commit('x', {
      'a.txt': '1',
      'docs/a': '2',
      'web/.sourceignore': '*.tmp\n',
      'web/b.tmp': '3',
      'p.png': '4',
    });
    put();
    await fixture.reconcile(KEY);
    expect(await contents()).toEqual(['.', 'a.txt', 'docs', 'docs/a', 'p.png', 'web', 'web/.sourceignore']);
    fixture.edit(KEY, { ignore: 'docs/\n' });
    await fixture.reconcile(KEY);
    expect(await contents()).toEqual(['.', 'a.txt', 'p.png', 'web', 'web/.sourceignore']);
    expect(fixture.status(KEY)).toMatchObject({ observedIgnore: 'docs/\n', observedGeneration: 2 });
  });

  it('may name one folder to check out', async () => {
    await repository.commit('x', { 'a.txt': '1', 'web/b': '2', 'webs/c': '3' });
    put({ sparseCheckout: ['./web'] });
    await fixture.reconcile(KEY);
    expect(await contents()).toEqual(['.', 'web', 'web/b']);
    fixture.edit(KEY, { sparseCheckout: ['nope'] });
    await fixture.reconcile(KEY);
    expect(condition('Ready')).toContain("sparse checkout dir 'nope' does not exist in repository");
  });

  it.each([
    [{ verify: { secretRef: { name: 'x' } } }, 'spec.verify'],
    [{ include: [{ repository: { name: 'x' } }] }, 'spec.include'],
    [{ proxySecretRef: { name: 'x' } }, 'spec.proxySecretRef'],
    [{ provider: 'azure' }, 'spec.provider'],
  ])('that asks for %j is refused by name, once', async (spec, field) => {
    put(spec);
    expect(await fixture.reconcile(KEY)).toEqual({ kind: 'done' });
    expect(condition('Stalled')).toContain(`True UnsupportedField ${field} is not supported`);
    expect(condition('Ready')).toContain('False UnsupportedField');
    expect(fixture.status(KEY).observedGeneration).toBe(1);
    await fixture.reconcile(KEY);
    expect(fixture.events).toHaveLength(1);
  });

  it.each(['ext::sh -c touch% /tmp/x', 'relative/path', '', '-oProxyCommand=x', 'ftp://x/y', 'git@host:x'])(
    'with the URL %j is stalled and runs nothing',
    async (url) => {
      put({ url });
      expect(await fixture.reconcile(KEY)).toEqual({ kind: 'done' });
      expect(condition('Stalled')).toMatch(/^True URLInvalid failed to parse url /);
    },
  );

  it('that is corrected recovers from being stalled', async () => {
    await repository.commit('x', { a: '1' });
    put({ url: 'nowhere' });
    await fixture.reconcile(KEY);
    fixture.edit(KEY, { url: repository.path });
    await fixture.reconcile(KEY);
    expect(fixture.status(KEY).conditions?.map(({ type }) => type)).toEqual(['Ready', 'ArtifactInStorage']);
  });

  it('that is changed to a missing branch names the generations, and keeps the artifact', async () => {
    await repository.commit('x', { a: '1' });
    put();
    await fixture.reconcile(KEY);
    fixture.edit(KEY, { ref: { branch: 'nope' } });
    await fixture.reconcile(KEY);
    expect(condition('Reconciling')).toBe('True ProgressingWithRetry processing object: new generation 1 -> 2');
    expect(fixture.status(KEY).conditions?.map(({ type }) => type)).toEqual([
      'Reconciling',
      'Ready',
      'FetchFailed',
      'ArtifactInStorage',
    ]);
    expect(fixture.status(KEY).observedGeneration).toBe(1);
  });

  it('with suspend leaves everything as it is', async () => {
    await repository.commit('x', { a: '1' });
    put();
    await fixture.reconcile(KEY);
    fixture.edit(KEY, { suspend: true });
    await repository.commit('y', { a: '2' });
    const { artifact } = fixture.status(KEY);
    expect(await fixture.reconcile(KEY)).toEqual({ kind: 'done' });
    expect(fixture.status(KEY)).toMatchObject({ artifact, observedGeneration: 2 });
    expect(fixture.watched.has(KEY)).toBe(false);
  });

  it('may name a commit anywhere, or in a branch that has to hold it', async () => {
    const first = await repository.commit('x', { a: '1' });
    await repository.git('switch', '--quiet', '-c', 'side');
    const side = await repository.commit('side', { a: '2' });
    await repository.git('switch', '--quiet', 'main');
    await repository.commit('y', { a: '3' });
    put({ ref: { commit: side } });
    await fixture.reconcile(KEY);
    expect(fixture.status(KEY).artifact?.revision).toBe(`sha1:${side}`);
    fixture.edit(KEY, { ref: { commit: first, branch: 'main' } });
    await fixture.reconcile(KEY);
    expect(fixture.status(KEY).artifact?.revision).toBe(`main@sha1:${first}`);
    fixture.edit(KEY, { ref: { commit: side, branch: 'main' } });
    await fixture.reconcile(KEY);
    expect(condition('Ready')).toContain(`unable to resolve commit object for '${side}': object not found`);
  });

  it('with a range takes the younger of two tags that differ in build metadata', async () => {
    await repository.commit('x', { a: '1' }, '2026-01-02T00:00:00Z');
    await repository.git('tag', '1.0.0+a');
    await repository.commit('y', { a: '2' }, '2026-01-01T00:00:00Z');
    await repository.git('tag', '1.0.0+b');
    put({ ref: { semver: '1.x' } });
    await fixture.reconcile(KEY);
    expect(fixture.status(KEY).artifact?.revision).toMatch(/^1\.0\.0\+a@sha1:/);
  });
});

describe('submodules', () => {
  it('are empty folders, unless they are asked for', async () => {
    const part = await RepositoryFixture.create(join(temp.path, 'part'));
    await part.commit('part', { 'p.js': 'part', '.sourceignore': '*.md\n', 'x.md': '1' });
    await repository.commit('x', { a: '1' });
    await repository.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', '../part', 'lib/part');
    await repository.commit('y', {});
    put();
    await fixture.reconcile(KEY);
    expect(await contents()).toEqual(['.', 'a', 'lib', 'lib/part']);
    fixture.edit(KEY, { recurseSubmodules: true });
    await fixture.reconcile(KEY);
    expect(await contents()).toEqual(['.', 'a', 'lib', 'lib/part', 'lib/part/.sourceignore', 'lib/part/p.js']);
    expect(fixture.status(KEY).observedRecurseSubmodules).toBe(true);
  });

  it('that are gone fail by name', async () => {
    const part = await RepositoryFixture.create(join(temp.path, 'part'));
    await part.commit('part', { p: '1' });
    await repository.commit('x', { a: '1' });
    await repository.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', '../part', 'part');
    await repository.commit('y', {});
    await rm(part.path, { recursive: true });
    put({ recurseSubmodules: true });
    await fixture.reconcile(KEY);
    expect(condition('Ready')).toContain(`submodule 'part': unable to clone '${part.path}': repository not found`);
  });

  it('that nothing says where to find stay empty folders; a list of them that cannot be read is told', async () => {
    const part = await RepositoryFixture.create(join(temp.path, 'part'));
    await part.commit('part', { p: '1' });
    await repository.commit('x', { a: '1' });
    await repository.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', '../part', 'part');
    await repository.commit('broken', { '.gitmodules': '[submodule "part"\n' });
    put({ recurseSubmodules: true });
    await fixture.reconcile(KEY);
    expect(condition('Ready')).toContain('.gitmodules');
    expect(fixture.status(KEY).artifact).toBeUndefined();
    await repository.git('rm', '--quiet', '--force', '.gitmodules');
    await repository.commit('gone', {});
    await fixture.reconcile(KEY);
    expect(await contents()).toEqual(['.', 'a', 'part']);
  });
});

describe('a request', () => {
  it('is acted on and answered with its own value, also when nothing is new', async () => {
    await repository.commit('x', { a: '1' });
    put();
    await fixture.reconcile(KEY);
    const object = fixture.object(KEY);
    const annotations = { 'reconcile.fluxcd.io/requestedAt': 'now' };
    fixture.put({ ...object, metadata: { ...object.metadata, annotations, resourceVersion: '99' } });
    await fixture.reconcile(KEY);
    expect(fixture.status(KEY).lastHandledReconcileAt).toBe('now');
    expect(fixture.events.at(-1)).toMatch(
      /^Normal GitOperationSucceeded no changes since last reconcilation: observed revision 'main@/,
    );
  });
});
