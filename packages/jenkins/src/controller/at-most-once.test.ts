import type { WireRequest } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import type { SeenRequest } from '../remote/testing/fake-state.ts';
import { build, createJenkinsStage, type JenkinsStage, type StageSetting, server } from './testing/jenkins-stage.ts';

const isWrite = ({ method }: WireRequest): boolean => method !== 'GET';
const isAny = (): boolean => true;
/** What only ever makes builds. */
const isTrigger = ({ method, path }: SeenRequest): boolean => method === 'POST' && path.includes('/build');

type Dialect = 'jenkins' | 'hudson';

async function staged(
  dialect: Dialect,
  parameters: readonly string[] = ['CARTO_RUN_ID'],
  setting: StageSetting = {},
): Promise<JenkinsStage> {
  const stage = await createJenkinsStage(setting);
  Object.assign(stage.jenkins, { dialect });
  stage.jenkins.jobs.set('app', { parameters, takesMs: 10_000, artifacts: { 'out.txt': 'made' } });
  await stage.apply(server());
  await stage.apply(build('one', ', outputs: [{name: made, from: artifact, path: out.txt}]'));
  return stage;
}

/** How many requests and writes it takes from the start to the end, without any trouble. */
async function uninterrupted(dialect: Dialect): Promise<{ readonly requests: number; readonly writes: number }> {
  await using stage = await staged(dialect);
  await stage.restart();
  expect((await stage.ended('one')).phase).toBe('Succeeded');
  return { requests: stage.jenkins.requests.length, writes: stage.faults.requests.filter(isWrite).length };
}

async function expectOne(stage: JenkinsStage, when: string): Promise<void> {
  const status = await stage.ended('one', 1_200_000);
  expect(`${status.phase} ${JSON.stringify(status.outputs)}`, when).toBe('Succeeded {"made":"made"}');
  expect(stage.jenkins.made, when).toBe(1);
}

describe.each<Dialect>(['jenkins', 'hudson'])('one build is made, on a server that speaks as %s does', (dialect) => {
  it('whichever request to Jenkins was the last before a crash', async () => {
    const { requests } = await uninterrupted(dialect);
    expect(requests).toBeGreaterThan(5);
    for (let survived = 0; survived <= requests; survived += 1) {
      await using stage = await staged(dialect);
      await stage.restart();
      await stage.clock
        .advanceUntil(() => stage.jenkins.requests.length >= survived, 60_000, 50)
        .catch(() => undefined);
      await stage.crash();
      await stage.restart();
      await expectOne(stage, `after ${survived} requests`);
    }
  });

  it('whichever request to Jenkins had its answer lost', async () => {
    const { requests } = await uninterrupted(dialect);
    for (let lost = 0; lost < requests; lost += 1) {
      await using stage = await staged(dialect);
      let seen = 0;
      stage.jenkins.inject(() => seen++ === lost, { kind: 'answer lost' });
      await stage.restart();
      await expectOne(stage, `answer ${lost} lost`);
    }
  });

  it('whichever write was the last before a crash, done or not', async () => {
    const { writes } = await uninterrupted(dialect);
    for (let survived = 0; survived <= writes; survived += 1) {
      await using stage = await staged(dialect);
      const heal = stage.faults.inject({ when: isWrite, after: survived, times: Infinity, fault: { kind: 'reset' } });
      await stage.restart();
      await stage.clock.advance(90_000);
      await stage.crash();
      heal();
      await stage.restart();
      await expectOne(stage, `after ${survived} writes`);
    }
  });

  it('whichever write was done but never answered', async () => {
    const { writes } = await uninterrupted(dialect);
    for (let lost = 0; lost < writes; lost += 1) {
      await using stage = await staged(dialect);
      stage.faults.inject({ when: isWrite, after: lost, fault: { kind: 'applied-but', hear: 'reset' } });
      await stage.restart();
      await expectOne(stage, `write ${lost} lost`);
    }
  });

  it('by two replicas that both take themselves for the only one', async () => {
    await using stage = await staged(dialect, ['CARTO_RUN_ID'], { replicas: 2 });
    await stage.restart();
    await expectOne(stage, 'two at once');
  });

  it('when the one that leads is cut off in the middle of the trigger, and another takes over', async () => {
    await using stage = await staged(dialect, ['CARTO_RUN_ID'], { replicas: 2, elects: true });
    stage.jenkins.inject(isTrigger, { kind: 'answer lost' });
    await stage.restart();
    await stage.clock.advanceUntil(() => stage.jenkins.requests.some(isTrigger), 60_000, 1);
    expect(await stage.said('one', 'Triggered')).toMatch(/^Triggered Unknown (?:Triggering|Searching)/);
    await stage.crash();
    await stage.restart();
    await expectOne(stage, 'taken over');
  });

  it('when a proxy says that it failed, and the server has taken the trigger', async () => {
    await using stage = await staged(dialect);
    stage.jenkins.inject(isTrigger, { kind: 'answered by another', status: 502 });
    await stage.restart();
    await stage.pass(20_000);
    await expectOne(stage, 'after a 502');
  });

  it('when the trigger never arrived: it is sent again once that is certain', async () => {
    await using stage = await staged(dialect);
    stage.jenkins.inject(isTrigger, { kind: 'lost' });
    await stage.restart();
    await stage.pass(1_000);
    expect(await stage.said('one', 'Triggered')).toContain(
      'Triggered Unknown Searching: the answer to the trigger was lost',
    );
    await expectOne(stage, 'lost on its way');
    expect(stage.jenkins.requests.filter(isTrigger).length).toBe(2);
    expect((await stage.status('one')).attempt?.number).toBe(2);
  });

  it('when the clock is set on while the trigger may still be on its way: it is sent again no sooner', async () => {
    await using stage = await staged(dialect);
    stage.jenkins.inject(isTrigger, { kind: 'lost' });
    await stage.restart();
    await stage.pass(1_000);
    stage.clock.jump(120_000);
    await stage.pass(50_000);
    expect(stage.jenkins.requests.filter(isTrigger).length).toBe(1);
    await expectOne(stage, 'after a set clock');
    expect(stage.jenkins.requests.filter(isTrigger).length).toBe(2);
  });

  it('when the object is deleted, left alone in Jenkins, and made anew by the same owner', async () => {
    await using stage = await createJenkinsStage();
    Object.assign(stage.jenkins, { dialect });
    stage.jenkins.jobs.set('app', { parameters: ['CARTO_RUN_ID'], takesMs: 10_000 });
    await stage.apply(server());
    await stage.restart();
    await stage.apply('{apiVersion: v1, kind: ConfigMap, metadata: {name: owner, namespace: default}}');
    const { uid } = (await stage.get('ConfigMap', 'owner')).metadata;
    const stamped = `
apiVersion: jenkins.carto.run/v1alpha1
kind: JenkinsBuild
metadata:
  name: one
  namespace: default
  annotations: {carto.run/stamp-digest: 'sha256:1'}
  ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: owner, uid: ${uid}, controller: true}]
spec: {serverRef: {name: ci}, job: app, onCancel: Leave}
`;
    await stage.apply(stamped);
    await stage.ended('one');
    await stage.delete('JenkinsBuild', 'one');
    await stage.pass(1_000);
    await stage.apply(stamped);
    expect((await stage.ended('one')).phase).toBe('Succeeded');
    expect(await stage.said('one', 'Triggered')).toBe('Triggered True Found');
    expect(stage.jenkins.made).toBe(1);
  });
});

