import { createServer } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { APPLIED_CONVENTIONS_ANNOTATION, conventionRequest } from '@cartographer/convention-sdk';
import { systemClock } from '@cartographer/kube';
import { createFakeClock, selfSigned } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { createConventionCaller } from './convention-caller.ts';
import { type ConventionEndpoint, endpointOf } from './endpoint.ts';
import { answerOf, callOnce, failureOf, request, template } from './testing/call.ts';
import { type Script, type ScriptedServer, scriptedServer } from './testing/scripted-server.ts';

const pair = await selfSigned(['127.0.0.1', 'basic.team.svc']);
const [container] = template.spec.containers;

const answering =
  (text: string, type = 'application/json'): Script =>
  (response) =>
    response.writeHead(200, { 'content-type': type }).end(text);
const good = answering(answerOf({ template, appliedConventions: ['a'] }));

function at({ port }: Pick<ScriptedServer, 'port'>, more: Partial<ConventionEndpoint> = {}): ConventionEndpoint {
  return { url: new URL(`https://127.0.0.1:${port}/`), caPem: pair.certPem, timeoutMs: 30_000, ...more };
}

describe('the request', () => {
  it('is the one of the API server: POST with the time it has, JSON, HTTP/1.1, no certificate', async () => {
    await using server = await scriptedServer(pair, good);
    await callOnce(at(server, { url: new URL(`https://127.0.0.1:${server.port}/hook/a`), timeoutMs: 60_000 }));
    const [seen] = server.seen;
    expect(seen?.line).toBe('POST /hook/a?timeout=1m0s HTTP/1.1');
    expect(seen?.headers).toEqual({
      host: `127.0.0.1:${server.port}`,
      connection: 'keep-alive',
      'user-agent': 'kube-apiserver-admission',
      accept: 'application/json, */*',
      'content-type': 'application/json',
      'content-length': String(seen?.body.length),
    });
    expect(JSON.parse(seen?.body ?? '')).toEqual({
      apiVersion: 'webhooks.conventions.carto.run/v1alpha1',
      kind: 'PodConventionContext',
      metadata: { name: 'app-basic' },
      spec: { template, imageConfig: request.spec.imageConfig },
      status: { template: { metadata: {}, spec: { containers: null } }, appliedConventions: null },
    });
    expect(seen?.clientCertificate).toEqual({});
  });

  it('asks a Service for its certificate by its name', async () => {
    await using server = await scriptedServer(pair, good);
    const names: string[] = [];
    const lookup: LookupFunction = (name, options, callback) => {
      names.push(name);
      if (options.all === true) callback(null, [{ address: '127.0.0.1', family: 4 }]);
      else callback(null, '127.0.0.1', 4);
    };
    const service = { namespace: 'team', name: 'basic', port: server.port, path: '/x' };
    const endpoint = endpointOf({ service }, { timeoutMs: 10_000, caPem: pair.certPem });
    expect((await callOnce(endpoint, { lookup })).applied).toEqual(['a']);
    expect(server.seen).toMatchObject([{ line: 'POST /x?timeout=10s HTTP/1.1', serverName: 'basic.team.svc' }]);
    expect(names).toEqual(['basic.team.svc']);
  });

  it('keeps integers exact on both ways', async () => {
    const big = 9007199254740993n;
    const spec = { ...template.spec, securityContext: { runAsUser: big } };
    await using server = await scriptedServer(pair, (response, { body }) =>
      answering(
        body.replace(/"status".*/, `"status":{"template":${/"template":(.*),"imageConfig"/.exec(body)?.[1]}}}`),
      )(response, server.seen[0]!),
    );
    const answer = await callOnce(at(server), { request: conventionRequest('a', { spec }, []) });
    expect(answer.template.spec['securityContext']).toEqual({ runAsUser: big });
  });

  it('goes over connections that are there, and again where one has ended meanwhile', async () => {
    const ports = new Set<number | undefined>();
    await using server = await scriptedServer(pair, (response, arrived) => {
      ports.add(response.socket?.remotePort);
      if (server.seen.length === 7) response.destroy();
      else good(response, arrived);
    });
    const caller = createConventionCaller({ clock: systemClock });
    const call = () => caller.call(at(server), request, new AbortController().signal);
    for (let i = 0; i < 6; i += 1) await call();
    // A pool opens the second one before it sees that the first is free.
    expect(ports.size).toBeLessThanOrEqual(2);
    expect((await call()).applied).toEqual(['a']);
    expect(server.seen.length).toBe(8);
    await caller.close();
  });

  it('is not sent a third time where the server goes on breaking off', async () => {
    await using server = await scriptedServer(pair, (response) => response.destroy());
    expect(await failureOf(at(server))).toMatchObject({ failure: 'unreachable' });
    expect(server.seen.length).toBe(2);
  });

  it('does not follow a redirect', async () => {
    await using target = await scriptedServer(pair, good);
    await using server = await scriptedServer(pair, (response) =>
      response.writeHead(308, { location: `https://127.0.0.1:${target.port}/` }).end(),
    );
    expect(await failureOf(at(server))).toMatchObject({ failure: 'refused-status', status: 308 });
    expect(target.seen).toEqual([]);
  });
});

