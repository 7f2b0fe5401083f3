import { describe, expect, it } from 'vitest';
import { page } from '../remote/testing/fake-answers.ts';
import {
  base64,
  build,
  createJenkinsStage,
  type JenkinsStage,
  jenkinsWrites,
  server,
} from './testing/jenkins-stage.ts';

const isTrigger = ({ method, path }: { method: string; path: string }): boolean =>
  method === 'POST' && path.includes('/build');
const LONG = ', parameters: {A: x}, timeout: 24h';

async function staged(more = LONG, serverYaml = server()): Promise<JenkinsStage> {
  const stage = await createJenkinsStage();
  stage.jenkins.jobs.set('app', { parameters: ['A', 'CARTO_RUN_ID'], takesMs: 60_000 });
  await stage.apply(serverYaml);
  await stage.apply(build('one', more));
  return stage;
}

const job = (stage: JenkinsStage) => stage.jenkins.jobs.get('app') ?? {};

describe('a server that answers rarely so', () => {
  it('has forgotten the item of the queue: the build is found by what it came from', async () => {
    await using stage = await staged();
    job(stage).parameters = ['A'];
    await stage.restart();
    await stage.pass(500);
    expect((await stage.status('one')).queue?.id).toBe(1);
    await stage.crash();
    // The item is purged, and the build is over, while nobody looks.
    await stage.clock.advance(600_000);
    await stage.restart();
    expect((await stage.ended('one')).build?.number).toBe(1);
    expect(stage.jenkins.made).toBe(1);
  });

  it('tells an inner address: only the number counts', async () => {
    await using stage = await staged();
    stage.jenkins.ownUrl = 'http://10.0.0.7:8080/inner';
    job(stage).parameters = ['A'];
    await stage.restart();
    expect((await stage.ended('one')).phase).toBe('Succeeded');
    expect(new Set(stage.jenkins.requests.map(({ path }) => path.split('/')[1]))).toEqual(
      new Set(['api', 'queue', 'job']),
    );
  });

  it('tells no address: the build is found by its id', async () => {
    await using stage = await staged();
    stage.jenkins.tellsItem = false;
    await stage.restart();
    expect((await stage.ended('one')).phase).toBe('Succeeded');
    expect(stage.jenkins.made).toBe(1);
  });

  it('merges what waits alike: both are followed, each by its own name, where they can be told apart', async () => {
    await using stage = await staged();
    await stage.apply(build('two', LONG));
    await stage.restart();
    const [one, two] = [await stage.ended('one'), await stage.ended('two')];
    expect(new Set([one.build?.number, two.build?.number])).toEqual(new Set([1, 2]));
    job(stage).parameters = ['A'];
    await stage.apply(build('three', LONG) + build('four', LONG));
    const [three, four] = [await stage.ended('three'), await stage.ended('four')];
    expect([three.build?.number, four.build?.number]).toEqual([3, 3]);
    expect([three.phase, four.phase]).toEqual(['Succeeded', 'Succeeded']);
  });

  it('lets a crumb be over: another is asked for, and the trigger sent once more', async () => {
    await using stage = await staged(LONG, server().replace('apiToken', 'password'));
    stage.jenkins.crumb = 'first';
    await stage.restart();
    await stage.apply(build('two', LONG));
    stage.jenkins.crumb = 'second';
    expect((await stage.ended('two')).phase).toBe('Succeeded');
    expect(stage.jenkins.made).toBe(2);
    const { headers = {} } = stage.jenkins.requests.findLast(isTrigger) ?? {};
    expect([headers['Jenkins-Crumb'], headers['cookie'], headers['authorization']]).toEqual([
      'second',
      'JSESSIONID=node01',
      `Basic ${base64('bot:token')}`,
    ]);
  });

  it('gives a number again after it was restored: the other build is not taken for this one', async () => {
    await using stage = await staged();
    await stage.restart();
    await stage.pass(10_000);
    expect((await stage.status('one')).build?.number).toBe(1);
    const [ours] = stage.jenkins.builds;
    stage.jenkins.builds.length = 0;
    stage.jenkins.builds.push({
      job: 'app',
      number: 1,
      queueId: 9,
      parameters: { A: 'x', CARTO_RUN_ID: 'other' },
      startedAtMs: ours?.startedAtMs ?? 0,
      isBuilding: false,
      result: 'SUCCESS',
      durationMs: 1,
    });
    await stage.ended('one');
    expect(await stage.said('one')).toBe(
      'Succeeded False BuildNotFound: build 1 of app is gone, or another one has its number',
    );
    expect(stage.jenkins.requests.filter(isTrigger).length).toBe(1);
  });

  it('has ended the build and not judged it yet: it is over with its result, and not before', async () => {
    await using stage = await staged();
    await stage.restart();
    await stage.pass(10_000);
    const [ours] = stage.jenkins.builds;
    if (ours !== undefined) Object.assign(ours, { isBuilding: false, result: null });
    await stage.pass(60_000);
    expect((await stage.status('one')).phase).toBe('Running');
    if (ours !== undefined) ours.result = 'FAILURE';
    expect((await stage.ended('one')).phase).toBe('Failed');
  });

  it('answers slowly: nothing is sent twice, and others are not held up', async () => {
    await using stage = await staged();
    await stage.restart();
    await stage.pass(5_000);
    stage.jenkins.inject(({ path }) => path === '/job/app/api/json', { kind: 'silence' }, 2);
    await stage.pass(40_000);
    expect(await stage.said('one')).toBe('Succeeded Unknown ServerUnavailable: ci.example.com: no answer in 30 s');
    expect((await stage.ended('one')).phase).toBe('Succeeded');
    expect(stage.jenkins.made).toBe(1);
  });

  it('has a log of lines without end, that is shorter the next time: the last lines are kept, cut', async () => {
    await using stage = await staged();
    Object.assign(job(stage), {
      result: 'FAILURE',
      log: `${'x'.repeat(10_000_000)}\n\u001B[31mred\u001B[0m\nthe last\n`,
    });
    const heal = stage.jenkins.inject(
      ({ query }) => /start=[1-9]/.test(query),
      {
        kind: 'answer',
        response: () => new Response('began anew\nthe last\n', { headers: { 'x-text-size': '20' } }),
      },
      Number.POSITIVE_INFINITY,
    );
    await stage.restart();
    const { log } = await stage.ended('one');
    expect(log?.lines).toEqual(['began anew', 'the last']);
    heal();
    await stage.apply(build('two', LONG));
    const lines = (await stage.ended('two')).log?.lines ?? [];
    expect(lines.map((line) => line.slice(0, 20))).toEqual(['x'.repeat(20), 'red', 'the last']);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(600);
  });

  it('shows a disabled job that takes a trigger and makes nothing of it', async () => {
    await using stage = await staged();
    stage.jenkins.dialect = 'hudson';
    await stage.restart();
    await stage.pass(10_000);
    stage.jenkins.inject(isTrigger, {
      kind: 'answer',
      response: () => new Response(null, { status: 302, headers: { location: 'https://ci.example.com/job/app/' } }),
    });
    await stage.apply(build('two', LONG));
    await stage.ended('two');
    expect(await stage.said('two')).toBe(
      'Succeeded False BuildNotFound: the server took the trigger, and neither its queue nor app has a build of it',
    );
  });
});

