import { isNotFound } from '@cartographer/kube';
import { describe, expect, it } from 'vitest';
import { ABORT_FINALIZER } from './build-run.ts';
import { build, createJenkinsStage, type JenkinsStage, type StageSetting, server } from './testing/jenkins-stage.ts';

const isAny = (): boolean => true;

async function running(
  more = '',
  dialect: 'jenkins' | 'hudson' = 'jenkins',
  setting: StageSetting = {},
): Promise<JenkinsStage> {
  const stage = await createJenkinsStage(setting);
  Object.assign(stage.jenkins, { dialect });
  stage.jenkins.jobs.set('app', { parameters: ['CARTO_RUN_ID'], takesMs: 3_600_000 });
  await stage.apply(server());
  await stage.apply(build('one', `, timeout: 24h${more}`));
  await stage.restart();
  return stage;
}

async function isGone(stage: JenkinsStage, name = 'one'): Promise<boolean> {
  return await stage.get('JenkinsBuild', name).then(
    () => false,
    (error: unknown) => isNotFound(error),
  );
}

describe.each(['jenkins', 'hudson'] as const)(
  'a build that is deleted, on a server that speaks as %s does',
  (dialect) => {
    it('is aborted while it runs, and then goes', async () => {
      await using stage = await running('', dialect);
      await stage.pass(10_000);
      await stage.delete('JenkinsBuild', 'one');
      await stage.pass(5_000);
      expect(stage.jenkins.builds.map(({ result }) => result)).toEqual(['ABORTED']);
      await stage.pass(20_000);
      expect(await isGone(stage)).toBe(true);
    });

    it('is taken out of the queue while it waits, and then goes', async () => {
      await using stage = await running('', dialect);
      stage.jenkins.executors = 0;
      await stage.pass(10_000);
      expect((await stage.status('one')).phase).toBe('Queued');
      await stage.delete('JenkinsBuild', 'one');
      await stage.pass(30_000);
      expect(stage.jenkins.items.map(({ isCancelled }) => isCancelled)).toEqual([true]);
      expect(stage.jenkins.builds).toEqual([]);
      expect(await isGone(stage)).toBe(true);
    });
  },
);

describe('a build that is deleted', () => {
  it('is left to itself where that is asked for', async () => {
    await using stage = await running(', onCancel: Leave');
    await stage.pass(10_000);
    await stage.delete('JenkinsBuild', 'one');
    expect(await isGone(stage)).toBe(true);
    await stage.pass(10_000);
    expect(stage.jenkins.builds.map(({ isBuilding }) => isBuilding)).toEqual([true]);
  });

  it('goes after a minute when the server does not answer, with its namespace', async () => {
    await using stage = await running();
    await stage.pass(10_000);
    stage.jenkins.inject(isAny, { kind: 'unsent' }, Number.POSITIVE_INFINITY);
    await stage.delete('JenkinsBuild', 'one');
    await stage.pass(50_000);
    expect(await stage.said('one', 'Triggered')).toBe('Triggered True Triggered');
    expect(await isGone(stage)).toBe(false);
    await stage.pass(15_000);
    expect(await isGone(stage)).toBe(true);
    const { items } = await stage.client.list(
      { group: '', version: 'v1', kind: 'Event', resource: 'events', namespaced: true },
      { namespace: 'default' },
    );
    expect(items.map(({ reason }) => reason)).toContain('AbortGivenUp');
  });

  it('goes after a minute when its server is deleted, too', async () => {
    await using stage = await running();
    await stage.pass(10_000);
    await stage.delete('JenkinsServer', 'ci');
    await stage.delete('JenkinsBuild', 'one');
    await stage.pass(70_000);
    expect(await isGone(stage)).toBe(true);
  });

  it('goes at once when it is over', async () => {
    await using stage = await running();
    await stage.pass(10_000);
    for (const each of stage.jenkins.builds) stage.jenkins.end(each, 'SUCCESS');
    await stage.ended('one');
    expect((await stage.get('JenkinsBuild', 'one')).metadata.finalizers ?? []).not.toContain(ABORT_FINALIZER);
    await stage.delete('JenkinsBuild', 'one');
    expect(await isGone(stage)).toBe(true);
  });
});