describe('the certificate of a convention server', () => {
  it('has to be signed by an authority that is known, of its name, and current', async () => {
    await using server = await scriptedServer(pair, good);
    const untrusted = async (endpoint: ConventionEndpoint): Promise<string> => {
      const error = await failureOf(endpoint);
      expect(error.failure).toBe('untrusted');
      return error.message;
    };
    const { caPem: _known, ...unknown } = at(server);
    expect(await untrusted(unknown)).toMatch(
      /its certificate is not trusted \(\w+\); put its authority into caBundle$/,
    );
    const another = await selfSigned(['127.0.0.1']);
    expect(await untrusted(at(server, { caPem: another.certPem }))).toContain('is not trusted');
    expect(await untrusted(at(server, { serverName: 'other.team.svc' }))).toContain('is of another name');
    const old = await selfSigned(['127.0.0.1'], Date.now() - 9 * 86_400_000);
    await using expired = await scriptedServer(old, good);
    expect(await untrusted(at(expired, { caPem: old.certPem }))).toContain('has expired (CERT_HAS_EXPIRED); renew it');
    expect([server.seen, expired.seen]).toEqual([[], []]);
  });

  it('is checked by the authorities of the endpoint as it is now', async () => {
    await using server = await scriptedServer(pair, good);
    const caller = createConventionCaller({ clock: systemClock });
    const { signal } = new AbortController();
    await caller.call(at(server), request, signal);
    const another = await selfSigned(['127.0.0.1']);
    const changed = caller.call(at(server, { caPem: another.certPem }), request, signal);
    await expect(changed).rejects.toMatchObject({ failure: 'untrusted' });
    const several = `${another.certPem}\n${pair.certPem}`;
    expect((await caller.call(at(server, { caPem: several }), request, signal)).applied).toEqual(['a']);
    await caller.close();
  });

  it('is missing where the server does not speak TLS, or nobody listens', async () => {
    const plain = createServer((_request, response) => response.end());
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const { port } = plain.address() as AddressInfo;
    expect(await failureOf(at({ port }))).toMatchObject({
      failure: 'unreachable',
      message: expect.stringMatching(/: TLS cannot be set up \(\w+\); is that the port of the convention server\?$/),
    });
    await new Promise((resolve) => plain.close(resolve));
    expect(await failureOf(at({ port }))).toMatchObject({
      failure: 'unreachable',
      message: expect.stringContaining('nobody listens there (ECONNREFUSED); start the convention server'),
    });
  });

  it('is not asked for where the name is not known', async () => {
    const lookup: LookupFunction = (_name, _options, callback) =>
      callback(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), '', 4);
    const endpoint = endpointOf({ service: { namespace: 'team', name: 'gone' } }, { timeoutMs: 10_000 });
    expect(await failureOf(endpoint, { lookup })).toMatchObject({
      failure: 'unreachable',
      message:
        'POST https://gone.team.svc/?timeout=10s: its name is not known (ENOTFOUND); correct the address, or create the Service',
    });
  });
});

describe('the time of a call', () => {
  it.each<{ what: string; script: Script }>([
    { what: 'does not answer', script: () => undefined },
    {
      what: 'does not end its answer',
      script: (response) => response.writeHead(200, { 'content-type': 'application/json' }).write('{'),
    },
  ])('is over for a server that $what', async ({ script }) => {
    const clock = createFakeClock();
    await using server = await scriptedServer(pair, script);
    const failed = failureOf(at(server, { timeoutMs: 10_000 }), { clock });
    await expect.poll(() => server.seen.length).toBe(1);
    await clock.advance(9_999);
    expect(clock.pending).toBe(1);
    await clock.advance(1);
    expect(await failed).toMatchObject({
      failure: 'timeout',
      message: expect.stringContaining(
        '?timeout=10s: no whole answer in 10s; look at the load of the convention server',
      ),
    });
    expect(clock.pending).toBe(0);
  });

  it('ends with the signal of the caller, whose reason is told', async () => {
    await using server = await scriptedServer(pair, () => undefined);
    const controller = new AbortController();
    const ended = callOnce(at(server), { signal: controller.signal });
    await expect.poll(() => server.seen.length).toBe(1);
    controller.abort(new Error('stopping'));
    await expect(ended).rejects.toThrow('stopping');
    await expect(callOnce(at(server), { signal: controller.signal })).rejects.toThrow('stopping');
    expect(server.seen.length).toBe(1);
  });
});