describe('a job that does not declare the parameter of the id', () => {
  it('is triggered once, and the build is found by its place in the queue', async () => {
    await using stage = await staged('jenkins', ['OTHER']);
    await stage.restart();
    await expectOne(stage, 'by the queue');
  });

  it('is not triggered again when the answer was lost: nobody could tell whether there is a build', async () => {
    await using stage = await staged('jenkins', ['OTHER']);
    stage.jenkins.inject(isTrigger, { kind: 'answer lost' });
    await stage.restart();
    await stage.ended('one');
    expect(await stage.said('one', 'Triggered')).toBe(
      'Triggered Unknown TriggerUnknown: whether a build was made cannot be told: job app does not declare CARTO_RUN_ID, or keeps too few builds',
    );
    expect(await stage.said('one')).toMatch(/^Succeeded False TriggerUnknown: /);
    await stage.pass(3_600_000);
    expect(stage.jenkins.requests.filter(isTrigger).length).toBe(1);
  });

  it('is not triggered again where the server tells no place in the queue', async () => {
    await using stage = await staged('hudson', ['OTHER']);
    await stage.restart();
    await stage.ended('one');
    expect(await stage.said('one')).toMatch(/^Succeeded False TriggerUnknown: /);
    expect(stage.jenkins.made).toBe(1);
  });

  it('is triggered when nothing was sent: a refused connection loses nothing', async () => {
    await using stage = await staged('jenkins', ['OTHER']);
    stage.jenkins.inject(isTrigger, { kind: 'unsent' }, 3);
    await stage.restart();
    await expectOne(stage, 'after three refused connections');
  });
});

it('what was lost is not searched for without end where builds are thrown away: it is not known, and says so', async () => {
  await using stage = await staged('jenkins');
  stage.jenkins.inject(isTrigger, { kind: 'lost' });
  await stage.restart();
  await stage.pass(1_000);
  // Others build, and the server has kept none of it.
  Object.assign(stage.jenkins.jobs.get('app') ?? {}, { nextBuildNumber: 7 });
  await stage.ended('one');
  expect(await stage.said('one')).toMatch(/^Succeeded False TriggerUnknown: /);
  expect(stage.jenkins.requests.filter(isTrigger).length).toBe(1);
  expect(stage.jenkins.requests.filter(isAny).length).toBeLessThan(60);
});
