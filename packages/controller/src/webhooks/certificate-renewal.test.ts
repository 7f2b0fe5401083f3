import { createClient } from '@cartographer/kube';
import {
  failure,
  type Json,
  type JsonObject,
  type KubeObject,
  silentLog,
  type WireRequest,
  type WireResponse,
} from '@cartographer/machinery';
import { createFakeClock, watches, writes } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { certificateKeeper } from './certificate-keeper.ts';
import { secretOf } from './certificate-secret.ts';
import { type IssuedCertificate, issueCertificate } from './serving-certificate.ts';
import { webhookTrust } from './webhook-trust.ts';

const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-01-01T00:00:00Z');
const names = ['webhook.system.svc', 'webhook.system.svc.cluster.local'];
const secret = { namespace: 'system', name: 'certificate' };
const [good, old] = await Promise.all([issueCertificate(names, NOW), issueCertificate(names, NOW - 300 * DAY_MS)]);

const bundle = ({ caPem }: IssuedCertificate): string => Buffer.from(caPem).toString('base64');
const service = (name: string, namespace: string, caBundle?: string) => ({
  clientConfig: { service: { name, namespace }, ...(caBundle === undefined ? {} : { caBundle }) },
});
function configuration(
  webhooks: readonly JsonObject[] | undefined,
  annotations?: Readonly<Record<string, string>>,
): KubeObject {
  const metadata = { name: 'config', resourceVersion: '7', ...(annotations && { annotations }) };
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata,
    ...(webhooks && { webhooks }),
  };
}
function stored(certificate: IssuedCertificate, more: object = {}): KubeObject {
  const { metadata, ...rest } = secretOf(secret, certificate);
  return { ...rest, metadata: { ...metadata, uid: 'u', resourceVersion: '3', labels: { theirs: 'x' } }, ...more };
}

type Write = { readonly at: number; readonly method: string; readonly path: string; readonly body: Json };
type Held = { readonly secret?: KubeObject; readonly configuration?: KubeObject };

/** A keeper at work on a server that has these two objects, refuses some requests, and notes each write. */
function keeping(held: Held, refuses: (request: WireRequest) => boolean = () => false) {
  const clock = createFakeClock(NOW);
  const sent: Write[] = [];
  const reads: string[] = [];
  const request = async (asked: WireRequest): Promise<WireResponse> => {
    const { method, path, body, signal } = asked;
    if (watches(asked)) {
      return new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)));
    }
    if (asked.query?.['fieldSelector'] !== undefined) {
      return {
        status: 200,
        headers: {},
        body: { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: '9' }, items: [] },
      };
    }
    if (writes(asked)) sent.push({ at: clock.now() - NOW, method, path, body: body as Json });
    else reads.push(path);
    if (refuses(asked)) return { status: 403, headers: {}, body: failure(403, 'Forbidden', 'no') };
    if (writes(asked)) return { status: 200, headers: {}, body: Array.isArray(body) ? {} : body };
    const object = path.includes('/secrets/') ? held.secret : held.configuration;
    return object === undefined
      ? { status: 404, headers: {}, body: failure(404, 'NotFound', 'none') }
      : { status: 200, headers: {}, body: object };
  };
  const client = createClient({ transport: { request, close: async () => undefined }, clock });
  const keeper = certificateKeeper({
    client,
    clock,
    log: silentLog,
    secret,
    service: 'webhook',
    trust: webhookTrust({
      client,
      log: silentLog,
      configuration: 'config',
      service: 'webhook',
      namespace: secret.namespace,
    }),
  });
  const end = new AbortController();
  const life = keeper.run(end.signal);
  return {
    clock,
    sent,
    reads,
    trouble: () => keeper.trouble?.()?.message,
    /** Keys are made on another thread: time stands still until so many writes were sent. */
    until: (count: number, ms = 0) =>
      expect.poll(async () => (await clock.advance(ms), sent.length), { interval: 5 }).toBe(count),
    async [Symbol.asyncDispose]() {
      end.abort();
      await life;
    },
  };
}

const CONFIGURATION = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/config';
const SECRETS = '/api/v1/namespaces/system/secrets';
const trusting = (...changes: readonly JsonObject[]) => [
  { op: 'test', path: '/metadata/resourceVersion', value: '7' },
  ...changes,
];

