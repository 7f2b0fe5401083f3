import { describe, expect, it } from 'vitest';
import { page, redirect } from '../remote/testing/fake-answers.ts';
import { base64, build, createJenkinsStage, type JenkinsStage, saidIn, server } from './testing/jenkins-stage.ts';

const isTrigger = ({ method, path }: { method: string; path: string }): boolean =>
  method === 'POST' && path.includes('/build');
const isJob = ({ path }: { path: string }): boolean => path.startsWith('/job/');
const isAny = (): boolean => true;

async function staged(more = ', parameters: {A: x}', serverYaml = server()): Promise<JenkinsStage> {
  const stage = await createJenkinsStage();
  stage.jenkins.jobs.set('app', { parameters: ['A', 'CARTO_RUN_ID'] });
  await stage.apply(serverYaml);
  await stage.apply(build('one', more));
  return stage;
}

async function serverSaid(stage: JenkinsStage, kind = 'JenkinsServer'): Promise<string> {
  const { status } = await stage.get(kind, 'ci');
  return saidIn((status as { conditions: Parameters<typeof saidIn>[0] }).conditions, 'Reachable');
}

const cluster = (more: string): string => `
apiVersion: jenkins.carto.run/v1alpha1
kind: ClusterJenkinsServer
metadata: {name: ci}
spec: {url: 'https://ci.example.com'${more}}
---
`;
const onCluster = ', parameters: {A: x}'.replace(
  ', parameters',
  ', serverRef: {kind: ClusterJenkinsServer, name: ci}, parameters',
);
const buildOnCluster = (more = onCluster): string => build('one', more).replace('serverRef: {name: ci}, ', '');

describe('what stands against a build before anything is sent', () => {
  it.each<[string, string, string, string]>([
    [
      'there is no such server',
      '',
      ', parameters: {A: x}',
      'Triggered False ServerNotFound: JenkinsServer default/ci does not exist',
    ],
    [
      'the host is none that may be asked',
      server().replace('ci.example.com', 'elsewhere.example.com'),
      '',
      'Triggered False HostNotAllowed: no Jenkins is asked at elsewhere.example.com: name it in --server-hosts, if it is to be',
    ],
    [
      'it would be asked without TLS',
      server().replace('https:', 'http:'),
      '',
      'Triggered False HostNotAllowed: ci.example.com would be asked without TLS: use https, or name it in --plain-http, if that is meant',
    ],
    [
      'the Secret is not there',
      server().replace('ci-login, namespace', 'other, namespace'),
      '',
      'Triggered False CredentialsMissing: Secret default/ci-login does not exist: create it, or correct spec.secretRef',
    ],
    [
      'the Secret has no login',
      server().replace('apiToken', 'tokn'),
      '',
      'Triggered False CredentialsMissing: Secret default/ci-login has no username, or neither apiToken nor password',
    ],
    [
      'the authorities are none',
      server(', caBundle: aGVsbG8='),
      '',
      'Triggered False CaBundleInvalid: spec.caBundle is not the base64 text of certificates in PEM: base64 -w0 ca.crt',
    ],
    [
      'an output is from the environment',
      server(),
      ', outputs: [{name: v, from: env}]',
      'Triggered False EnvironmentNotConfigured: output v is from env, and server ci has environment: None',
    ],
    [
      'the name of the job leads elsewhere',
      server(),
      ', job: team/../admin',
      'Triggered False SpecInvalid: spec.job: "team/../admin" has a part that is no name of a job',
    ],
  ])('%s', async (_what, servers, more, said) => {
    await using stage = await createJenkinsStage();
    if (servers !== '') await stage.apply(servers);
    await stage.apply(more.includes('job:') ? build('one', more).replace('job: app, ', '') : build('one', more));
    await stage.restart();
    expect(await stage.said('one', 'Triggered')).toBe(said);
    expect(await stage.said('one')).toBe(said.replace('Triggered', 'Succeeded'));
    expect(stage.jenkins.requests.filter(isJob)).toEqual([]);
  });

  it('the credential of the cluster is for no namespace, job or parameter but those that it names', async () => {
    await using stage = await createJenkinsStage();
    stage.jenkins.jobs.set('app', { parameters: ['A', 'CARTO_RUN_ID'] });
    await stage.apply(cluster(', namespaceSelector: {matchLabels: {team: a}}') + buildOnCluster());
    await stage.restart();
    expect(await stage.said('one')).toBe(
      'Succeeded False NamespaceNotAllowed: ClusterJenkinsServer ci is not for this namespace',
    );
    await stage.apply(cluster(', namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: default}}'));
    await stage.pass(10);
    expect(await stage.said('one')).toBe(
      'Succeeded False JobNotAllowed: ClusterJenkinsServer ci does not allow job app',
    );
    await stage.apply(
      cluster(
        ', namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: default}}, allow: [{jobs: ["ap*"], parameters: [B]}, {jobs: ["x/**"], parameters: [A]}]',
      ),
    );
    await stage.pass(10);
    expect(await stage.said('one')).toBe(
      'Succeeded False JobNotAllowed: ClusterJenkinsServer ci does not allow job app with A',
    );
    expect(stage.jenkins.requests.filter(isJob)).toEqual([]);
    await stage.apply(
      cluster(
        ', namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: default}}, allow: [{jobs: ["ap*"], parameters: [A]}]',
      ),
    );
    expect((await stage.ended('one')).phase).toBe('Succeeded');
  });
});

