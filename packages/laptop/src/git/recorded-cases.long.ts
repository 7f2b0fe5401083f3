import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { GitRepositoryStatus } from './kind/git-repository.ts';
import { createReconcilerFixture, gitRepository, type ReconcilerFixture } from './testing/reconciler.ts';
import { type GitHttpServer, makeTempFolder, RepositoryFixture, startGitHttpServer } from './testing/repository.ts';

type RecordedCase = {
  readonly name: string;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly finalizers: readonly string[];
  readonly status: GitRepositoryStatus;
};

const RECORDED_HOST = '127.0.0.1:13080';
const FIRST_COMMIT = '810d5310861799c9292d6b89ae2047dc0cddf577';
const SECOND_COMMIT = '6625bbccba84179e29180f24aeff509ca65783e9';
const recording = await readFile(join(import.meta.dirname, 'golden/gitrepository-real.yaml'), 'utf8');
const cases = parseAllDocuments(recording).map((document) => document.toJS() as RecordedCase);

describe('the recorded cases of the real source-controller', () => {
  let temp: Awaited<ReturnType<typeof makeTempFolder>>;
  let server: GitHttpServer;
  let fixture: ReconcilerFixture;
  let toRecorded: (value: unknown) => unknown;

  beforeAll(async () => {
    temp = await makeTempFolder();
    const repository = await RepositoryFixture.create(join(temp.path, 'src'));
    const first = await repository.commit('first', { 'a.txt': 'a\n', 'sub/b.txt': 's\n', 'docs/x.md': 'x\n' });
    await repository.git('tag', 'v1.0.0');
    await repository.git('tag', '-a', 'v1.1.0', '-m', 'v1.1.0');
    const second = await repository.commit('second', { '.sourceignore': 'docs/\n' });
    await repository.git('tag', 'v2.0.0-rc.1');
    await repository.git('clone', '--quiet', '--bare', repository.path, join(temp.path, 'served/app.git'));
    server = await startGitHttpServer(join(temp.path, 'served'));
    fixture = createReconcilerFixture(temp.path);
    const ours = (text: string): string =>
      text.replaceAll(RECORDED_HOST, `127.0.0.1:${server.port}`).replaceAll(FIRST_COMMIT, first);
    toRecorded = (value) =>
      JSON.parse(
        JSON.stringify(value)
          .replaceAll(`127.0.0.1:${server.port}`, RECORDED_HOST)
          .replaceAll(first, FIRST_COMMIT)
          .replaceAll(second, SECOND_COMMIT),
      );
    for (const { name, spec } of cases) {
      fixture.put(gitRepository(name, JSON.parse(ours(JSON.stringify(spec))) as Record<string, unknown>));
    }
  });
  afterAll(async () => {
    await server.close();
    await temp.remove();
  });

  it('are seventeen', () => {
    expect(cases).toHaveLength(17);
  });

  it.each(cases.map(({ name }) => name))('%s', async (name) => {
    const recorded = cases.find((item) => item.name === name);
    fixture.events.length = 0;
    await fixture.reconcile(`default/${name}`);

    const { metadata, status } = fixture.object(`default/${name}`);
    expect(metadata.finalizers).toEqual(recorded?.finalizers);
    expect(timeless(toRecorded(status))).toEqual(timeless(recorded?.status));
    expect(order(toRecorded(status))).toEqual(order(recorded?.status));
    const failed = recorded?.status.conditions?.find(({ type }) => type === 'FetchFailed');
    const stored =
      recorded?.status.artifact === undefined
        ? []
        : [expect.stringContaining('Normal NewArtifact stored artifact for commit ')];
    const expected = failed === undefined ? stored : [`Warning ${failed.reason} ${failed.message}`];
    expect(toRecorded(fixture.events)).toEqual(expected);
  });
});

/** Without what differs from run to run: times, and the bytes of gzip, which are another program's here. */
function timeless(value: unknown): unknown {
  const status = value as GitRepositoryStatus;
  const artifact = status.artifact && {
    ...status.artifact,
    digest: undefined,
    size: undefined,
    lastUpdateTime: undefined,
  };
  const conditions = status.conditions?.map((condition) => ({ ...condition, lastTransitionTime: undefined }));
  return JSON.parse(JSON.stringify({ ...status, artifact, conditions }));
}

function order(value: unknown): unknown {
  return (value as GitRepositoryStatus).conditions?.map(({ type }) => type);
}