describe('trust in the webhook certificate', () => {
  const ours = service('webhook', 'system');

  it.each<readonly [string, KubeObject, readonly JsonObject[]]>([
    [
      'a webhook of ours without',
      configuration([ours]),
      [{ op: 'add', path: '/webhooks/0/clientConfig/caBundle', value: bundle(good) }],
    ],
    [
      'a webhook of ours with another',
      configuration([service('webhook', 'system', 'eA==')]),
      [{ op: 'add', path: '/webhooks/0/clientConfig/caBundle', value: bundle(good) }],
    ],
    [
      'ours among others',
      configuration([
        service('other', 'system'),
        ours,
        service('webhook', 'elsewhere'),
        { clientConfig: { url: 'https://x' } },
        {},
        ours,
      ]),
      [1, 5].map((index) => ({ op: 'add', path: `/webhooks/${index}/clientConfig/caBundle`, value: bundle(good) })),
    ],
    [
      'one that cert-manager would change back',
      configuration([service('webhook', 'system', bundle(good))], { 'cert-manager.io/inject-ca-from': 'a/b' }),
      [{ op: 'remove', path: '/metadata/annotations/cert-manager.io~1inject-ca-from' }],
    ],
  ])('is put into %s, at the version that was read', async (_what, config, changes) => {
    await using at = keeping({ secret: stored(good), configuration: config });
    await at.until(1);
    expect(at.sent).toEqual([{ at: 0, method: 'PATCH', path: CONFIGURATION, body: trusting(...changes) }]);
  });

  it.each<readonly [string, KubeObject | undefined]>([
    [
      'is there',
      configuration([service('webhook', 'system', bundle(good)), service('other', 'system')], { other: 'x' }),
    ],
    ['has nowhere to go', undefined],
    ['has no webhook to go to', configuration(undefined)],
  ])('is left as it is where it %s', async (_what, config) => {
    await using at = keeping({ secret: stored(good), ...(config && { configuration: config }) });
    await at.clock.advance(60_000);
    expect([at.sent, at.trouble()]).toEqual([[], undefined]);
  });
});

describe('a webhook certificate that is to be replaced', () => {
  const config = configuration([service('webhook', 'system', bundle(old))]);

  it('is served only once servers had five seconds to trust its authority beside the old one', async () => {
    await using at = keeping({ secret: stored(old, { type: 'theirs' }), configuration: config });
    await at.until(1);
    await at.clock.advance(4_999);
    expect(at.sent).toHaveLength(1);
    await at.until(2, 1);
    const [trust, update] = at.sent as [Write, Write];
    const { value } = (trust.body as { value: string }[])[1]!;
    const trusted = Buffer.from(value, 'base64').toString();
    expect(trusted).toContain(old.caPem);
    expect(update).toMatchObject({ at: 5_000, method: 'PUT', path: `${SECRETS}/certificate` });
    expect(update.body).toMatchObject({
      type: 'theirs',
      metadata: { uid: 'u', resourceVersion: '3', labels: { theirs: 'x' } },
      data: { 'ca.crt': value },
    });
  });

  it('stays in use where no server could be told of the new authority, and that is tried again every ten seconds', async () => {
    const refuses = ({ path, method }: WireRequest): boolean => method === 'PATCH' && path === CONFIGURATION;
    await using at = keeping({ secret: stored(old), configuration: config }, refuses);
    await at.until(1);
    await expect.poll(at.trouble).toBe('no');
    await at.clock.advance(9_999);
    expect(at.sent).toHaveLength(1);
    await at.clock.advance(1);
    await at.until(2);
    expect(at.sent.map(({ method }) => method)).toEqual(['PATCH', 'PATCH']);
  });

  it('is made at once where there is none', async () => {
    await using at = keeping({ configuration: config });
    await at.until(2);
    expect(at.sent.map(({ at: ms, method, path }) => [ms, method, path])).toEqual([
      [0, 'PATCH', CONFIGURATION],
      [0, 'POST', SECRETS],
    ]);
  });

  it('is made at once where a secret holds none', async () => {
    await using at = keeping({ secret: stored(good, { data: {} }), configuration: config });
    await at.until(2);
    expect(at.sent.map(({ at: ms, method }) => [ms, method])).toEqual([
      [0, 'PATCH'],
      [0, 'PUT'],
    ]);
  });

  it('is looked at each hour while it is good', async () => {
    await using at = keeping({ secret: stored(good), configuration: configuration([]) });
    const looks = () => at.reads.filter((path) => path.includes('/secrets/')).length;
    await at.clock.advance(1_000);
    const before = looks();
    await at.clock.advance(3_600_000 - 1_001);
    expect(looks()).toBe(before);
    await at.clock.advance(2_000);
    expect(looks()).toBe(before + 1);
  });
});