describe('a server that cannot be used', () => {
  it('that refuses the login is asked no more before the Secret changes, and then goes on', async () => {
    await using stage = await staged();
    stage.jenkins.authorization = `Basic ${base64('bot:other')}`;
    await stage.restart();
    await stage.pass(60_000);
    expect(await stage.said('one')).toBe(
      'Succeeded False AuthFailed: ci.example.com/api/json answers 401: the login is refused',
    );
    expect(await serverSaid(stage)).toContain('Reachable False AuthFailed');
    const { length } = stage.jenkins.requests;
    await stage.pass(3_600_000);
    expect(stage.jenkins.requests.length).toBe(length);
    await stage.apply(server().replace(base64('token'), base64('other')));
    expect((await stage.ended('one', 1_200_000)).phase).toBe('Succeeded');
    await stage.pass(600_000);
    expect(await serverSaid(stage)).toBe('Reachable True Reachable');
  });

  it('is asked with what stands in the Secret now, soon after that changes or vanishes', async () => {
    await using stage = await staged(', parameters: {A: x}, timeout: 24h');
    Object.assign(stage.jenkins.jobs.get('app') ?? {}, { takesMs: 600_000 });
    await stage.restart();
    await stage.pass(20_000);
    await stage.delete('Secret', 'ci-login');
    await stage.pass(120_000);
    expect(await stage.said('one')).toBe(
      'Succeeded Unknown CredentialsMissing: Secret default/ci-login does not exist: create it, or correct spec.secretRef',
    );
    expect((await stage.status('one')).phase).toBe('Running');
    await stage.apply(server());
    expect((await stage.ended('one', 1_800_000)).phase).toBe('Succeeded');
  });

  it.each<[string, () => Response, string]>([
    [
      'leads elsewhere',
      () => redirect('https://login.example.com/saml?secret=1'),
      'NotJenkins: ci.example.com/queue/api/json redirects to https://login.example.com/saml: nothing is sent on to another address',
    ],
    ['answers with a page', () => page(200, 'Welcome'), 'NotJenkins: ci.example.com/queue/api/json answers no JSON'],
    ['is not there', () => page(404, 'Not Found'), 'NotJenkins: the queue is not there'],
    [
      'answers without end',
      () => new Response(endless()),
      'AnswerTooLarge: ci.example.com/queue/api/json answers more than 8388608 bytes',
    ],
    [
      'has too much to do',
      () => page(429, 'Slow down'),
      'ServerUnavailable: ci.example.com/queue/api/json answers 429',
    ],
  ])('that %s is told by that name, and heals', async (_what, response, said) => {
    await using stage = await staged();
    const heal = stage.jenkins.inject(isAny, { kind: 'answer', response }, Number.POSITIVE_INFINITY);
    await stage.restart();
    await stage.pass(10_000);
    expect(await stage.said('one')).toContain(
      said.startsWith('ServerUnavailable') ? `Succeeded Unknown ${said}` : `Succeeded False ${said}`,
    );
    heal();
    expect((await stage.ended('one', 1_200_000)).phase).toBe('Succeeded');
  });

  it('that starts is waited for', async () => {
    await using stage = await staged();
    stage.jenkins.inject(isAny, { kind: 'answer', response: () => page(503, 'Starting') }, 5);
    await stage.restart();
    await stage.pass(1_000);
    expect(await stage.said('one')).toBe(
      'Succeeded Unknown ServerUnavailable: ci.example.com/queue/api/json answers 503',
    );
    expect((await stage.ended('one')).phase).toBe('Succeeded');
  });

  it('that is deleted while a build runs is said to be gone, and the build goes on with the next of that name', async () => {
    await using stage = await staged(', parameters: {A: x}, timeout: 24h');
    Object.assign(stage.jenkins.jobs.get('app') ?? {}, { takesMs: 60_000 });
    await stage.restart();
    await stage.pass(20_000);
    await stage.delete('JenkinsServer', 'ci');
    await stage.pass(1_000);
    expect(await stage.said('one')).toBe('Succeeded Unknown ServerNotFound: JenkinsServer default/ci does not exist');
    const { length } = stage.jenkins.requests;
    await stage.pass(600_000);
    expect(stage.jenkins.requests.length).toBe(length);
    await stage.apply(server());
    expect((await stage.ended('one')).phase).toBe('Succeeded');
    expect(stage.jenkins.made).toBe(1);
  });
});

