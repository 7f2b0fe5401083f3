import type { Json, Transport, WireResponse } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { createClient } from './client.ts';
import { createRestMapper } from './rest-mapper.ts';

const KIND = { apiVersion: 'acme.dev/v1', kind: 'Thing' };
const PATH = '/apis/acme.dev/v1';
const thing = { name: 'things', kind: 'Thing', namespaced: true };

const documentOf = (...resources: readonly Json[]): WireResponse => ({
  status: 200,
  headers: {},
  body: { kind: 'APIResourceList', resources },
});

/** A mapper before a server that answers as the test says, at once or when it says so. */
function setUp(first: WireResponse = documentOf(thing), missTtlMs?: number) {
  const clock = createFakeClock();
  const asked: string[] = [];
  const server = { answer: (_path: string): WireResponse | Promise<WireResponse> => first };
  const transport: Transport = {
    async request({ path }) {
      asked.push(path);
      return server.answer(path);
    },
    close: async () => undefined,
  };
  const mapper = createRestMapper({
    client: createClient({ transport, clock }),
    clock,
    ...(missTtlMs === undefined ? {} : { missTtlMs }),
  });
  /** The resource of the kind, or the code of the error. */
  const find = (kind = KIND, signal?: AbortSignal): Promise<string> =>
    mapper.resourceFor(kind, { signal }).then(
      ({ resource }) => resource,
      (error: Error & { code?: string }) => error.code ?? error.message,
    );
  return { mapper, clock, asked, server, find };
}

describe('what a REST mapper knows', () => {
  it('is kept, however long ago it was learned, until it is told otherwise', async () => {
    const { mapper, clock, asked, find } = setUp();
    await find();
    await clock.advance(100 * 3_600_000);
    expect([await find(), asked.length]).toEqual(['things', 1]);
    mapper.invalidate('acme.dev/v2');
    expect([await find(), asked.length]).toEqual(['things', 1]);
    mapper.invalidate('acme.dev/v1');
    expect([await find(), asked.length]).toEqual(['things', 2]);
    mapper.invalidate();
    expect([await find(), asked.length]).toEqual(['things', 3]);
  });

  it('is nothing of another group version', async () => {
    const { mapper, asked, find } = setUp();
    await find();
    await find({ apiVersion: 'acme.dev/v2', kind: 'Thing' });
    expect(asked).toEqual([PATH, '/apis/acme.dev/v2']);
    mapper.invalidate('acme.dev/v1');
    await find({ apiVersion: 'acme.dev/v2', kind: 'Thing' });
    expect(asked).toHaveLength(2);
  });

  it.each([
    ['by default two seconds', undefined, 2_000],
    ['as long as it is told', 500, 500],
  ])(
    'does not include a kind that it missed: that is asked for again, to the millisecond, %s',
    async (_what, ttl, ms) => {
      const { clock, asked, server, find } = setUp(documentOf(), ttl);
      expect([await find(), asked.length]).toEqual(['CARTO_NO_MATCH', 1]);
      server.answer = () => documentOf(thing);
      await clock.advance(ms - 1);
      expect([await find(), asked.length]).toEqual(['CARTO_NO_MATCH', 1]);
      await clock.advance(1);
      expect([await find(), asked.length]).toEqual(['things', 2]);
    },
  );

  it('counts that time from each question to the server', async () => {
    const { clock, asked, find } = setUp(documentOf());
    await find();
    await clock.advance(2_000);
    await find();
    await clock.advance(1_999);
    await find();
    expect(asked).toHaveLength(2);
    await clock.advance(1);
    await find();
    expect(asked).toHaveLength(3);
  });

  it('is asked for once by all who ask at the same time, at first and after a miss', async () => {
    const { clock, asked, server, find } = setUp(documentOf());
    await Promise.all([find(), find(), find()]);
    expect(asked).toHaveLength(1);
    await clock.advance(2_000);
    server.answer = () => documentOf(thing);
    expect(await Promise.all([find(), find(), find()])).toEqual(['things', 'things', 'things']);
    expect(asked).toHaveLength(2);
  });

  it('is not asked for a third time by one whose own question was a miss', async () => {
    const { clock, asked, server, find } = setUp(documentOf());
    await find();
    await clock.advance(2_000);
    server.answer = async () => {
      await clock.sleep(5_000);
      return documentOf();
    };
    const found = find();
    await clock.advance(5_000);
    expect([await found, asked.length]).toEqual(['CARTO_NO_MATCH', 2]);
  });

  it('is never an error, nor one that came after it was asked for anew', async () => {
    const { mapper, clock, asked, server, find } = setUp();
    server.answer = async () => {
      await clock.sleep(100);
      return { status: 503, headers: {}, body: {} };
    };
    const failing = find();
    await clock.settle();
    mapper.invalidate('acme.dev/v1');
    server.answer = () => documentOf(thing);
    expect(await find()).toBe('things');
    await clock.advance(100);
    expect(await failing).toBe('CARTO_API_REFUSED');
    expect([await find(), asked.length]).toEqual(['things', 2]);
  });

  it('is bounded: what was learned the longest ago goes first', async () => {
    const { asked, find } = setUp();
    for (let n = 0; n < 1_000; n += 1) await find({ apiVersion: `g${n}.dev/v1`, kind: 'Thing' });
    await find({ apiVersion: 'g0.dev/v1', kind: 'Thing' });
    expect(asked).toHaveLength(1_000);
    await find({ apiVersion: 'one.more/v1', kind: 'Thing' });
    await find({ apiVersion: 'g1.dev/v1', kind: 'Thing' });
    expect(asked).toHaveLength(1_001);
    await find({ apiVersion: 'g0.dev/v1', kind: 'Thing' });
    expect(asked).toHaveLength(1_002);
  });

  it('may be waited for by some and not by others', async () => {
    const { clock, asked, server, find } = setUp();
    server.answer = async () => {
      await clock.sleep(100);
      return documentOf(thing);
    };
    const abort = new AbortController();
    const [impatient, patient] = [find(KIND, abort.signal), find()];
    abort.abort(new Error('no time'));
    expect(await impatient).toBe('no time');
    await clock.advance(100);
    expect([await patient, asked.length]).toEqual(['things', 1]);
  });
});