describe('what a build says while it goes on and when it is over', () => {
  it('has stages, counts of tests, and the lines of the step that failed', async () => {
    await using stage = await staged();
    Object.assign(job(stage), {
      result: 'FAILURE',
      stages: [
        { id: '6', name: 'Build', status: 'SUCCESS' },
        { id: '9', name: 'Test', status: 'FAILED' },
      ],
      stageLogs: { 9: 'compiling\n<span class="x">AssertionError: 1 &lt; 2</span>\n' },
      tests: { failCount: 1, passCount: 7, skipCount: 2 },
    });
    await stage.restart();
    const status = await stage.ended('one');
    expect(status.stages?.map(({ name, status: said }) => `${name} ${said}`)).toEqual(['Build SUCCESS', 'Test FAILED']);
    expect(status.tests).toEqual({ total: 10, failed: 1, skipped: 2 });
    expect(status.log).toEqual({
      url: 'https://ci.example.com/job/app/1/console',
      stage: 'Test',
      lines: ['compiling', 'AssertionError: 1 < 2'],
    });
    expect(await stage.said('one')).toBe(
      'Succeeded False BuildFailed: build 1 of app failed in stage Test with 1 of 10 tests failed; all of its log is at https://ci.example.com/job/app/1/console',
    );
  });

  it('is over, and its outputs cannot be read yet: they are read as soon as the server answers', async () => {
    await using stage = await staged(`${LONG}, outputs: [{name: a, from: artifact, path: a.txt}]`);
    job(stage).artifacts = { 'a.txt': 'made' };
    const isFile = ({ path }: { path: string }): boolean => path.endsWith('/a.txt');
    stage.jenkins.inject(isFile, { kind: 'answer', response: () => page(502, 'Bad Gateway') }, 2);
    await stage.restart();
    await stage.clock.advanceUntil(() => stage.jenkins.requests.some(isFile), 120_000, 100);
    await stage.pass(10);
    expect(await stage.said('one')).toMatch(/^Succeeded Unknown ReadingOutputs: .* answers 502$/);
    expect((await stage.ended('one')).outputs).toEqual({ a: 'made' });
  });

  it.each<[string, string, string]>([
    ['UNSTABLE', '', 'Failed Succeeded False BuildUnstable: build 1 of app is unstable'],
    ['UNSTABLE', ', unstableIs: Succeeded', 'Succeeded Succeeded True Unstable'],
    ['ABORTED', '', 'Aborted Succeeded False BuildAborted: build 1 of app was aborted in Jenkins'],
    ['NOT_BUILT', '', 'Failed Succeeded False BuildNotBuilt: build 1 of app was not built'],
    ['FAILURE', '', 'Failed Succeeded False BuildFailed: build 1 of app failed'],
  ])('a result of %s (%s) is %s', async (result, more, said) => {
    await using stage = await staged(LONG + more);
    Object.assign(job(stage), { result });
    await stage.restart();
    const { phase } = await stage.ended('one');
    expect(`${phase} ${await stage.said('one')}`.split(';')[0]).toBe(said);
  });

  it('waits for somebody to answer, and says where', async () => {
    await using stage = await staged();
    job(stage).stages = [{ id: '1', name: 'Approve', status: 'PAUSED_PENDING_INPUT' }];
    await stage.restart();
    await stage.pass(10_000);
    expect(await stage.said('one')).toBe(
      'Succeeded Unknown AwaitingInput: stage Approve waits for an answer: https://ci.example.com/job/app/1/',
    );
  });

  it('says why it waits in the queue, how far it is by the estimate, and writes of it ten times at most', async () => {
    await using stage = await staged();
    stage.jenkins.executors = 0;
    await stage.restart();
    await stage.pass(30_000);
    expect(await stage.said('one')).toBe('Succeeded Unknown Queued: Waiting for next available executor');
    stage.jenkins.executors = 1;
    const [item] = stage.jenkins.items;
    if (item !== undefined) item.why = 'In the quiet period. Expires in 9 sec';
    const before = stage.audit.length;
    await stage.pass(10_000);
    if (item !== undefined) item.why = 'In the quiet period. Expires in 3 sec';
    await stage.pass(10_000);
    expect(jenkinsWrites(stage, before)).toEqual({ 'update jenkinsbuilds/status': 1 });
  });

  it('is written of a dozen times from the object to its end, and no more', async () => {
    await using stage = await staged();
    await stage.restart();
    await stage.pass(35_000);
    const { build: running } = await stage.status('one');
    expect([10, 20, 30, 40, 50]).toContain(running?.progressPercent);
    await stage.ended('one');
    const writes = jenkinsWrites(stage);
    expect(writes['patch jenkinsbuilds']).toBe(2);
    expect(writes['update jenkinsbuilds/status']).toBeLessThanOrEqual(14);
  });
});

it('a page in the place of the answer to a trigger is no answer: the build is searched for', async () => {
  await using stage = await staged();
  stage.jenkins.inject(isTrigger, { kind: 'answer', response: () => page(200, 'Welcome') });
  await stage.restart();
  await stage.pass(2_000);
  expect(await stage.said('one', 'Triggered')).toContain('Triggered Unknown Searching');
  expect((await stage.ended('one')).phase).toBe('Succeeded');
  expect(stage.jenkins.made).toBe(1);
});
