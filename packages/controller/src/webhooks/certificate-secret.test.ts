import { createClient } from '@cartographer/kube';
import { silentLog, type WatchEvent, type WireRequest, type WireResponse } from '@cartographer/machinery';
import { createFakeClock, watches } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { certificateOf, certificateSecret, secretOf } from './certificate-secret.ts';
import {
  bundleOf,
  certificatesOf,
  type IssuedCertificate,
  issueCertificate,
  isUsable,
  whyReplace,
} from './serving-certificate.ts';

const key = { namespace: 'system', name: 'webhook' };
const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-01-01T00:00:00Z');
const NAMES = ['webhook.system.svc'];
const [one, two] = await Promise.all([issueCertificate(NAMES, NOW), issueCertificate(NAMES, NOW)]);

/** A replica that serves with the secret of a server which tells of these changes, and what it came to use. */
async function following(...changes: readonly (readonly [WatchEvent['type'], Partial<IssuedCertificate>])[]) {
  const used: string[] = [];
  const asked: WireRequest[] = [];
  const end = new AbortController();
  const told = Promise.withResolvers<void>();
  async function* events(): AsyncGenerator<WatchEvent> {
    for (const [i, [type, pair]] of changes.entries()) {
      const secret = secretOf(key, { certPem: '', keyPem: '', caPem: '', ...pair });
      const object = { ...secret, metadata: { ...secret.metadata, uid: 'u', resourceVersion: `${i + 2}` } };
      yield { type, object };
    }
    told.resolve();
    await new Promise((resolve) => end.signal.addEventListener('abort', resolve));
  }
  const request = async (given: WireRequest): Promise<WireResponse> => {
    asked.push(given);
    if (watches(given)) return { status: 200, headers: {}, events: events() };
    return {
      status: 200,
      headers: {},
      body: { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: [] },
    };
  };
  const clock = createFakeClock(NOW);
  const client = createClient({ transport: { request, close: async () => undefined }, clock });
  const use = ({ certPem }: { readonly certPem: string }): void =>
    void used.push(certPem === one.certPem ? 'one' : 'two');
  const life = certificateSecret({ client, clock, log: silentLog, key, use }).run(end.signal);
  await told.promise;
  await new Promise((resolve) => setImmediate(resolve));
  end.abort();
  await life;
  return { used, asked };
}

describe('a replica that serves with the certificate of a secret', () => {
  it('takes it up when it comes and when it is replaced, and not again by an edit of something else', async () => {
    const { used, asked } = await following(
      ['ADDED', one],
      ['MODIFIED', { ...one, caPem: two.caPem }],
      ['MODIFIED', two],
      ['MODIFIED', one],
    );
    expect(used).toEqual(['one', 'two', 'one']);
    for (const { path, query } of asked) {
      expect([path, query?.['fieldSelector']]).toEqual(['/api/v1/namespaces/system/secrets', 'metadata.name=webhook']);
    }
  });

  it.each<readonly [string, Partial<IssuedCertificate>]>([
    ['is half written', { certPem: two.certPem, keyPem: one.keyPem }],
    ['has no key', { certPem: two.certPem }],
    ['has no certificate', { keyPem: two.keyPem }],
    ['is none', { certPem: 'x', keyPem: 'y' }],
  ])('keeps what it has when the new one %s', async (_what, pair) => {
    expect((await following(['ADDED', one], ['MODIFIED', pair])).used).toEqual(['one']);
    expect((await following(['ADDED', pair], ['MODIFIED', two])).used).toEqual(['two']);
  });

  it('keeps what it has when the secret goes, and takes up none that goes', async () => {
    expect((await following(['ADDED', one], ['DELETED', two])).used).toEqual(['one']);
  });
});

describe('a secret', () => {
  it('holds a certificate as others write it, and gives it back', () => {
    const secret = secretOf(key, one);
    expect(secret).toMatchObject({ type: 'kubernetes.io/tls', metadata: key });
    expect(Object.keys(secret['data'] as object).toSorted()).toEqual(['ca.crt', 'tls.crt', 'tls.key']);
    expect(certificateOf(secret)).toEqual(one);
  });

  it('has only the parts that are text', () => {
    const secret = { ...secretOf(key, one), data: { 'tls.crt': 7, 'tls.key': Buffer.from('k').toString('base64') } };
    expect(certificateOf(secret)).toEqual({ keyPem: 'k' });
    expect(certificateOf({ ...secretOf(key, one), data: undefined })).toEqual({});
    expect(certificateOf(undefined)).toEqual({});
  });
});

describe('a certificate at its bounds', () => {
  it.each([
    [245 * DAY_MS, undefined],
    [245 * DAY_MS + 1, 'it expires soon'],
    [-DAY_MS, undefined],
    [-DAY_MS - 1, 'it is not valid yet'],
  ])('serves from a day before it was made until four months before its end: %i', (afterMs, why) => {
    expect(whyReplace(one, NAMES, NOW + afterMs)).toBe(why);
  });

  it('has to name each of the names, and to be signed by one of the authorities', () => {
    expect(whyReplace(one, [...NAMES, 'other.system.svc'], NOW)).toBe('it names another service');
    expect(whyReplace({ ...one, caPem: `${two.caPem}\n${one.caPem}` }, NAMES, NOW)).toBeUndefined();
    expect(whyReplace({ ...one, caPem: two.caPem }, NAMES, NOW)).toBe('its authority did not sign it');
    for (const part of ['certPem', 'keyPem', 'caPem'])
      expect(whyReplace({ ...one, [part]: '' }, NAMES, NOW)).toBe('there is none');
  });

  it('is usable with its own key alone', () => {
    const texts = [one, { ...one, keyPem: two.keyPem }, { ...one, keyPem: '' }, { ...one, certPem: 'x' }];
    expect(texts.map(isUsable)).toEqual([true, false, false, false]);
  });

  it('is one of four authorities at most, the newest first, until the moment it expires', async () => {
    const more = await Promise.all([1, 2, 3].map(() => issueCertificate(NAMES, NOW)));
    const all = [one, two, ...more].map(({ caPem }) => caPem);
    expect(certificatesOf(bundleOf(all, NOW))).toEqual(all.slice(0, 4));
    expect(bundleOf([one.caPem], NOW + 365 * DAY_MS - 1)).toBe(`${one.caPem}\n`);
    expect(bundleOf([one.caPem], NOW + 365 * DAY_MS)).toBe('\n');
  });
});