function endless(): ReadableStream<Uint8Array> {
  return new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1024 * 1024)) });
}

describe('a job that cannot take a build', () => {
  it.each<[string, object | undefined, string, string]>([
    ['is not there', undefined, ', parameters: {A: x}', 'JobNotFound: there is no job app, or not for this user'],
    ['is forbidden', { isForbidden: true }, '', 'JobForbidden: ci.example.com/job/app/api/json answers 403'],
    ['is disabled', { isBuildable: false }, '', 'JobDisabled: job app is disabled'],
    [
      'lacks parameters',
      {},
      ', parameters: {A: x, C: x, B: x}',
      'ParametersNotDeclared: job app does not declare B, C',
    ],
    [
      'takes no parameters',
      { parameters: undefined },
      ', parameters: {A: x}',
      'ParametersNotDeclared: job app does not declare A',
    ],
    [
      'takes one line',
      {},
      ', parameters: {A: "x\\ny"}',
      'ParameterInvalid: parameter A has line ends, and the job declares no text parameter for it',
    ],
    [
      'takes text',
      { parameters: [{ name: 'A', type: 'TextParameterDefinition' }] },
      ', parameters: {A: "x\\u0007"}',
      'ParameterInvalid: parameter A has control characters',
    ],
    [
      'has choices',
      { parameters: [{ name: 'A', type: 'ChoiceParameterDefinition', choices: ['a', 'b'] }] },
      ', parameters: {A: c}',
      'ParameterInvalid: parameter A is none of a, b',
    ],
  ])('%s: is told, triggered never, and looked at again', async (_what, job, more, said) => {
    await using stage = await staged(more);
    if (job === undefined) stage.jenkins.jobs.clear();
    else Object.assign(stage.jenkins.jobs.get('app') ?? {}, job);
    await stage.restart();
    await stage.pass(1_000);
    expect(await stage.said('one')).toBe(`Succeeded False ${said}`);
    const before = stage.jenkins.requests.length;
    await stage.pass(3_600_000);
    // A growing pause, ten minutes at most, and a queue and a job each time.
    expect(stage.jenkins.requests.length - before).toBeLessThan(30);
    expect(stage.jenkins.requests.filter(isTrigger)).toEqual([]);
    expect((await stage.status('one')).phase).toBe('Pending');
    stage.jenkins.jobs.set('app', {
      parameters: ['A', 'B', 'C', 'CARTO_RUN_ID'].map((name) => ({ name, type: 'TextParameterDefinition' })),
    });
    if (_what === 'takes text') return;
    expect((await stage.ended('one', 1_200_000)).phase).toBe('Succeeded');
  });

  it.each<[string, number, string, string]>([
    ['with its words', 400, 'Bad value', 'Failed TriggerRefused: the server answers 400 to the trigger: Bad value'],
    [
      'by the words of the oldest',
      500,
      'Illegal choice',
      'Failed TriggerRefused: the server answers 500 to the trigger: Illegal choice',
    ],
    ['for this job alone', 403, 'no', 'Pending JobForbidden: the server answers 403 to the trigger: no'],
    ['since it is gone by now', 404, 'no', 'Pending JobNotFound: the server answers 404 to the trigger: no'],
    ['since it is disabled by now', 409, 'no', 'Pending JobDisabled: the server answers 409 to the trigger: no'],
    ['the login', 401, 'no', 'Pending AuthFailed: the server answers 401 to the trigger: no'],
  ])('a trigger that is refused %s made nothing', async (_what, status, title, said) => {
    await using stage = await staged();
    stage.jenkins.inject(isTrigger, { kind: 'answer', response: () => page(status, title) });
    await stage.restart();
    await stage.pass(5_000);
    const { phase } = await stage.status('one');
    expect(`${phase} ${(await stage.said('one', 'Triggered')).replace('Triggered False ', '')}`).toBe(said);
    if (phase === 'Pending') expect((await stage.ended('one', 1_200_000)).phase).toBe('Succeeded');
    expect(stage.jenkins.made).toBe(phase === 'Pending' ? 1 : 0);
  });
});

