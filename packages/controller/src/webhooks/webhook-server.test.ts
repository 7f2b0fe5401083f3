import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { connect as connectTcp, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { carto, type KindName } from '@cartographer/api';
import { systemClock } from '@cartographer/kube';
import { type DropReason, silentLog } from '@cartographer/machinery';
import { createFakeClock, type FakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { webhookPath } from './admission-review.ts';
import { certificateFolder } from './certificate-folder.ts';
import { type IssuedCertificate, issueCertificate } from './serving-certificate.ts';
import { createWebhookServer, type WebhookServer, type WebhookServerOptions } from './webhook-server.ts';

const HOST = 'cartographer-webhook.cartographer-system.svc';

type Stand = {
  readonly server: WebhookServer;
  readonly issued: IssuedCertificate;
  readonly clock: FakeClock;
  /** Why connections had to go, so far. */
  readonly drops: readonly DropReason[];
};

const local = { host: '127.0.0.1', port: 0, clock: createFakeClock(), log: silentLog, onDrop: () => undefined };

async function serve(more: Partial<WebhookServerOptions> = {}): Promise<Stand & AsyncDisposable> {
  const clock = createFakeClock();
  const drops: DropReason[] = [];
  const server = await createWebhookServer({ ...local, clock, onDrop: (reason) => drops.push(reason), ...more });
  const issued = await issueCertificate([HOST], Date.now());
  server.use(issued);
  const dispose = async (): Promise<void> => {
    const closed = server.close();
    await clock.advance(2_000);
    await closed;
  };
  return { server, issued, clock, drops, [Symbol.asyncDispose]: dispose };
}

/** A connection that says no word by itself, and whether it is gone. */
async function mute({ port }: WebhookServer): Promise<Socket> {
  const socket = connectTcp({ host: '127.0.0.1', port }).on('error', () => undefined);
  socket.resume();
  await once(socket, 'connect');
  return socket;
}

/** Sends the beginning of a review, of the length that is announced. */
async function half({ server, issued }: Stand, sent: string, announced: number): Promise<TLSSocket> {
  const socket = connectTls({ host: '127.0.0.1', port: server.port, ca: issued.caPem, servername: HOST });
  socket.on('error', () => undefined).resume();
  await once(socket, 'secureConnect');
  const head = `POST ${webhookPath('ClusterTemplate')} HTTP/1.1\r\nhost: h\r\ncontent-length: ${announced}\r\n\r\n`;
  await new Promise<void>((resolve) => socket.write(head + sent, () => resolve()));
  return socket;
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
    const deep = (open: string, close: string) => `{"request":${open.repeat(15_000)}1${close.repeat(15_000)}}`;
    expect((await send(port, caPem, path, deep('[', ']'))).status).toBe(400);
    expect((await send(port, caPem, path, deep('{"a":', '}').replace('1', '12345678901234567890'))).status).toBe(400);
    const large = await send(port, caPem, path, 'x'.repeat(9 * 1024 * 1024)).catch(() => ({ status: 413 }));
    expect(large.status).toBe(413);
    expect((await send(port, caPem, path, review(invalid))).status).toBe(200);
  });

  it('says that it is not ready before it has a certificate, and names a port in use', async () => {
    const server = await createWebhookServer(local);
    expect(server.notReady()).toMatch(/no certificate/);
    const again = createWebhookServer({ ...local, port: server.port });
    await expect(again).rejects.toMatchObject({ code: 'CARTO_PORT_IN_USE' });
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

describe('the webhook server among many who want nothing of it', () => {
  const path = webhookPath('ClusterTemplate');

  it('answers reviews while others hold connections and say nothing', async () => {
    await using at = await serve({ limits: { connections: 4 } });
    const sockets: Socket[] = [];
    for (let i = 0; i < 20; i += 1) sockets.push(await mute(at.server));
    expect((await send(at.server.port, at.issued.caPem, path, review(invalid))).status).toBe(200);
    expect(at.drops).toEqual(Array.from({ length: 17 }, () => 'limit'));
    await expect.poll(() => sockets.filter(({ closed }) => closed).length).toBe(17);
  });

  it('gives them ten seconds for a handshake', async () => {
    await using at = await serve();
    const [socket, kept] = [await mute(at.server), await half(at, '', 9)];
    await expect.poll(() => at.clock.pending).toBe(1);
    await at.clock.advance(9_999);
    expect(at.drops).toEqual([]);
    await at.clock.advance(1);
    expect(at.drops).toEqual(['handshake']);
    await expect.poll(() => socket.closed).toBe(true);
    expect(kept.closed).toBe(false);
  });

  it('has room for so much of reviews that are not all there; the one that began first goes', async () => {
    await using at = await serve({ limits: { bodyBytes: 1000 } });
    const first = await half(at, 'x'.repeat(600), 999);
    expect((await send(at.server.port, at.issued.caPem, path, review(invalid))).status).toBe(200);
    const second = await half(at, 'x'.repeat(600), 999);
    await expect.poll(() => first.closed).toBe(true);
    expect([second.closed, at.drops]).toEqual([false, ['limit']]);
  });

  it('takes a review that is given up for no error', async () => {
    const lines: string[] = [];
    const line = (level: string) => (_fields: object, message: string) => void lines.push(`${level}: ${message}`);
    const log = { ...silentLog, debug: line('debug'), warn: line('warn'), error: line('error') };
    await using at = await serve({ log });
    for (let i = 0; i < 3; i += 1) (await half(at, '{', 9)).destroy();
    const givenUp = 'debug: request given up by the one who asked';
    await expect.poll(() => lines).toEqual([givenUp, givenUp, givenUp]);
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