describe('an answer about a group version', () => {
  it('leaves out subresources, and is of the cluster unless it says otherwise', async () => {
    const { mapper } = setUp(
      documentOf({ name: 'things/status', kind: 'Thing', namespaced: true }, { ...thing, namespaced: undefined }),
    );
    expect(await mapper.resourcesOf('acme.dev/v1')).toEqual([
      { group: 'acme.dev', version: 'v1', kind: 'Thing', resource: 'things', namespaced: false },
    ]);
  });

  it.each<[string, WireResponse, string]>([
    ['404: the server does not know it', { status: 404, headers: {}, body: {} }, 'CARTO_NO_MATCH'],
    ['no resources', { status: 200, headers: {}, body: { resources: null } }, 'CARTO_NO_MATCH'],
    ['403', { status: 403, headers: {}, body: {} }, 'CARTO_API_REFUSED'],
    ['503', { status: 503, headers: {}, body: {} }, 'CARTO_API_REFUSED'],
    ['another success', { status: 202, headers: {}, body: {} }, 'CARTO_API_REFUSED'],
    ['no document', { status: 200, headers: {}, body: {} }, 'CARTO_ANSWER_MALFORMED'],
    ['a text', { status: 200, headers: {}, body: 'x' }, 'CARTO_ANSWER_MALFORMED'],
    ['resources that are no list', { status: 200, headers: {}, body: { resources: {} } }, 'CARTO_ANSWER_MALFORMED'],
    ['bytes', { status: 200, headers: {}, body: Buffer.from('<html>') }, 'CARTO_ANSWER_MALFORMED'],
  ])('is taken for what it is: %s', async (_what, answer, expected) => {
    expect(await setUp(answer).find()).toBe(expected);
  });

  it.each(['a/b/c', 'acme.dev/'])('is not asked for where no server can have one: %s', async (apiVersion) => {
    const { asked, find } = setUp();
    expect([await find({ apiVersion, kind: 'Thing' }), asked]).toEqual(['CARTO_NO_MATCH', []]);
  });

  it('is asked for again when it was empty, and not when it was not', async () => {
    const { mapper, clock, asked, server } = setUp(documentOf());
    expect(await mapper.resourcesOf('acme.dev/v1')).toEqual([]);
    await clock.advance(2_000);
    server.answer = () => documentOf(thing);
    expect(await mapper.resourcesOf('acme.dev/v1')).toHaveLength(1);
    await clock.advance(2_000);
    expect([(await mapper.resourcesOf('acme.dev/v1')).length, asked.length]).toEqual([1, 2]);
  });
});

describe('the versions of a group', () => {
  const versions = (...names: readonly string[]): WireResponse => ({
    status: 200,
    headers: {},
    body: { versions: names.map((version) => ({ version })) },
  });

  it('are asked for each time, and their resources once', async () => {
    const { mapper, asked, server } = setUp();
    server.answer = (path) =>
      path === '/apis/acme.dev' ? versions('v2', 'v1') : documentOf(...(path === PATH ? [thing] : []));
    for (let n = 0; n < 2; n += 1) {
      expect(await mapper.resourceInGroup({ group: 'acme.dev', kind: 'Thing' })).toMatchObject({ version: 'v1' });
    }
    expect(asked).toEqual(['/apis/acme.dev', '/apis/acme.dev/v2', PATH, '/apis/acme.dev']);
  });

  it('are none where the server does not know the group, and one in the core', async () => {
    const { mapper, asked, server } = setUp();
    server.answer = (path) => (path === '/api/v1' ? documentOf(thing) : { status: 404, headers: {}, body: {} });
    expect(await mapper.resourceInGroup({ group: 'acme.dev', kind: 'Thing' })).toBeUndefined();
    expect(await mapper.resourceInGroup({ group: '', kind: 'Thing' })).toMatchObject({ group: '', version: 'v1' });
    expect(asked).toEqual(['/apis/acme.dev', '/api/v1']);
  });

  it.each<[string, WireResponse, string]>([
    ['a refusal', { status: 403, headers: {}, body: {} }, 'CARTO_API_REFUSED'],
    ['no document', { status: 200, headers: {}, body: {} }, 'CARTO_ANSWER_MALFORMED'],
    ['a text', { status: 200, headers: {}, body: 'x' }, 'CARTO_ANSWER_MALFORMED'],
  ])('are not none after %s', async (_what, answer, code) => {
    const { mapper } = setUp(answer);
    await expect(mapper.resourceInGroup({ group: 'acme.dev', kind: 'Thing' })).rejects.toMatchObject({ code });
  });

  it('need not be waited for', async () => {
    const { mapper, server } = setUp();
    server.answer = () => new Promise(() => undefined);
    const abort = new AbortController();
    const found = mapper.resourceInGroup({ group: 'acme.dev', kind: 'Thing' }, { signal: abort.signal });
    abort.abort(new Error('no time'));
    await expect(found).rejects.toThrow('no time');
  });
});
