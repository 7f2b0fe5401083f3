import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeClock, type FakeClock, loadConventionExchanges, selfSigned } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import type { Convention } from '../convention.ts';
import { type Asked, type AskOptions, ask } from '../testing/ask.ts';
import { basic, dumper } from '../testing/sample-conventions.ts';
import { type ConventionServer, type ConventionServerOptions, createConventionServer } from './convention-server.ts';
import type { LogLine } from './ports.ts';

const pair = await selfSigned(['127.0.0.1']);
const context = (template: unknown, imageConfig: unknown = []): string =>
  JSON.stringify({ apiVersion: 'a', kind: 'K', spec: { template, imageConfig } });
const one = { spec: { containers: [{ name: 'a', image: 'x' }] } };

type Stand = AsyncDisposable & {
  readonly server: ConventionServer;
  readonly clock: FakeClock;
  readonly lines: readonly LogLine[];
  readonly ask: (options?: Partial<AskOptions>) => Promise<Asked>;
};

async function serve(conventions: readonly Convention[], more: Partial<ConventionServerOptions> = {}): Promise<Stand> {
  const lines: LogLine[] = [];
  const clock = createFakeClock();
  const log = (line: LogLine): void => void lines.push(line);
  const identity = { cert: pair.certPem, key: pair.keyPem };
  const options = { port: 0, host: '127.0.0.1', conventions, log, clock, ...identity, ...more };
  const server = await createConventionServer(options as ConventionServerOptions);
  return {
    server,
    clock,
    lines,
    ask: (asked = {}) => ask({ port: server.port, ca: pair.certPem, path: '/', ...asked }),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** The sample that a recording is of; that for Spring is not ported. */
const ported = new Map<string, Convention>([
  ['basic', basic],
  ['dumper', dumper(() => undefined)],
]);
const recorded = loadConventionExchanges().flatMap((exchange) => {
  const convention = ported.get(exchange.server.split(' ')[0] ?? '');
  return convention === undefined ? [] : [{ ...exchange, convention }];
});

/** What Go's types add by themselves: an empty struct, and the zero of its time. */
function withoutGoZeros(text: string): unknown {
  return JSON.parse(text, (key, value: unknown) => {
    const isZero = (key === 'resources' && JSON.stringify(value) === '{}') || value === '0001-01-01T00:00:00Z';
    return isZero ? undefined : value;
  });
}

describe('a server that is sent what those of the original were', () => {
  it('is sent eight requests', () => {
    expect(recorded.length).toBe(8);
  });

  it.each(recorded)('answers the same: $server', async ({ request, response, convention }) => {
    await using stand = await serve([convention]);
    const { method, path, contentType } = request;
    const body = typeof request.body === 'string' ? request.body : JSON.stringify(request.body);
    const asked = await stand.ask({ method, path, body, headers: { 'content-type': contentType } });
    expect(asked.status).toBe(response.status);
    if (response.body === '') expect(asked.body).toBe('');
    else expect(JSON.parse(asked.body)).toEqual(withoutGoZeros(response.body));
    // Fields come in the same order, and a line end behind them.
    if (response.body !== '') expect(asked.body).toBe(`${JSON.stringify(JSON.parse(asked.body))}\n`);
    const type = response.headers.find(([name]) => name === 'Content-Type')?.[1];
    expect(asked.headers['content-type']).toBe(type);
    expect(asked.headers['content-length']).toBe(String(Buffer.byteLength(asked.body)));
    expect(stand.lines).toEqual([]);
  });
});

describe('a convention server', () => {
  it('applies its conventions in their order, at every path, with the query of the caller', async () => {
    const printed: string[] = [];
    await using stand = await serve([basic, dumper((text) => printed.push(text))]);
    const { status, body } = await stand.ask({ path: '/any/where?timeout=30s', body: context(one) });
    expect([status, JSON.parse(body).status.appliedConventions]).toEqual([200, ['add-env-var', 'dumper']]);
    expect(printed[0]).toContain('HELLO FROM CONVENTION');
  });

  it('lets nothing out of a convention that failed halfway, and says why in its log', async () => {
    const fails: Convention = {
      id: 'fails',
      apply({ template }) {
        template.spec.containers[0]!.image = 'half';
        throw new Error('no such framework');
      },
    };
    await using stand = await serve([basic, fails]);
    expect(await stand.ask({ body: context(one) })).toMatchObject({ status: 500, body: '' });
    expect(stand.lines).toMatchObject([{ level: 'error', error: { message: 'no such framework' } }]);
    expect((await stand.ask({ path: '/healthz', method: 'GET' })).status).toBe(200);
  });

  it.each([
    ['a text', '"x"'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a spec of another type', '{"spec":[]}'],
    ['a kind of another type', '{"kind":7}'],
    ['metadata of another type', '{"metadata":"x"}'],
    ['a template of another type', '{"spec":{"template":"x"}}'],
    ['containers of another type', context({ spec: { containers: 'x' } })],
    ['a container of another type', context({ spec: { containers: [1] } })],
    ['a name of another type', context({ spec: { containers: [{ name: 1 }] } })],
    ['an image of another type', context({ spec: { initContainers: [{ image: {} }] } })],
    ['a pod of another type', context({ spec: 'x' })],
    ['labels of another type', context({ metadata: { labels: { a: 1 } }, spec: {} })],
    ['images of another type', context(one, {})],
    ['an image without a reference', context(one, [{}])],
    ['bills of another type', context(one, [{ image: 'x', boms: [{ name: 'a' }] }])],
  ])('refuses %s with 400', async (_what, body) => {
    await using stand = await serve([basic]);
    expect(await stand.ask({ body })).toMatchObject({ status: 400, body: '' });
    expect(stand.lines).toEqual([]);
  });

  it('lives on after a request that nests deeper than can be walked', async () => {
    await using stand = await serve([basic]);
    const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    const body = `{"spec":{"template":{"spec":{"containers":[],"x":${deep}}}}}`;
    expect(await stand.ask({ body })).toMatchObject({ status: 500, body: '' });
    expect(stand.lines).toMatchObject([{ level: 'error', message: 'a request failed; its template stays as it was' }]);
    expect((await stand.ask({ body: context(one) })).status).toBe(200);
  });

  it('fills in what is left out', async () => {
    await using stand = await serve([basic]);
    const { status, body } = await stand.ask({
      body: '{"spec":{"template":{"spec":{"nodeName":"n"}},"imageConfig":null}}',
    });
    const template = { metadata: {}, spec: { nodeName: 'n', containers: null } };
    expect([status, JSON.parse(body)]).toEqual([
      200,
      {
        kind: '',
        apiVersion: '',
        metadata: {},
        spec: { template, imageConfig: null },
        status: { template, appliedConventions: [] },
      },
    ]);
  });

  it('reads bodies up to its limit, and of all that are under way', async () => {
    const body = context(one);
    await using stand = await serve([basic], { limits: { bodyBytes: body.length } });
    const unannounced = { 'transfer-encoding': 'chunked' };
    expect((await stand.ask({ body })).status).toBe(200);
    expect((await stand.ask({ body, headers: unannounced })).status).toBe(200);
    expect(await stand.ask({ body: `${body} ` })).toMatchObject({ status: 413, headers: { connection: 'close' } });
    expect((await stand.ask({ body: `${body} `, headers: unannounced })).status).toBe(413);
    await using busy = await serve([basic], { limits: { allBodiesBytes: body.length } });
    expect((await busy.ask({ body: `${body} ` })).status).toBe(503);
    // What was taken is given back.
    for (let i = 0; i < 3; i += 1) expect((await busy.ask({ body })).status).toBe(200);
  });

  it('speaks TLS 1.3 alone', async () => {
    await using stand = await serve([basic]);
    const old = stand.ask({ body: context(one), maxVersion: 'TLSv1.2' });
    await expect(old).rejects.toThrow(/protocol version|ECONNRESET/i);
    expect((await stand.ask({ body: context(one), minVersion: 'TLSv1.3' })).status).toBe(200);
  });

  it('is not started with what cannot be served', async () => {
    const other = await selfSigned(['127.0.0.1']);
    await expect(serve([basic, basic])).rejects.toThrow('two conventions have the id "add-env-var"; rename one');
    await expect(serve([{ ...basic, id: '' }])).rejects.toThrow('a convention has no id');
    await expect(serve([basic], { key: other.keyPem })).rejects.toThrow('of the options do not belong together');
    await expect(serve([basic], { key: 'x' })).rejects.toThrow('of the options is not PEM');
    await using stand = await serve([basic]);
    await expect(serve([basic], { port: stand.server.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('answers what is under way when it is closed, and takes no more', async () => {
    const held = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const slow: Convention = {
      id: 'slow',
      async apply() {
        begun.resolve();
        await held.promise;
        return ['slow'];
      },
    };
    const stand = await serve([slow]);
    const asked = stand.ask({ body: context(one) });
    await begun.promise;
    const closed = stand.server.close();
    await expect(stand.ask({ path: '/healthz' })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    held.resolve();
    expect((await asked).status).toBe(200);
    await closed;
    expect(stand.clock.pending).toBe(0);
  });

  it('cuts off after ten seconds what does not end, and tells the convention', async () => {
    const begun = Promise.withResolvers<AbortSignal>();
    const endless: Convention = {
      id: 'endless',
      apply({ signal }) {
        begun.resolve(signal);
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('given up')));
        });
      },
    };
    const stand = await serve([endless]);
    const asked = stand.ask({ body: context(one) }).catch((error: unknown) => error);
    const signal = await begun.promise;
    const closed = stand.server.close();
    await stand.clock.advance(9_999);
    expect(signal.aborted).toBe(false);
    await stand.clock.advance(1);
    await closed;
    expect(await asked).toMatchObject({ code: 'ECONNRESET' });
    await expect.poll(() => signal.aborted).toBe(true);
  });
});

describe('the certificate of a server', () => {
  it('is the one of its folder, and the next one as soon as both files are there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'carto-convention-'));
    try {
      const write = async (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);
      const certDir = { certDir: folder, cert: undefined, key: undefined } as object;
      await expect(serve([basic], certDir)).rejects.toThrow(
        `${join(folder, 'tls.crt')} cannot be read; mount the Secret`,
      );
      await write('tls.crt', pair.certPem);
      await write('tls.key', pair.keyPem);
      await using stand = await serve([basic], certDir);
      const next = await selfSigned(['127.0.0.1']);
      const statusWith = (ca: string): Promise<unknown> =>
        stand.ask({ path: '/healthz', ca }).then(
          ({ status }) => status,
          (error: NodeJS.ErrnoException) => error.code,
        );
      expect([await statusWith(pair.certPem), await statusWith(next.certPem)]).toEqual([
        200,
        'DEPTH_ZERO_SELF_SIGNED_CERT',
      ]);
      await write('tls.crt', next.certPem);
      await write('tls.key', next.keyPem);
      // Told by the file system: the time at which it looks by itself does not come.
      let passedMs = 0;
      const changed = async (): Promise<unknown> => {
        if (passedMs < 200_000) await stand.clock.advance(200);
        passedMs += 200;
        return statusWith(next.certPem);
      };
      await expect.poll(changed).toBe(200);
      expect(await statusWith(pair.certPem)).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
