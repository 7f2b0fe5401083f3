import { X509Certificate } from 'node:crypto';
import { SECRETS } from '@cartographer/kube';
import { type JsonObject, type KubeObject, silentLog } from '@cartographer/machinery';
import { createFakeClock, startEmbedded } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { certificateKeeper } from './certificate-keeper.ts';
import { certificateOf, certificateSecret, secretOf } from './certificate-secret.ts';
import {
  bundleOf,
  certificatesOf,
  type IssuedCertificate,
  issueCertificate,
  whyReplace,
} from './serving-certificate.ts';
import { WEBHOOK_CONFIGURATIONS, webhookTrust } from './webhook-trust.ts';

const DAY_MS = 86_400_000;
const secret = { namespace: 'default', name: 'cartographer-webhook' };
const names = ['cartographer-webhook.default.svc', 'cartographer-webhook.default.svc.cluster.local'];
const configuration = 'cartographer-validating-webhook-configuration';

/** The embedded server asks its admission in process, so it does not serve webhook configurations; as data they do here. */
const CONFIGURATION_CRD: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: 'validatingwebhookconfigurations.admissionregistration.k8s.io',
    annotations: { 'api-approved.kubernetes.io': 'unapproved, test only' },
  },
  spec: {
    group: 'admissionregistration.k8s.io',
    scope: 'Cluster',
    names: { plural: 'validatingwebhookconfigurations', kind: 'ValidatingWebhookConfiguration' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

async function stage(seed?: IssuedCertificate) {
  const clock = createFakeClock(Date.now());
  const { client, server } = await startEmbedded({ clock, crds: [CONFIGURATION_CRD] });
  const stop = new AbortController();
  const used: string[] = [];
  const options = { client, clock, log: silentLog };
  const service = (name: string): JsonObject => ({
    clientConfig: { service: { name, namespace: 'default', path: '/x' } },
  });
  await client.create(WEBHOOK_CONFIGURATIONS, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: configuration, annotations: { 'cert-manager.io/inject-ca-from': 'x/y', kept: 'yes' } },
    webhooks: [service('someone-else'), service('cartographer-webhook')],
  });
  if (seed !== undefined) await client.create(SECRETS, secretOf(secret, seed));
  const follower = certificateSecret({ ...options, key: secret, use: ({ certPem }) => used.push(certPem) });
  const keeper = certificateKeeper({
    ...options,
    secret,
    service: 'cartographer-webhook',
    trust: webhookTrust({ ...options, configuration, service: 'cartographer-webhook', namespace: 'default' }),
  });
  const lives = [follower.run(stop.signal), keeper.run(stop.signal)];
  return {
    clock,
    client,
    used,
    /** Lets key generation, which takes real time, come to its end. */
    async until(holds: () => boolean | Promise<boolean>) {
      await expect.poll(async () => (await clock.advance(500), holds()), { interval: 5 }).toBe(true);
    },
    held: async () => certificateOf(await client.get(SECRETS, secret)),
    bundles: async () => {
      const found = await client.get(WEBHOOK_CONFIGURATIONS, { name: configuration });
      const webhooks = found['webhooks'] as { clientConfig: { caBundle?: string } }[];
      return webhooks.map(({ clientConfig }) => Buffer.from(clientConfig.caBundle ?? '', 'base64').toString());
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.all(lives);
      await server.close();
    },
  };
}

describe('the keeper of the webhook certificate', () => {
  it('makes a certificate, has the API server trust it, and replicas serve with it', async () => {
    await using at = await stage();
    await at.until(() => at.used.length === 1);
    const held = await at.held();
    expect(whyReplace(held, names, at.clock.now())).toBeUndefined();
    expect(await at.bundles()).toEqual(['', held.caPem]);
    expect(at.used).toEqual([held.certPem]);
    const { metadata } = await at.client.get(WEBHOOK_CONFIGURATIONS, { name: configuration });
    expect(metadata.annotations).toEqual({ kept: 'yes' });
  });

  it('replaces it before it expires, and keeps the old authority trusted while it lasts', async () => {
    await using at = await stage(await issueCertificate(names, Date.now() - 250 * DAY_MS));
    await at.until(() => at.used.length === 1);
    const [before] = at.used;
    await at.until(() => at.used.length === 2);
    const [, bundle = ''] = await at.bundles();
    const trusted = certificatesOf(bundle).map((pem) => new X509Certificate(pem));
    expect(trusted).toHaveLength(2);
    for (const pem of [before ?? '', at.used[1] ?? '']) {
      expect(trusted.some((ca) => new X509Certificate(pem).verify(ca.publicKey))).toBe(true);
    }
  });

  it('puts the authority back when the configuration was applied anew, and remakes a lost or broken secret', async () => {
    await using at = await stage();
    await at.until(() => at.used.length === 1);
    const live = await at.client.get(WEBHOOK_CONFIGURATIONS, { name: configuration });
    const bare = (live['webhooks'] as { clientConfig: object }[]).map(({ clientConfig }) => ({
      clientConfig: { ...clientConfig, caBundle: '' },
    }));
    await at.client.update(WEBHOOK_CONFIGURATIONS, { ...live, webhooks: bare });
    await at.until(async () => (await at.bundles())[1] !== '');
    await at.client.delete(SECRETS, secret);
    await at.until(() => at.used.length === 2);
    const stored = await at.client.get(SECRETS, secret);
    await at.client.update(SECRETS, { ...stored, data: { 'tls.crt': 'AAAA', 'tls.key': 'AAAA' } });
    await at.until(() => at.used.length === 3);
    expect(whyReplace(await at.held(), names, at.clock.now())).toBeUndefined();
  });
});

describe('a certificate', () => {
  it('is replaced for each reason that there is', async () => {
    const now = Date.now();
    const [good, other] = await Promise.all([issueCertificate(names, now), issueCertificate(names, now)]);
    const why = (change: object, wanted = names, at = now): string | undefined =>
      whyReplace({ ...good, ...change }, wanted, at);
    expect(why({})).toBeUndefined();
    expect(why({ keyPem: '' })).toBe('there is none');
    expect(why({ certPem: 'x' })).toBe('it cannot be read');
    expect(why({ caPem: other.caPem })).toBe('its authority did not sign it');
    expect(why({}, ['elsewhere.default.svc'])).toBe('it names another service');
    expect(why({}, names, now + 246 * DAY_MS)).toBe('it expires soon');
    expect(why({}, names, now - 2 * DAY_MS)).toBe('it is not valid yet');
  });

  it('bundles authorities once, newest first, without expired ones', async () => {
    const now = Date.now();
    const [old, fresh] = await Promise.all([issueCertificate(names, now - 366 * DAY_MS), issueCertificate(names, now)]);
    expect(bundleOf([fresh.caPem, `${old.caPem}\n${fresh.caPem}`, 'junk'], now)).toBe(`${fresh.caPem}\n`);
  });
});
