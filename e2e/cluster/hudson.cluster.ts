import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type JenkinsBuildStatus, jenkinsKinds } from '@cartographer/jenkins';
import { isNotFound, systemClock } from '@cartographer/kube';
import { type Condition, findCondition, type KubeObject, parseYamlDocuments, textAt } from '@cartographer/machinery';
import { applyObjects, objectsIn, readObjects, startCluster, type TestCluster } from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../carto-process.ts';
import {
  dataOf,
  installCarto,
  type StartedPart,
  startCartoController,
  startCartoJenkins,
  untilReady,
} from './carto.ts';
import { type HudsonServer, startHudson } from './hudson/hudson-server.ts';

const run = promisify(execFile);
const EXAMPLES = join(import.meta.dirname, '../../examples/jenkins');
const PARAMETERS = ['GIT_URL', 'GIT_SHA', 'CARTO_RUN_ID'];

let cluster: TestCluster;
let hudson: HudsonServer;
let jenkins: StartedPart;

beforeAll(async () => {
  [cluster, hudson] = await Promise.all([startCluster(), startHudson()]);
  await installCarto(cluster, '--with', 'jenkins', '--jenkins-secrets-in', 'default');
  await startCartoController(cluster);
  jenkins = await startJenkins('jenkins-1');
  await apply(`
apiVersion: v1
kind: Secret
metadata: {name: jenkins, namespace: default}
stringData: {username: ${hudson.user.name}, password: ${hudson.user.password}}
---
apiVersion: jenkins.carto.run/v1alpha1
kind: JenkinsServer
metadata: {name: jenkins, namespace: default}
spec: {url: '${hudson.url}', secretRef: {name: jenkins}, pollInterval: 1s}
`);
}, 400_000);
afterAll(async () => {
  await Promise.allSettled([cluster?.stop(), hudson?.stop()]);
});

function startJenkins(name: string): Promise<StartedPart> {
  const { host } = hudson;
  return startCartoJenkins(cluster, name, ['--server-hosts', host, '--allow-destination', host, '--plain-http', host]);
}

const apply = (yaml: string): Promise<void> => applyObjects(cluster.client, systemClock, objectsIn(yaml));
const build = (name: string, job: string, more = ''): Promise<void> =>
  apply(`
apiVersion: jenkins.carto.run/v1alpha1
kind: JenkinsBuild
metadata: {name: ${name}, namespace: default}
spec: {serverRef: {name: jenkins}, job: ${job}${more}}
`);

const buildOf = (name: string): Promise<KubeObject> =>
  cluster.client.get(jenkinsKinds.JenkinsBuild, { namespace: 'default', name });
const statusOf = async (name: string): Promise<JenkinsBuildStatus> =>
  ((await buildOf(name))['status'] ?? {}) as JenkinsBuildStatus;

/** Waits until the status of a build is as it should be; says what it is instead. */
async function untilStatus(
  name: string,
  is: (status: JenkinsBuildStatus) => boolean,
  limitMs = 100_000,
): Promise<JenkinsBuildStatus> {
  let last: JenkinsBuildStatus = {};
  try {
    await until(`build ${name} is so`, async () => is((last = await statusOf(name))), limitMs);
    return last;
  } catch (error) {
    throw new Error(`build ${name} says ${JSON.stringify(last)}\n${jenkins.process.logTail()}`, { cause: error });
  }
}

const isOver = ({ phase }: JenkinsBuildStatus): boolean => ['Succeeded', 'Failed', 'Aborted'].includes(phase ?? '');
const saidOf = ({ conditions = [] }: JenkinsBuildStatus): Condition | undefined =>
  findCondition(conditions, 'Succeeded');

