import { issueCertificate } from '@cartographer/controller';
import { ApiError, type Client, systemClock as clock, createRestMapper, getIfThere } from '@cartographer/kube';
import { CartoError, failure, type KubeObject, silentLog, textAt } from '@cartographer/machinery';
import { createControllerMetrics } from '@cartographer/runtime';
import {
  type Answer,
  createQuestionAccess,
  QUESTIONS_PREFIX,
  type QuestionServerOptions,
  type RunningScanner,
  scannerRights,
  scanningCrds,
  scanningKinds,
  scanningRoles,
  serveQuestions,
  startScanner,
} from '@cartographer/scanning';
import { sqliteDatabase } from '@cartographer/store';
import { createFakeClock, type FakeClock, objectsIn, startEmbedded } from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { askQuestion, SERVICE } from '../testing/ask-question.ts';
import { createQuestions, type Questions } from './scanner-questions.ts';

const namespace = 'cartographer-system';
const CONFIG_MAPS = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };
const digest = (number: number): string => `sha256:${number.toString(16).padStart(64, '0')}`;

const OBJECTS = `
{apiVersion: v1, kind: Namespace, metadata: {name: ${namespace}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: red}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: blue}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: red, namespace: red}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: nobody, namespace: red}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reads, namespace: red}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cartographer-scanning-view}
subjects: [{kind: ServiceAccount, name: red, namespace: red}]
---
apiVersion: scanning.carto.run/v1alpha1
kind: ImageScan
metadata: {name: app, namespace: red}
spec: {image: "registry.example.com/app@${digest(1)}", policyRef: {name: gate}}
---
apiVersion: scanning.carto.run/v1alpha1
kind: ImageScan
metadata: {name: app, namespace: blue}
spec: {image: "registry.example.com/app@${digest(2)}", policyRef: {name: gate}}
`;

describe('questions over HTTPS, with the authority that the scanner publishes', () => {
  let embedded: Awaited<ReturnType<typeof startEmbedded>>;
  let scanner: RunningScanner;
  let questions: Questions;
  let ca = '';
  const tokens = new Map<string, string>();

  beforeAll(async () => {
    embedded = await startEmbedded({ crds: scanningCrds(), authorization: 'RBAC' });
    const { client } = embedded;
    const mapper = createRestMapper({ client, clock });
    const objects = objectsIn(OBJECTS);
    const [system] = objects as [KubeObject];
    for (const object of [system, ...scanningRoles(), ...scannerRights(namespace), ...objects]) {
      await client.apply(await mapper.resourceFor(object), object, { fieldManager: 'test', force: true });
    }
    for (const name of ['red', 'nobody'])
      tokens.set(name, (await client.createToken({ namespace: 'red', name }, {})).token);
    let running: RunningScanner | undefined;
    questions = await createQuestions({
      host: '127.0.0.1',
      port: 0,
      client,
      leaderClient: client,
      namespace,
      certDir: undefined,
      scanner: () => running,
      log: silentLog,
      metrics: createControllerMetrics(),
    });
    scanner = await startScanner({
      client,
      namespace,
      database: sqliteDatabase(':memory:'),
      clock,
      log: silentLog,
      parts: questions.parts,
      leaderParts: questions.leaderParts,
      inventories: (portfolio) => async (target) => {
        const subject = target.digest ?? '';
        const packages = [{ name: 'left', version: '1.2.3', purl: 'pkg:npm/left@1.2.3', ecosystem: 'npm' }];
        const { digest: bill } = await portfolio.putBill({ digest: subject }, { packages, unread: [] });
        const all = { packages: 1, ecosystems: ['npm'], platforms: [], from: ['layers'], unread: [] };
        return { kind: 'read', subject, bill, ...all };
      },
    });
    running = scanner;
    await scanner.ready;
    const authority = async (): Promise<string> => {
      const key = { namespace, name: 'cartographer-scanner-ca' };
      return textAt(await getIfThere(client, CONFIG_MAPS, key), 'data', 'ca.crt');
    };
    const soon = (holds: () => Promise<void>): Promise<void> => vi.waitFor(holds, { timeout: 60_000, interval: 50 });
    await soon(async () => expect(await authority()).toContain('BEGIN CERTIFICATE'));
    ca = await authority();
    await soon(async () => expect(questions.notReady()).toBeUndefined());
    for (const where of ['red', 'blue']) {
      const key = { namespace: where, name: 'app' };
      const shown = async () =>
        textAt((await client.get(scanningKinds.ImageScan, key))['status'], 'inventory', 'digest');
      await soon(async () => expect(await shown()).not.toBe(''));
    }
  });
  afterAll(async () => {
    await scanner.stop();
    await embedded.close();
  });

  const asks = (path: string, how: { token?: string; method?: string } = {}) =>
    askQuestion(questions.port, ca, `${QUESTIONS_PREFIX}${path}`, how);
  const CARRIERS = '/carriers?purl=pkg:npm/left';

  it('are answered with what the asker may read, and nothing else', async () => {
    const { code, body } = await asks(CARRIERS, { token: tokens.get('red') });
    expect(code).toBe(200);
    expect(body).toEqual({
      kind: 'carriers',
      items: [
        {
          kind: 'ImageScan',
          namespace: 'red',
          name: 'app',
          holds: 'scanned',
          artifact: { registry: { image: `registry.example.com/app@${digest(1)}` } },
          packages: [{ name: 'left', version: '1.2.3', purl: 'pkg:npm/left@1.2.3', ecosystem: 'npm' }],
          findings: [],
          verdict: 'Unknown',
          message: expect.stringContaining('there are no advisories') as string,
        },
      ],
      looked: {
        scans: 1,
        openCount: 1,
        open: [{ kind: 'ImageScan', namespace: 'red', name: 'app', why: 'there is no ClusterVulnerabilitySource' }],
      },
    });
    expect((await asks(CARRIERS, { token: tokens.get('nobody') })).body).toEqual({
      kind: 'carriers',
      items: [],
      looked: { scans: 0, openCount: 0, open: [] },
    });
    expect((await asks(CARRIERS, { token: embedded.server.adminToken })).body['items']).toHaveLength(2);
    const findings = await asks('/namespaces/red/imagescans/app/findings', { token: tokens.get('red') });
    expect(findings).toMatchObject({ code: 200, body: { kind: 'findings', items: [] } });
  });

  it.each([
    ['without a token', CARRIERS, {}, 401, 'send the token of an account'],
    ['with a token of nobody', CARRIERS, { token: 'abc' }, 401, 'of no account of this cluster'],
    [
      'about a foreign namespace',
      `${CARRIERS}&namespace=blue`,
      { token: 'red' },
      403,
      'you may not get scans of namespace blue',
    ],
    ['about a foreign scan', '/namespaces/blue/imagescans/app/findings', { token: 'red' }, 403, 'ImageScan blue/app'],
    ['that nobody understands', '/carriers?nam=x', { token: 'red' }, 400, "'nam' is no parameter"],
    ['at another place', '/all', { token: 'red' }, 404, '/carriers, /touched or'],
    ['by another method', CARRIERS, { token: 'red', method: 'DELETE' }, 405, 'asked by GET'],
  ])(
    '%s get a clear answer',
    async (_how, path, { token, ...how }: { token?: string; method?: string }, code, said) => {
      const known = tokens.get(token ?? '') ?? token;
      const reply = await asks(path, { ...how, ...(known === undefined ? {} : { token: known }) });
      expect(reply.code).toBe(code);
      expect(reply.body).toMatchObject({ kind: 'Status', status: 'Failure', code });
      expect(reply.body['message']).toContain(said);
    },
  );
});