describe('the size of an answer', () => {
  const asked = Buffer.byteLength(JSON.stringify(request));

  it('may be that of the request and so much more', async () => {
    const text = answerOf({ template, appliedConventions: ['a'] });
    const padded = (bytes: number): Script => answering(text.padEnd(asked + bytes));
    await using fits = await scriptedServer(pair, padded(5_000));
    expect((await callOnce(at(fits), { maxAnswerBytes: 5_000 })).applied).toEqual(['a']);
    await using over = await scriptedServer(pair, padded(5_001));
    expect(await failureOf(at(over), { maxAnswerBytes: 5_000 })).toMatchObject({
      failure: 'bad-answer',
      message: expect.stringContaining(`more than ${asked + 5_000} bytes came`),
    });
  });

  it('is cut off early, whether it was announced or not', async () => {
    const chunk = Buffer.alloc(64 * 1024, ' ');
    const hundred = 100 * 1024 * 1024;
    const pour =
      (headers: Readonly<Record<string, string>>): Script =>
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json', ...headers });
        let left = hundred / chunk.length;
        const more = (): void => {
          while (!response.destroyed && left > 0) {
            left -= 1;
            if (!response.write(chunk)) {
              response.once('drain', more);
              return;
            }
          }
        };
        more();
      };
    for (const headers of [{}, { 'content-length': String(hundred) }] as readonly Record<string, string>[]) {
      await using server = await scriptedServer(pair, pour(headers));
      expect(await failureOf(at(server))).toMatchObject({
        failure: 'bad-answer',
        message: expect.stringContaining(`more than ${asked + 8 * 1024 * 1024} bytes came`),
      });
      expect(server.sentBytes()).toBeLessThan(hundred / 2);
    }
  });
});

describe('an answer', () => {
  const answered = async (status: unknown, sent = template as object, more: object = {}) => {
    await using server = await scriptedServer(
      pair,
      answering(answerOf(status, more), 'application/json; charset=utf-8'),
    );
    return await callOnce(at(server), { request: conventionRequest('a', sent as typeof template, []) });
  };

  it('may say nothing of what was applied, and have what Go adds', async () => {
    const spec = { containers: [{ ...container, resources: {} }], initContainers: null };
    for (const appliedConventions of [null, undefined, []]) {
      expect(await answered({ template: { metadata: {}, spec }, appliedConventions })).toEqual({
        template: { metadata: {}, spec },
        applied: [],
      });
    }
    const longest = ['a'.repeat(253), ''];
    expect((await answered({ template, appliedConventions: longest })).applied).toEqual(longest);
  });

  it('may leave out what kind it is, as Go fills that in', async () => {
    const answer = await answered({ template }, template, { apiVersion: undefined, kind: undefined });
    expect(answer).toEqual({ template, applied: [] });
  });

  it('has of its metadata what exists on the wire', async () => {
    const metadata = {
      name: 'n',
      namespace: '',
      labels: { ['__proto__']: 'x' },
      annotations: null,
      creationTimestamp: null,
      uid: 'u',
    };
    const raw = `{"template":{"metadata":{"name":"n","namespace":"","labels":{"__proto__":"x"},"annotations":null,"creationTimestamp":null,"uid":"u"},"spec":${JSON.stringify(template.spec)}}}`;
    const answer = await answered(JSON.parse(raw));
    expect(metadata.name).toBe(answer.template.metadata?.name);
    expect(JSON.stringify(answer.template.metadata)).toBe('{"name":"n","labels":{"__proto__":"x"}}');
  });

  it('changes nothing of the annotation that tells what was applied', async () => {
    const key = APPLIED_CONVENTIONS_ANNOTATION;
    const withLog = (log?: string) => ({
      ...template,
      metadata: { annotations: log === undefined ? { b: 'c' } : { [key]: log, b: 'c' } },
    });
    const annotations = async (sent: object, came: object) =>
      (await answered({ template: came }, sent)).template.metadata?.annotations;
    expect(await annotations(withLog('x/y'), withLog('forged'))).toEqual({ [key]: 'x/y', b: 'c' });
    expect(await annotations(withLog('x/y'), withLog())).toEqual({ [key]: 'x/y', b: 'c' });
    expect(await annotations(withLog('x/y'), { spec: template.spec })).toEqual({ [key]: 'x/y' });
    expect(await annotations(withLog(), withLog('forged'))).toEqual({ b: 'c' });
    expect(await annotations({ spec: template.spec }, { spec: template.spec })).toBeUndefined();
  });

  it('may remove a container that it names, and turn one into an init container', async () => {
    const sidecar = { name: 'sidecar', image: 'x' };
    const sent = { spec: { containers: [container, sidecar] } };
    const left = { spec: { containers: [container] } };
    await expect(answered({ template: left }, sent)).rejects.toThrow('container "sidecar" is missing');
    expect((await answered({ template: left, removedContainers: ['sidecar'] }, sent)).template).toEqual(left);
    const moved = { spec: { containers: [container], initContainers: [sidecar] } };
    expect((await answered({ template: moved }, sent)).template).toEqual(moved);
    await expect(answered({ template: left }, moved)).rejects.toThrow('container "sidecar" is missing');
  });

  it('may have no containers, or one without an image, where the request had none', async () => {
    const bare = { spec: { containers: [{ name: 'later' }] } };
    expect((await answered({ template: bare }, bare)).template).toEqual(bare);
    const none = { spec: { containers: null } };
    expect((await answered({ template: none }, none)).template).toEqual({ spec: { containers: [] } });
  });
});
