import { describe, expect, it } from 'vitest';
import { jenkinsKinds } from '../kinds/kinds.ts';
import { build, createJenkinsStage, type JenkinsStage, server } from './testing/jenkins-stage.ts';

const isTrigger = ({ method, path }: { method: string; path: string }): boolean =>
  method === 'POST' && path.includes('/build');

async function phases(stage: JenkinsStage): Promise<Readonly<Record<string, number>>> {
  const { items } = await stage.client.list(jenkinsKinds.JenkinsBuild);
  const counts: Record<string, number> = {};
  for (const { status } of items) {
    const { phase = 'none' } = (status ?? {}) as { phase?: string };
    counts[phase] = (counts[phase] ?? 0) + 1;
  }
  return counts;
}

/** The most requests of any second. */
function mostInASecond(stage: JenkinsStage): number {
  const times = stage.jenkins.requests.map(({ atMs }) => atMs);
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 1_000).length));
}

const shared = `
apiVersion: jenkins.carto.run/v1alpha1
kind: ClusterJenkinsServer
metadata: {name: ci}
spec: {url: 'https://ci.example.com', namespaceSelector: {}, allow: [{jobs: ['**'], parameters: [A]}]}
---
`;
const sharedBuild = (name: string, namespace: string): string =>
  build(name, ', serverRef: {kind: ClusterJenkinsServer, name: ci}, parameters: {A: x}, timeout: 24h', {
    namespace,
    job: `app-${name}`,
  }).replace('serverRef: {name: ci}, ', '');

describe('500 builds at once on one server', () => {
  it('are each triggered once, with ten requests a second at most, and none is left to be asked about', async () => {
    await using stage = await createJenkinsStage();
    stage.jenkins.jobs.set('app', { parameters: ['CARTO_RUN_ID'], takesMs: 30_000 });
    await stage.restart();
    const names = Array.from({ length: 500 }, (_, index) => `b-${index}`);
    await stage.apply(server() + names.map((name) => build(name)).join(''));
    await stage.clock.advanceUntil(() => stage.jenkins.made === 500, 300_000, 1_000);
    for (let minutes = 0; minutes < 20 && (await phases(stage))['Succeeded'] !== 500; minutes += 1)
      await stage.pass(60_000);
    expect(await phases(stage)).toEqual({ Succeeded: 500 });
    expect(stage.jenkins.made).toBe(500);
    expect(mostInASecond(stage)).toBeLessThanOrEqual(11);
    const { length } = stage.jenkins.requests;
    await stage.pass(3_600_000);
    expect(stage.jenkins.requests.length).toBe(length);
  });

  it('of one namespace hold a build of another up no longer than its turn takes', async () => {
    await using stage = await createJenkinsStage();
    await stage.apply('{apiVersion: v1, kind: Namespace, metadata: {name: small}}');
    const names = Array.from({ length: 200 }, (_, index) => `b-${index}`);
    for (const name of [...names, 'late'])
      stage.jenkins.jobs.set(`app-${name}`, { parameters: ['A', 'CARTO_RUN_ID'], takesMs: 1_000_000 });
    await stage.restart();
    await stage.apply(shared + names.map((name) => sharedBuild(name, 'default')).join(''));
    await stage.pass(2_000);
    const before = stage.jenkins.made;
    expect(before).toBeLessThan(20);
    await stage.apply(sharedBuild('late', 'small'));
    await stage.clock.advanceUntil(
      () => stage.jenkins.requests.some((request) => isTrigger(request) && request.path.includes('app-late')),
      60_000,
      500,
    );
    expect(stage.jenkins.made - before).toBeLessThan(40);
    expect(mostInASecond(stage)).toBeLessThanOrEqual(11);
  });

  it('are no more at a time than the operator lets them be', async () => {
    await using stage = await createJenkinsStage();
    stage.jenkins.jobs.set('app', { parameters: ['CARTO_RUN_ID'], takesMs: 20_000 });
    await stage.restart();
    await stage.apply(
      server(', maxConcurrentBuilds: 2') + [1, 2, 3, 4, 5].map((number) => build(`b-${number}`)).join(''),
    );
    let most = 0;
    for (let passed = 0; passed < 300 && (await phases(stage))['Succeeded'] !== 5; passed += 1) {
      await stage.pass(1_000);
      const ended = stage.jenkins.builds.filter(({ isBuilding }) => !isBuilding).length;
      most = Math.max(most, stage.jenkins.made - ended);
    }
    expect(await phases(stage)).toEqual({ Succeeded: 5 });
    expect(most).toBe(2);
  });

  it('with nothing wrong, a server without builds is asked once, and never again', async () => {
    await using stage = await createJenkinsStage();
    await stage.apply(server());
    await stage.restart();
    await stage.pass(86_400_000);
    expect(stage.jenkins.requests.map(({ path }) => path)).toEqual(['/api/json']);
  });
});