/** A server of questions that are answered so. */
async function serving(
  answer: QuestionServerOptions['answer'],
  { client, fake = createFakeClock() }: { readonly client: Pick<Client, 'create'>; readonly fake?: FakeClock },
) {
  const server = await serveQuestions({
    host: '127.0.0.1',
    port: 0,
    access: createQuestionAccess(client, fake),
    answer,
    clock: fake,
    log: silentLog,
    onDrop: () => undefined,
    limits: { atOnce: 2 },
  });
  const certificate = await issueCertificate([SERVICE], Date.now());
  server.use(certificate);
  const path = `${QUESTIONS_PREFIX}/touched?vulnerability=CVE-1`;
  return {
    asks: () => askQuestion(server.port, certificate.caPem, path, { token: 'a-token' }),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** An API server to which every token is somebody's. */
const knowing: Pick<Client, 'create'> = {
  create: (_type, object) =>
    Promise.resolve({ ...object, status: { authenticated: true, user: { username: 'somebody' } } } as never),
};

describe('where questions wait', () => {
  it('for ten seconds they are ended, and too many of them are refused until the store is done', async () => {
    const fake = createFakeClock();
    const release = Promise.withResolvers<Answer>();
    let began = 0;
    await using at = await serving(() => ((began += 1), release.promise), { client: knowing, fake });
    const slow = [at.asks(), at.asks()];
    await expect.poll(() => began).toBe(2);
    expect(await at.asks()).toMatchObject({ code: 429, retryAfter: '1' });
    await fake.advance(10_000);
    for (const reply of await Promise.all(slow)) {
      expect(reply).toMatchObject({ code: 504, body: { message: expect.stringContaining('within 10 s') as string } });
    }
    // The store still works on them.
    expect(await at.asks()).toMatchObject({ code: 429 });
    release.resolve({ kind: 'touched', isKnown: true, items: [] });
    await expect.poll(async () => (await at.asks()).code).toBe(200);
  });

  it('for a store that does not answer, they are told so, and not where it is', async () => {
    const away = new CartoError('CARTO_STORE_UNREACHABLE', 'database db.internal:5432/scans: no answer');
    await using at = await serving(() => Promise.reject(away), { client: knowing });
    const reply = await at.asks();
    expect(reply).toMatchObject({ code: 503, retryAfter: '5' });
    expect(reply.body['message']).toBe(
      "the store of the scanner does not answer now; ask again. The scanner's log says why",
    );
  });

  it('for an API server that does not answer, they are told so, and it is asked again', async () => {
    let asked = 0;
    const create = () => (
      (asked += 1), Promise.reject(new ApiError(failure(503, 'ServiceUnavailable', 'etcd is away')))
    );
    await using at = await serving(() => Promise.resolve({ kind: 'touched', isKnown: true, items: [] }), {
      client: { create },
    });
    for (const times of [1, 2]) {
      const { code, body } = await at.asks();
      expect([code, asked]).toEqual([503, times]);
      expect(body['message']).toContain('the API server does not answer now');
    }
  });
});