describe('a build that is not to go on', () => {
  it('is aborted when its time is over', async () => {
    await using stage = await running();
    await stage.apply(build('two', ', timeout: 5m'));
    const { phase } = await stage.ended('two');
    expect(`${phase} ${await stage.said('two')}`).toBe('Aborted Succeeded False TimedOut: it took longer than 5m');
    expect(stage.jenkins.builds.find(({ result }) => result === 'ABORTED')).toBeDefined();
  });

  it('is said to be over when the server does not abort it in time', async () => {
    await using stage = await running();
    await stage.apply(build('two', ', timeout: 1m'));
    stage.jenkins.inject(({ path }) => path.endsWith('/stop'), { kind: 'lost' }, Number.POSITIVE_INFINITY);
    await stage.clock.advanceUntil(
      () => stage.jenkins.requests.some(({ path }) => path.endsWith('/stop')),
      120_000,
      1_000,
    );
    await stage.pass(1_000);
    expect(await stage.said('two')).toBe('Succeeded Unknown Aborting: it took longer than 1m');
    await stage.ended('two');
    expect(await stage.said('two')).toBe(
      'Succeeded False TimedOut: it took longer than 1m; the server was asked to abort it and did not',
    );
  });

  it.each<[string, (stage: JenkinsStage) => unknown, string]>([
    [
      'its server does not answer',
      (stage) => stage.jenkins.inject(isAny, { kind: 'unsent' }, Number.POSITIVE_INFINITY),
      'ci.example.com: connect ECONNREFUSED',
    ],
    ['its server is gone', (stage) => stage.delete('JenkinsServer', 'ci'), 'JenkinsServer default/ci does not exist'],
  ])('is over a minute after its time when %s, and says what is not known', async (_what, happens, why) => {
    await using stage = await running();
    await stage.apply(build('two', ', timeout: 5m'));
    await stage.pass(20_000);
    await happens(stage);
    await stage.pass(295_000);
    expect(await stage.said('two')).toBe(`Succeeded Unknown Aborting: it took longer than 5m; ${why}`);
    const { phase } = await stage.ended('two', 90_000);
    expect(`${phase} ${await stage.said('two')}`).toBe(
      `Aborted Succeeded False TimedOut: it took longer than 5m; what became of the build is not known: ${why}`,
    );
    expect(await stage.said('one')).toMatch(/^Succeeded Unknown Server/);
  });

  it('is left to itself when its time is over, where that is asked for', async () => {
    await using stage = await running();
    await stage.apply(build('two', ', timeout: 1m, onCancel: Leave'));
    await stage.ended('two');
    expect(await stage.said('two')).toBe(
      'Succeeded False TimedOut: it took longer than 1m; the build is left to itself',
    );
    expect(stage.jenkins.builds.every(({ isBuilding }) => isBuilding)).toBe(true);
  });

  it.each(['Abort', 'Leave'])('when the same step has asked for a newer one: %s', async (onSupersede) => {
    await using stage = await running();
    await stage.apply('{apiVersion: v1, kind: ConfigMap, metadata: {name: owner, namespace: default}}');
    const { uid } = (await stage.get('ConfigMap', 'owner')).metadata;
    const stamped = (name: string): string =>
      build(name, `, timeout: 24h, onSupersede: ${onSupersede}`).replace(
        'namespace: default}',
        `namespace: default, labels: {carto.run/resource-name: test}, ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: owner, uid: ${uid}, controller: true}]}`,
      );
    await stage.apply(stamped('old'));
    await stage.pass(20_000);
    await stage.apply(stamped('new'));
    await stage.pass(30_000);
    expect(await stage.said('old')).toBe(
      onSupersede === 'Abort'
        ? 'Succeeded False Superseded: JenkinsBuild new of the same step is newer'
        : 'Succeeded Unknown Running',
    );
    expect(await stage.said('new')).toBe('Succeeded Unknown Running');
  });

  it('was cancelled in the queue of Jenkins by somebody else', async () => {
    await using stage = await running();
    stage.jenkins.executors = 0;
    await stage.apply(build('two', ''));
    await stage.pass(10_000);
    for (const item of stage.jenkins.items) Object.assign(item, { leftAtMs: stage.clock.now(), isCancelled: true });
    await stage.ended('two');
    expect(await stage.said('two')).toBe('Succeeded False CancelledInQueue: it was cancelled in the queue of Jenkins');
  });
});