describe('builds on a real server of the family, with their own account on a real cluster', () => {
  it('are the steps of a chain: a source is tested, an image is built, once each', async () => {
    await hudson.createJob('test', PARAMETERS, 'echo "testing $GIT_URL at $GIT_SHA"');
    await hudson.createJob(
      'image',
      PARAMETERS,
      'mkdir -p out; echo "registry.example.com/shop@sha256:$GIT_SHA" > out/image.txt',
    );
    for (const file of ['1-account', '2-templates', '3-supply-chain', 'workload']) {
      await applyObjects(cluster.client, systemClock, readObjects(join(EXAMPLES, `${file}.yaml`)));
    }
    await untilReady(cluster.client, 'shop');
    const image = 'registry.example.com/shop@sha256:5f0c3b1a9d2e4f60718293a4b5c6d7e8f9012345';
    expect(await dataOf(cluster.client, 'shop-release')).toEqual({ image });
    expect((await hudson.builds('test')).length).toBe(1);
    expect((await hudson.builds('image')).length).toBe(1);
  });

  it('run through a Runnable as well', async () => {
    await applyObjects(cluster.client, systemClock, readObjects(join(EXAMPLES, 'runnable.yaml')));
    await apply(`
apiVersion: carto.run/v1alpha1
kind: Runnable
metadata: {name: by-hand, namespace: default, labels: {of: hand}}
spec:
  serviceAccountName: jenkins-chain
  runTemplateRef: {name: jenkins-run}
  inputs: {server: jenkins, job: test, url: https://git.example.com/a.git, revision: main@sha1:5f0c3b1a9d2e4f60718293a4b5c6d7e8f9012345}
`);
    const runnables = {
      group: 'carto.run',
      version: 'v1alpha1',
      kind: 'Runnable',
      resource: 'runnables',
      namespaced: true,
    };
    await until('the Runnable has its outputs', async () => {
      const runnable = await cluster.client.get(runnables, { namespace: 'default', name: 'by-hand' });
      return textAt(runnable, 'status', 'outputs', 'url') === 'https://git.example.com/a.git';
    });
    expect((await hudson.builds('test')).length).toBe(2);
  });

  it('show their log while they run, say which line failed, and wait in the queue while executors and jobs are busy', async () => {
    const gate = join(cluster.folder, 'broken-goes-on');
    await hudson.createJob(
      'broken',
      ['CARTO_RUN_ID'],
      `echo compiling; echo "AssertionError: 1 is not 2"; set +x; until [ -e "${gate}" ]; do sleep 0.2; done; exit 1`,
    );
    await build('broken-1', 'broken');
    await untilStatus('broken-1', ({ phase }) => phase === 'Running');
    await untilStatus('broken-1', ({ log }) => log?.lines?.includes('AssertionError: 1 is not 2') === true);
    expect((await hudson.builds('broken')).map(({ building }) => building)).toEqual([true]);
    await build('broken-2', 'broken');
    const queued = await untilStatus(
      'broken-2',
      ({ phase, queue }) => phase === 'Queued' && (queue?.why ?? '').includes('already in progress'),
    );
    expect(saidOf(queued)?.reason).toBe('Queued');
    await writeFile(gate, '');
    const failed = await untilStatus('broken-1', isOver);
    expect(saidOf(failed)?.reason).toBe('BuildFailed');
    expect(failed.log?.lines).toContain('AssertionError: 1 is not 2');
    expect((await untilStatus('broken-2', isOver)).build?.number).toBe(2);
  });

  it('are one and not two when what runs them is killed while it triggers, and refuse what the job would drop', async () => {
    await hudson.createJob('once', ['CARTO_RUN_ID'], 'sleep 3');
    await build('once', 'once');
    await untilStatus('once', ({ attempt }) => attempt !== undefined);
    await jenkins.process.end();
    jenkins = await startJenkins('jenkins-2');
    expect((await untilStatus('once', isOver, 200_000)).phase).toBe('Succeeded');
    expect((await hudson.builds('once')).length).toBe(1);
    await build('dropped', 'once', ', parameters: {UNKNOWN: x}');
    const refused = await untilStatus('dropped', (status) => saidOf(status)?.status === 'False');
    expect(saidOf(refused)?.message).toBe('job once does not declare UNKNOWN');
    expect((await hudson.builds('once')).length).toBe(1);
  }, 400_000);

  it('are aborted when their object is deleted, which then goes', async () => {
    await hudson.createJob('slow', ['CARTO_RUN_ID'], 'sleep 300');
    await build('slow', 'slow');
    await untilStatus('slow', ({ phase }) => phase === 'Running');
    await cluster.client.delete(jenkinsKinds.JenkinsBuild, { namespace: 'default', name: 'slow' });
    await until('the object is gone', async () => await buildOf('slow').then(() => false, isNotFound));
    await until('the build is aborted', async () => (await hudson.builds('slow'))[0]?.result === 'ABORTED');
  });

  it('wait for a job that is disabled, and go on when it is not', async () => {
    await hudson.createJob('disabled', ['CARTO_RUN_ID'], 'true');
    expect(await hudson.post('/job/disabled/disable')).toBe(302);
    await build('disabled', 'disabled');
    const refused = await untilStatus('disabled', (status) => saidOf(status)?.status === 'False');
    expect(saidOf(refused)?.reason).toBe('JobDisabled');
    expect(await hudson.post('/job/disabled/enable')).toBe(302);
    expect((await untilStatus('disabled', isOver)).phase).toBe('Succeeded');
  });

  it('are not made twice when the server crashes in the middle of one', async () => {
    await hudson.createJob('crashed', ['CARTO_RUN_ID'], 'sleep 60');
    await build('crashed', 'crashed', ', timeout: 10m');
    await untilStatus('crashed', ({ phase }) => phase === 'Running');
    await hudson.crash();
    const status = await untilStatus('crashed', isOver, 300_000);
    expect(['BuildNotFound', 'BuildFailed', 'BuildAborted']).toContain(saidOf(status)?.reason);
    expect((await hudson.builds('crashed')).length).toBeLessThanOrEqual(1);
    await build('after', 'test', ', revision: main/5f0c3b1a9d2e4f60718293a4b5c6d7e8f9012345, parameters: {GIT_URL: x}');
    expect((await untilStatus('after', isOver)).phase).toBe('Succeeded');
  }, 400_000);

  it('are made by the Task for pipelines of the original, with its parameters and its result', async () => {
    const [task] = parseYamlDocuments(readFileSync(join(EXAMPLES, 'task.yaml'), 'utf8'));
    const [step] = (task as { spec: { steps: readonly { script: string }[] } }).spec.steps;
    const result = join(cluster.folder, 'jenkins-job-url');
    const played = (name: string, job: string): Promise<{ readonly stdout: string; readonly code?: number }> =>
      run('sh', ['-c', step?.script ?? ''], {
        env: {
          ...process.env,
          KUBECONFIG: cluster.kubeconfig(),
          RUN: name,
          SOURCE_URL: 'https://source',
          SOURCE_REVISION: 'main/1',
          SERVER: 'jenkins',
          JOB: job,
          JOB_PARAMS: '[{"name":"A","value":"b"}]',
          RESULT: result,
        },
      }).catch((error: Error & { stdout: string; code: number }) => error);
    const parameters = ['SOURCE_URL', 'SOURCE_REVISION', 'A'];
    const prints = 'test "$SOURCE_URL $SOURCE_REVISION $A" = "https://source main/1 b"';
    await hudson.createJob('tap', [...parameters, 'CARTO_RUN_ID'], prints);
    const { code } = await played('tap-run', 'tap');
    expect(code).toBeUndefined();
    expect(readFileSync(result, 'utf8')).toBe(`${hudson.url}/job/tap/1/`);
    await hudson.createJob('nameless', parameters, prints);
    const { stdout } = await played('nameless-run', 'nameless');
    // This job does not declare the parameter of the id, and the server tells no item: that is told, and not tried again.
    expect(stdout).toContain('whether a build was made cannot be told: job nameless does not declare CARTO_RUN_ID');
    expect((await hudson.builds('nameless')).length).toBeLessThanOrEqual(1);
  });
});
