import { Buffer } from 'node:buffer';
import { selfSigned } from '@cartographer/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ConventionsStage, createConventionsStage, intent, labels, webhook } from './testing/conventions-stage.ts';

const CERT_MANAGER = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'certificaterequests.cert-manager.io' },
  spec: {
    group: 'cert-manager.io',
    scope: 'Namespaced',
    names: {
      kind: 'CertificateRequest',
      plural: 'certificaterequests',
      singular: 'certificaterequest',
      listKind: 'CertificateRequestList',
    },
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
const certificate = { namespace: 'default', name: 'one-cert' };

describe('whom a convention server is trusted by', () => {
  let pems: readonly string[];
  beforeAll(async () => {
    const made = await Promise.all(['a', 'b', 'c', 'd'].map((host) => selfSigned([host])));
    pems = made.map(({ certPem }) => certPem.trim());
  });

  const base64 = (text = ''): string => Buffer.from(text).toString('base64');
  const request = (name: string, pem: string | undefined, { ready = 'True', of = 'one-cert' } = {}): string =>
    `${JSON.stringify({
      apiVersion: 'cert-manager.io/v1',
      kind: 'CertificateRequest',
      metadata: { name, namespace: 'default', annotations: { 'cert-manager.io/certificate-name': of } },
      status: {
        ...(pem === undefined ? {} : { ca: base64(pem) }),
        conditions: [{ type: 'Ready', status: ready }],
      },
    })}\n---\n`;
  const core = (kind: string, data: object) =>
    JSON.stringify({ apiVersion: 'v1', kind, metadata: { name: 'ca', namespace: 'default' }, data });
  const staged = async (crds = [CERT_MANAGER]): Promise<ConventionsStage> => {
    const stage = await createConventionsStage({ crds });
    stage.servers.set('one', labels('x', '1'));
    await stage.apply(intent('app'));
    await stage.restart();
    return stage;
  };
  const blocks = (pem: string | undefined): readonly string[] =>
    pem?.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];

  it('are the issuers of the three newest requests of its certificate that are ready, the newest first', async () => {
    await using stage = await staged();
    for (const [at, pem] of pems.entries()) {
      await stage.apply(request(`r-${at}`, pem));
      await stage.clock.advance(1_000);
    }
    await stage.apply(
      request('unready', pems[0], { ready: 'False' }) +
        request('other', pems[0], { of: 'x' }) +
        request('bare', undefined),
    );
    await stage.apply(webhook('one', {}, {}, { certificate }));
    await stage.pass(10);
    const line = (pem = ''): string => pem.replaceAll('\r', '');
    expect(blocks(stage.trusted.get('one')).map(line)).toEqual([pems[3], pems[2], pems[1]].map(line));
  });

  it('are unknown until one is issued, which wakes the intents that wait for it', async () => {
    await using stage = await staged();
    await stage.apply(webhook('one', {}, { 'conventions.carto.run/inject-ca-from': 'default/one-cert' }));
    await stage.pass(40_000);
    expect(await stage.said('app')).toBe(
      'False CABundleResolutionFailed: unable to find valid "CertificateRequests" for certificate "default/one-cert" configured in convention "one"',
    );
    await stage.apply(request('first', pems[0]));
    await stage.pass(40_000);
    expect(await stage.said('app')).toBe('True Applied');
    expect(blocks(stage.trusted.get('one'))).toHaveLength(1);
    await stage.apply(request('second', pems[1]));
    await stage.pass(40_000);
    expect(blocks(stage.trusted.get('one'))).toHaveLength(2);
  });

  it('are unknown where the cluster has no cert-manager, and that is no matter of conventions that do not fit', async () => {
    await using stage = await staged([]);
    await stage.apply(webhook('one', {}, {}, { certificate }));
    await stage.pass(10);
    expect(await stage.said('app')).toMatch(/^False CABundleResolutionFailed: .*this cluster has no cert-manager/);
    await stage.apply(webhook('one', { selectors: [{ matchLabels: { not: 'this' } }] }, {}, { certificate }));
    await stage.pass(10);
    expect(await stage.said('app')).toBe('True Applied');
  });

  it('are those of its bundle, which has to be one', async () => {
    await using stage = await staged();
    const bundled = (caBundle: string) => ({ clientConfig: { url: 'https://one/', caBundle } });
    await stage.apply(webhook('one', {}, {}, bundled(base64(pems[0]))));
    await stage.pass(10);
    expect(blocks(stage.trusted.get('one'))).toHaveLength(1);
    await stage.apply(webhook('one', {}, {}, bundled('aGVsbG8=')));
    await stage.pass(10);
    expect(await stage.said('app')).toBe(
      'False CABundleResolutionFailed: convention one: caBundle is not the base64 text of certificates in PEM: base64 -w0 ca.crt',
    );
  });

  it.each([
    ['secretRef', 'Secret', (pem: string) => ({ 'ca.crt': base64(pem) })],
    ['configMapRef', 'ConfigMap', (pem: string) => ({ 'ca.crt': pem })],
  ])('are those of caFrom.%s, which is followed', async (field, kind, data) => {
    await using stage = await staged();
    await stage.apply(webhook('one', {}, {}, { caFrom: { [field]: { namespace: 'default', name: 'ca' } } }));
    await stage.pass(10);
    expect(await stage.said('app')).toBe(
      `False CABundleResolutionFailed: ${kind} default/ca does not exist: create it, or correct caFrom, configured in convention "one"`,
    );
    await stage.apply(core(kind, data('nothing')));
    await stage.pass(40_000);
    expect(await stage.said('app')).toMatch(/has no certificates in PEM as ca.crt, configured in convention "one"$/);
    await stage.apply(core(kind, data(pems[0] ?? '')));
    await stage.pass(40_000);
    expect(await stage.said('app')).toBe('True Applied');
    await stage.apply(core(kind, data(`${pems[0]}\n${pems[1]}`)));
    await stage.pass(40_000);
    expect(blocks(stage.trusted.get('one'))).toHaveLength(2);
  });
});
