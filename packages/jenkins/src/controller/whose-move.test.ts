import { isNotFound } from '@cartographer/kube';
import { describe, expect, it } from 'vitest';
import { BUILD_REASONS, type SucceededReason } from '../kinds/reasons.ts';
import { page, withCode } from '../remote/testing/fake-answers.ts';
import type { FakeFault, FakeJob } from '../remote/testing/fake-state.ts';
import { base64, build, createJenkinsStage, type JenkinsStage, server } from './testing/jenkins-stage.ts';

const isAny = (): boolean => true;

/** What is wrong, as somebody brings it about before the build is made or while it runs. */
type Wrong = {
  readonly build?: string;
  readonly job?: Partial<FakeJob> | 'missing';
  readonly answers?: FakeFault;
  readonly whileItRuns?: (stage: JenkinsStage) => Promise<unknown>;
};
type Row = readonly [what: string, wrong: Wrong, said: string, move: string, next: string];

const login = (token: string): string => server().replace(base64('token'), base64(token));
const answering = (response: () => Response): FakeFault => ({ kind: 'answer', response });

const ROWS: readonly Row[] = [
  [
    'a URL where nobody answers',
    { answers: { kind: 'unsent' } },
    'Unknown ServerUnavailable: ci.example.com: connect ECONNREFUSED',
    'nobody',
    'admin looks at the server and the way to it',
  ],
  [
    'a URL with a name that nobody has',
    { answers: answering(() => fail('getaddrinfo ENOTFOUND ci.example.com', 'ENOTFOUND')) },
    'Unknown ServerUnavailable: ci.example.com: getaddrinfo ENOTFOUND ci.example.com',
    'nobody',
    'admin looks at the server and the way to it',
  ],
  [
    'a URL of another program',
    { answers: answering(() => page(200, 'Welcome')) },
    'False NotJenkins: ci.example.com/queue/api/json answers no JSON',
    'admin',
    'correct `url`',
  ],
  [
    'a certificate that is not trusted',
    { answers: answering(() => fail('self-signed certificate', 'DEPTH_ZERO_SELF_SIGNED_CERT')) },
    'False TlsFailed: ci.example.com: self-signed certificate',
    'admin',
    'name its authority in `caBundle`',
  ],
  [
    'a login that is refused',
    { answers: answering(() => page(401, 'Unauthorized')) },
    'False AuthFailed: ci.example.com/api/json answers 401: the login is refused',
    'admin',
    'correct the Secret',
  ],
  [
    'a job that is forbidden',
    { job: { isForbidden: true } },
    'False JobForbidden: ci.example.com/job/app/api/json answers 403',
    'admin',
    'Job/Read and Job/Build',
  ],
  [
    'a job that is not there',
    { job: 'missing' },
    'False JobNotFound: there is no job app, or not for this user',
    'platform',
    'correct `job`',
  ],
  [
    'a job that is disabled',
    { job: { isBuildable: false } },
    'False JobDisabled: job app is disabled',
    'developer',
    'enable it',
  ],
  [
    'a parameter that the job does not declare',
    { build: ', parameters: {B: x}' },
    'False ParametersNotDeclared: job app does not declare B',
    'developer',
    'declare them in the job',
  ],
  [
    'a parameter with line ends',
    { build: ', parameters: {A: "x\\ny"}' },
    'False ParameterInvalid: parameter A has line ends',
    'developer',
    'declare a text parameter',
  ],
  [
    'an output that is not there',
    { build: ', outputs: [{name: a, from: artifact, path: no.txt}]' },
    'False OutputMissing: output a: the build has no archived file no.txt',
    'developer',
    'let the job make and archive what the message names',
  ],
  [
    'an output of 5 MB',
    {
      build: ', outputs: [{name: a, from: artifact, path: a.txt}]',
      job: { artifacts: { 'a.txt': 'x'.repeat(5_000_000) } },
    },
    'False OutputTooLarge: output a: the archived file a.txt is larger than an output may be',
    'developer',
    'hand on a name or an address of it',
  ],
  [
    'a Secret that is changed to a login that is refused',
    {
      async whileItRuns(stage) {
        stage.jenkins.authorization = `Basic ${base64('bot:token')}`;
        await stage.apply(login('other'));
      },
    },
    'Unknown AuthFailed: ci.example.com/job/app/api/json answers 401: the login is refused',
    'admin',
    'correct the Secret',
  ],
  [
    'a Secret that vanishes',
    { whileItRuns: (stage) => stage.delete('Secret', 'ci-login') },
    'Unknown CredentialsMissing: Secret default/ci-login does not exist: create it, or correct spec.secretRef',
    'admin',
    'do what the message says',
  ],
  [
    'a server that is deleted',
    { whileItRuns: (stage) => stage.delete('JenkinsServer', 'ci') },
    'Unknown ServerNotFound: JenkinsServer default/ci does not exist',
    'platform',
    'create it',
  ],
];

