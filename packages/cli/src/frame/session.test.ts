import { ApiError, NoMatchError, TransportError } from '@cartographer/kube';
import { CartoError, failure, type WireRequest } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { exitCodeOf } from './exit-codes.ts';
import { PlacedError } from './placed-error.ts';
import { runSession } from './session.ts';
import { testSurroundings } from './testing/test-surroundings.ts';
import { wordsFor } from './words.ts';

const flags = { color: true };

function setUp() {
  const requests: WireRequest[] = [];
  const interrupt = new AbortController();
  const transport = {
    async request(request: WireRequest) {
      requests.push(request);
      return { status: 200, headers: {}, body: {} };
    },
    close: async () => undefined,
  };
  return { requests, interrupt, surroundings: testSurroundings({ transport, interrupt }) };
}

const ask = { method: 'GET', path: '/api', query: { limit: '1' } } as const;

describe('a session', () => {
  it('names its target when it writes, and not when it reads', async () => {
    for (const writes of [true, false]) {
      const { surroundings } = setUp();
      await runSession(surroundings, flags, { writes }, async ({ print }) => print(['done']));
      expect([surroundings.terminal.told(), surroundings.terminal.written()]).toEqual([
        writes ? 'target: context test\n' : '',
        'done\n',
      ]);
    }
  });

  it('acts as another user with every request', async () => {
    const { surroundings, requests } = setUp();
    await runSession(surroundings, { ...flags, as: 'dev' }, { writes: false }, async ({ client, mapper }) => {
      await client.raw(ask);
      await mapper.resourceFor({ apiVersion: 'v1', kind: 'Pod' }).catch(() => undefined);
    });
    expect(requests.map(({ headers }) => headers?.['impersonate-user'])).toEqual(['dev', 'dev']);
  });

  it('tells of requests where that is wanted', async () => {
    const { surroundings } = setUp();
    await runSession(
      surroundings,
      { ...flags, verbose: true },
      { writes: false },
      async ({ client }) => void (await client.raw(ask)),
    );
    expect(surroundings.terminal.told()).toMatch(/^GET \/api\?limit=1 200 in \d+ ms\n$/);
  });

  it('that is interrupted ends with 130 and says nothing', async () => {
    const { surroundings, interrupt } = setUp();
    await runSession(surroundings, flags, { writes: false }, async ({ signal }) => {
      interrupt.abort();
      signal.throwIfAborted();
    });
    expect([surroundings.terminal.exitCode, surroundings.terminal.told()]).toEqual([130, '']);
  });

  it('takes the namespace of the flag, else that of the context', async () => {
    const seen: string[] = [];
    for (const namespace of [undefined, 'shop']) {
      const given = namespace === undefined ? flags : { ...flags, namespace };
      await runSession(
        setUp().surroundings,
        given,
        { writes: false },
        async (session) => void seen.push(session.namespace),
      );
    }
    expect(seen).toEqual(['default', 'shop']);
  });

  it('hands a failure on with the place where it happened', async () => {
    const { surroundings } = setUp();
    const cause = new CartoError('CARTO_NOT_FOUND', 'no');
    await expect(runSession(surroundings, flags, { writes: false }, () => Promise.reject(cause))).rejects.toEqual(
      new PlacedError(cause, { target: 'context test', server: 'https://127.0.0.1:1' }),
    );
  });
});

const place = { target: 'context prod', server: 'https://10.0.0.1' };
const refused = (code: number, reason: string, message: string, details?: object) =>
  new ApiError({ ...failure(code, reason, message), ...(details === undefined ? {} : { details }) });

describe('a failure', () => {
  it.each<{ error: Error; code: number; says: RegExp }>([
    {
      error: refused(401, 'Unauthorized', 'Unauthorized'),
      code: 1,
      says: /context prod does not take your credentials.*log in again/,
    },
    {
      error: refused(403, 'Forbidden', 'workloads.carto.run "a" is forbidden: User "dev" cannot get'),
      code: 1,
      says: /User "dev" cannot get.*--as/,
    },
    {
      error: refused(404, 'NotFound', 'workloads.carto.run "a" not found', { name: 'a', kind: 'workloads' }),
      code: 3,
      says: /"a" not found \(context prod\)/,
    },
    {
      error: refused(404, 'NotFound', 'the server could not find the requested resource', {}),
      code: 1,
      says: /does not serve this kind.*carto install/,
    },
    {
      error: refused(404, 'NotFound', 'namespaces "x" not found', { name: 'x', kind: 'namespaces' }),
      code: 3,
      says: /no namespace "x" in context prod: create it/,
    },
    {
      error: refused(409, 'AlreadyExists', 'workloads.carto.run "a" already exists'),
      code: 4,
      says: /already exists.*"apply"/,
    },
    { error: refused(409, 'Conflict', 'the object has been modified'), code: 4, says: /somebody else changed it/ },
    {
      error: refused(422, 'Invalid', 'a is invalid', {
        causes: [
          { field: 'spec.a', message: 'no' },
          { field: 'spec.b', message: 'nor' },
        ],
      }),
      code: 1,
      says: /^spec\.a: no\nspec\.b: nor$/,
    },
    { error: refused(500, 'InternalError', 'boom'), code: 1, says: /^context prod: boom$/ },
    { error: new NoMatchError('carto.run/v1alpha1', 'Workload'), code: 1, says: /carto install/ },
    {
      error: new TransportError('CARTO_CONNECT_FAILED', 'connect ECONNREFUSED'),
      code: 1,
      says: /cannot be reached at https:\/\/10\.0\.0\.1: .*does it run/,
    },
    {
      error: new TransportError('CARTO_CREDENTIALS', 'aws gave no token'),
      code: 1,
      says: /aws gave no token; log in again/,
    },
    { error: new CartoError('CARTO_WAIT_TIMEOUT', 'not ready'), code: 5, says: /^not ready$/ },
    { error: new CartoError('CARTO_USAGE', 'an \u001b[2J option'), code: 1, says: /^an \\x1b\[2J option$/ },
    { error: new CartoError('CARTO_ANSWER_NO', 'no'), code: 2, says: /^no$/ },
    { error: new CartoError('CARTO_CONFLICT', 'both'), code: 4, says: /^both$/ },
  ])('ends with $code and says $says', ({ error, code, says }) => {
    expect(wordsFor(error, place).join('\n')).toMatch(says);
    expect(exitCodeOf(error)).toBe(code);
  });
});
