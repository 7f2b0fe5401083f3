import { request as httpsRequest } from 'node:https';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { carto, type KindName } from '@cartographer/api';
import { systemClock } from '@cartographer/kube';
import { silentLog } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { webhookPath } from './admission-review.ts';
import { certificateFolder } from './certificate-folder.ts';
import { type IssuedCertificate, issueCertificate } from './serving-certificate.ts';
import { createWebhookServer, type WebhookServer } from './webhook-server.ts';

const HOST = 'cartographer-webhook.cartographer-system.svc';

async function serve(): Promise<{ server: WebhookServer; issued: IssuedCertificate } & AsyncDisposable> {
  const server = await createWebhookServer({ host: '127.0.0.1', port: 0, log: silentLog });
  const issued = await issueCertificate([HOST], Date.now());
  server.use(issued);
  return { server, issued, [Symbol.asyncDispose]: () => server.close() };
}

type Answer = { readonly status: number; readonly body: string };

function send(port: number, caPem: string, path: string, body: string, method = 'POST'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, method, ca: caPem, servername: HOST, agent: false } as const;
    const request = httpsRequest(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

const invalid = {
  apiVersion: 'carto.run/v1alpha1',
  kind: 'ClusterTemplate',
  metadata: { name: 'both' },
  spec: { template: { kind: 'ConfigMap' }, ytt: '#@ x' },
};

function review(object: unknown, more: object = {}, apiVersion = 'admission.k8s.io/v1'): string {
  const request = { uid: 'abc', operation: 'CREATE', object, ...more };
  return JSON.stringify({ apiVersion, kind: 'AdmissionReview', request });
}

async function ask(body: string, kind: KindName = 'ClusterTemplate'): Promise<Record<string, unknown>> {
  await using at = await serve();
  const { status, body: text } = await send(at.server.port, at.issued.caPem, webhookPath(kind), body);
  expect(status).toBe(200);
  return JSON.parse(text) as Record<string, unknown>;
}

describe('the webhook server', () => {
  it('refuses what the rules refuse, in the words and the shape of upstream', async () => {
    expect(await ask(review(invalid))).toEqual({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: {
        uid: 'abc',
        allowed: false,
        status: {
          code: 403,
          reason: 'Forbidden',
          message: 'invalid template: must specify one of template or ytt, found both',
        },
      },
    });
  });

  it('answers in the version that it is asked in', async () => {
    const { apiVersion, response } = await ask(review(invalid, {}, 'admission.k8s.io/v1beta1'));
    expect(apiVersion).toBe('admission.k8s.io/v1beta1');
    expect(response).toMatchObject({ allowed: false });
  });

  it.each(Object.keys(carto.kinds) as KindName[])('has a path for %s', async (kind) => {
    expect(webhookPath(kind)).toBe(`/validate-carto-run-v1alpha1-${kind.toLowerCase()}`);
    const { response } = await ask(review(undefined, { operation: 'DELETE', oldObject: invalid }), kind);
    expect(response).toEqual({ uid: 'abc', allowed: true });
  });

  it.each<{ title: string; body: string; code: number }>([
    { title: 'no review', body: '{"a":1}', code: 400 },
    { title: 'a list', body: '[]', code: 400 },
    { title: 'an unknown version', body: review(invalid, {}, 'admission.k8s.io/v9'), code: 400 },
    { title: 'another kind', body: review({ ...invalid, kind: 'Workload' }), code: 400 },
    { title: 'no object', body: review(null), code: 400 },
    {
      title: 'a spec that breaks the schema',
      body: review({ ...invalid, spec: null }),
      code: 400,
    },
  ])('refuses $title without failing', async ({ body, code }) => {
    const { response } = await ask(body);
    expect(response).toMatchObject({ allowed: false, status: { code } });
  });

  it('keeps its bounds', async () => {
    await using at = await serve();
    const path = webhookPath('ClusterTemplate');
    const { port } = at.server;
    const { caPem } = at.issued;
    expect((await send(port, caPem, '/validate', '{}')).status).toBe(404);
    expect((await send(port, caPem, path, '', 'GET')).status).toBe(405);
    expect((await send(port, caPem, path, '{')).status).toBe(400);
    const large = await send(port, caPem, path, 'x'.repeat(9 * 1024 * 1024)).catch(() => ({ status: 413 }));
    expect(large.status).toBe(413);
    expect((await send(port, caPem, path, review(invalid))).status).toBe(200);
  });

  it('says that it is not ready before it has a certificate, and names a port in use', async () => {
    const server = await createWebhookServer({ host: '127.0.0.1', port: 0, log: silentLog });
    expect(server.notReady()).toMatch(/no certificate/);
    await expect(createWebhookServer({ host: '127.0.0.1', port: server.port, log: silentLog })).rejects.toMatchObject({
      code: 'CARTO_PORT_IN_USE',
    });
    await server.close();
  });

  it('changes over to a new certificate without a restart', async () => {
    await using at = await serve();
    const { port } = at.server;
    const path = webhookPath('ClusterTemplate');
    const next = await issueCertificate([HOST], Date.now());
    await expect(send(port, next.caPem, path, review(invalid))).rejects.toThrow();
    at.server.use(next);
    expect((await send(port, next.caPem, path, review(invalid))).status).toBe(200);
    await expect(send(port, at.issued.caPem, path, review(invalid))).rejects.toThrow();
  });
});

describe('a certificate folder', () => {
  it('is read again when its files change; files that do not fit together change nothing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'carto-certs-'));
    const clock = createFakeClock(systemClock.now());
    const used: string[] = [];
    const stop = new AbortController();
    const part = certificateFolder({ folder, clock, log: silentLog, use: ({ certPem }) => used.push(certPem) });
    const ended = part.run(stop.signal);
    const [one, two] = await Promise.all([
      issueCertificate([HOST], clock.now()),
      issueCertificate([HOST], clock.now()),
    ]);
    const write = async ({ certPem, keyPem }: { certPem: string; keyPem: string }): Promise<void> => {
      await writeFile(join(folder, 'tls.crt'), certPem);
      await writeFile(join(folder, 'tls.key'), keyPem);
    };
    const polled = async (): Promise<number> => {
      await clock.advance(10_000);
      return used.length;
    };
    expect(used).toEqual([]);
    await write(one);
    await expect.poll(polled).toBe(1);
    await write({ ...two, keyPem: one.keyPem });
    for (let i = 0; i < 5; i += 1) await polled();
    await write(two);
    await expect.poll(polled).toBe(2);
    expect(used).toEqual([one.certPem, two.certPem]);
    stop.abort();
    await ended;
    await rm(folder, { recursive: true });
  });
});