describe('an output that is not as it should be', () => {
  it.each<[string, string, string]>([
    ['{name: a, from: artifact, path: no.txt}', 'OutputMissing', 'output a: the build has no archived file no.txt'],
    [
      '{name: a, from: artifact, path: "../up.txt"}',
      'SpecInvalid',
      'spec.outputs: the path of a leads out of the build',
    ],
    ['{name: a, from: artifact, path: empty.txt}', 'OutputMissing', 'output a: its value is empty'],
    [
      '{name: a, from: artifact, path: large.txt}',
      'OutputTooLarge',
      'output a: the archived file large.txt is larger than an output may be',
    ],
    ['{name: a, from: artifact, path: long.txt}', 'OutputTooLarge', 'output a: it has 20000 bytes, 16384 at most'],
    [
      '{name: a, from: artifact, path: binary}',
      'OutputInvalid',
      'output a: the archived file binary is no text in UTF-8',
    ],
    [
      '{name: a, from: resultFile, path: empty.txt}',
      'OutputInvalid',
      'output a: the result file empty.txt is no JSON: ',
    ],
    [
      '{name: a, from: resultFile, path: list.json}',
      'OutputInvalid',
      'output a: the result file list.json is no JSON object',
    ],
    [
      '{name: a, from: resultFile, path: result.json}',
      'OutputMissing',
      'output a: the result file result.json has no key a',
    ],
    [
      '{name: a, from: resultFile, path: result.json, key: number}',
      'OutputInvalid',
      'output a: number in the result file result.json is no text',
    ],
    ['{name: a, from: parameter}', 'OutputMissing', 'output a: the build does not have a parameter a'],
    ['{name: a, from: description}', 'OutputMissing', 'output a: its value is empty'],
  ])('%s is %s', async (output, reason, message) => {
    await using stage = await staged(`, outputs: [${output}]`);
    const artifacts = {
      'empty.txt': ' \n',
      'large.txt': 'x'.repeat(5_000_000),
      'long.txt': 'x'.repeat(20_000),
      binary: '\u0000\u0001',
      'list.json': '[]',
      'result.json': '{"number": 1}',
    };
    Object.assign(stage.jenkins.jobs.get('app') ?? {}, { artifacts });
    await stage.restart();
    if (reason === 'SpecInvalid') await stage.pass(1_000);
    else await stage.ended('one');
    expect(await stage.said('one')).toContain(`Succeeded False ${reason}: ${message}`);
    expect((await stage.status('one')).outputs).toBeUndefined();
  });

  it('is lifted from wherever it is', async () => {
    await using stage = await staged(
      ', parameters: {A: x}, outputs: [{name: a, from: artifact, path: o/a.txt}, {name: r, from: resultFile, path: r.json, key: image}, {name: A, from: parameter}, {name: d, from: description}, {name: E, from: env}]',
      server(', environment: EnvInject'),
    );
    Object.assign(stage.jenkins.jobs.get('app') ?? {}, {
      artifacts: { 'o/a.txt': 'one\n', 'r.json': '{"image": "two"}' },
      description: 'three',
      environment: { E: 'four' },
    });
    await stage.restart();
    expect((await stage.ended('one')).outputs).toEqual({ a: 'one', r: 'two', A: 'x', d: 'three', E: 'four' });
  });
});