function fail(message: string, code: string): never {
  throw withCode(message, code);
}

/** A reason as the page of reasons explains it. */
function explained(said: string): { readonly move: string; readonly next?: string } {
  return BUILD_REASONS.Succeeded[(said.split(' ')[1] ?? '').replace(':', '') as SucceededReason];
}

/** What stands in the way; the other job is there to show that it goes on. */
async function staged({ build: more = '', job = {}, answers, whileItRuns }: Wrong): Promise<JenkinsStage> {
  const stage = await createJenkinsStage();
  const takesMs = whileItRuns === undefined ? 1_000 : 3_600_000;
  for (const name of ['app', 'other']) stage.jenkins.jobs.set(name, { parameters: ['A', 'CARTO_RUN_ID'], takesMs });
  if (job === 'missing') stage.jenkins.jobs.delete('app');
  else Object.assign(stage.jenkins.jobs.get('app') ?? {}, job);
  if (answers !== undefined) stage.jenkins.inject(isAny, answers, Number.POSITIVE_INFINITY);
  await stage.apply(server() + build('one', `, timeout: 24h${more}`));
  await stage.restart();
  await stage.pass(20_000);
  await whileItRuns?.(stage);
  await stage.pass(120_000);
  return stage;
}

describe('bad input ends in a condition that names it, in a reason that says whose move it is and what to do', () => {
  it.each(ROWS)('%s', async (_what, wrong, said, move, next) => {
    await using stage = await staged(wrong);
    expect(await stage.said('one')).toContain(`Succeeded ${said}`);
    expect(await stage.said('one', 'Ready')).toContain(`Ready ${said}`);
    const reason = explained(said);
    expect(reason.move).toBe(move);
    expect(reason.next).toContain(next);
    expect(stage.jenkins.made).toBe(wrong.whileItRuns !== undefined || said.includes('Output') ? 1 : 0);
  });

  it('a job that is forbidden holds up no other job of the server', async () => {
    await using stage = await staged({ job: { isForbidden: true } });
    await stage.apply(build('two', '', { job: 'other' }));
    expect((await stage.ended('two')).phase).toBe('Succeeded');
    expect(await stage.said('one')).toContain('JobForbidden');
  });
});

const shared = `
apiVersion: jenkins.carto.run/v1alpha1
kind: ClusterJenkinsServer
metadata: {name: ci}
spec: {url: 'https://ci.example.com', namespaceSelector: {}, allow: [{jobs: ['**']}]}
---
`;

describe('a namespace that is deleted while its server does not answer', () => {
  it.each([
    ['of the namespace', server('', 'ci', 'small'), '', 'JenkinsServer small/ci does not exist'],
    [
      'of the cluster',
      shared,
      ', serverRef: {kind: ClusterJenkinsServer, name: ci}',
      'ci.example.com: connect ECONNREFUSED',
    ],
  ])(
    'goes a minute later, and its build says meanwhile what it waits for: a server %s',
    async (_of, servers, ref, why) => {
      await using stage = await createJenkinsStage();
      stage.jenkins.jobs.set('app', { parameters: ['CARTO_RUN_ID'], takesMs: 3_600_000 });
      await stage.apply('{apiVersion: v1, kind: Namespace, metadata: {name: small}}');
      const one = build('one', `, timeout: 24h${ref}`, { namespace: 'small' });
      await stage.apply(servers + (ref === '' ? one : one.replace('serverRef: {name: ci}, ', '')));
      await stage.restart();
      await stage.pass(20_000);
      expect(await stage.said('one', 'Succeeded', 'small')).toBe('Succeeded Unknown Running');
      stage.jenkins.inject(isAny, { kind: 'unsent' }, Number.POSITIVE_INFINITY);
      await stage.delete('Namespace', 'small');
      await stage.pass(40_000);
      expect(await stage.said('one', 'Succeeded', 'small')).toBe(
        `Succeeded Unknown Aborting: it is deleted: the build is aborted first, for a minute at most; ${why}`,
      );
      const reason = explained('Unknown Aborting');
      expect([reason.move, reason.next]).toEqual([
        'nobody',
        'wait: after a minute it is given up, and the build may go on in Jenkins',
      ]);
      await stage.pass(40_000);
      expect(await stage.get('Namespace', 'small').catch(isNotFound)).toBe(true);
    },
  );
});
