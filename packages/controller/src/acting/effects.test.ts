import type { Acting, Delete, Lookup, Render, RenderAnswer, Write } from '@cartographer/engine';
import { createClient, TokenError } from '@cartographer/kube';
import {
  BoundedMap,
  failure,
  type Json,
  type KubeObject,
  type WireRequest,
  type WireResponse,
} from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it, test } from 'vitest';
import { beginEffects, type Shared } from './effects.ts';
import { PaceCounter } from './pace.ts';

const account = { namespace: 'default', name: 'default' };
const type = { group: 'g.test', version: 'v1', kind: 'Thing', resource: 'things', namespaced: true };
const { signal } = new AbortController();
const OWNER = 'Workload/default/w';

function write(name: string, more: Partial<Write> = {}): Write {
  const object: KubeObject = { apiVersion: 'g.test/v1', kind: 'Thing', metadata: { name, namespace: 'default' } };
  return { id: name, verb: 'apply', resource: name, type, object, digest: '', cause: 'created', ...more };
}

const remove = (name: string): Delete => {
  return { id: name, resource: name, key: { type, namespace: 'default', name }, uid: `${name}-uid`, cause: 'orphan' };
};

function acting(writes: readonly Write[], more: Partial<Acting> = {}): Acting {
  const dependencies = { templates: [], account, unknownKinds: [], selected: [] };
  return { kind: 'act', lookups: [], renders: [], writes, deletes: [], dependencies, ...more };
}

/** A server that makes what it is sent. */
const accept = async ({ body }: WireRequest): Promise<WireResponse> => ({
  status: 201,
  headers: {},
  body: body as Json,
});
const refuse = (code: number) => async (): Promise<WireResponse> => {
  return { status: code, headers: {}, body: failure(code, undefined, 'no') };
};

type Settings = {
  readonly answer?: (request: WireRequest) => Promise<WireResponse>;
  readonly refresh?: () => Promise<void>;
  readonly isThere?: boolean;
  readonly access?: () => Promise<void>;
  readonly render?: () => Promise<RenderAnswer>;
  readonly lookUp?: () => Promise<void>;
};

/** What reconciles share; `done` are the steps that were taken, in order. */
function sharing({ answer = accept, refresh, isThere = true, access, render, lookUp }: Settings = {}) {
  const done: string[] = [];
  const note = (step: string) => async (): Promise<void> => void done.push(step);
  const transport = {
    request(request: WireRequest) {
      done.push(`${request.method} ${request.path.split('/').at(-1)}`);
      return answer(request);
    },
    close: async () => undefined,
  };
  const clock = createFakeClock(0);
  const client = createClient({ transport, clock });
  const stamped = {
    reading: (holder: string) => ({
      observed: () => undefined,
      listed: () => undefined,
      ensure: lookUp ?? ((key: { readonly name?: string }) => note(`ensure ${key.name ?? 'list'}`)()),
      settled: (uid: string) => done.push(`settled ${holder} ${uid}`),
    }),
    writing: (_type: unknown, { name }: { readonly name?: string }) => {
      done.push(`writing ${name}`);
      return (made?: KubeObject) => void done.push(`folded ${made?.metadata.name ?? 'none'}`);
    },
    deleted: ({ name }: { readonly name: string }) => done.push(`hidden ${name}`),
    refresh: refresh ?? note('listed'),
  };
  const caches = {
    account: () => (isThere ? { kind: 'found', uid: 'u' } : { kind: 'missing' }),
    readsCurrent: ({ kind }: { readonly kind: string }) => kind === 'Gate',
  };
  const as = async (who: { readonly uid: string }, _signal: unknown, action: (as: typeof client) => Promise<void>) => {
    await access?.();
    expect(who).toEqual({ ...account, uid: 'u' });
    return action(client);
  };
  const mappings = {
    known: () => undefined,
    find: lookUp ?? ((apiVersion: string, kind: string) => note(`find ${apiVersion} ${kind}`)()),
    forget: (group: string) => done.push(`forget ${group}`),
  };
  const parts = { caches, stamped, access: { as }, mappings };
  const shared: Shared = {
    ...(parts as unknown as Pick<Shared, 'caches' | 'stamped' | 'access' | 'mappings'>),
    pace: new PaceCounter(clock),
    memories: new BoundedMap(10),
    renders: new BoundedMap(10),
    render: render ?? (() => Promise.resolve({ kind: 'rendered', output: 'out' })),
  };
  return { shared, done, effects: beginEffects(shared, OWNER) };
}

test('the plan is told which kinds are gates', () => {
  const { readsCurrent } = sharing().effects.cluster;
  expect(['Gate', 'Other'].map((kind) => readsCurrent({ ...type, kind }))).toEqual([true, false]);
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a failure ends a round only when the writes beside it are answered and folded in', async () => {
  const answer = Promise.withResolvers<WireResponse>();
  const { effects, done } = sharing({
    answer: () => answer.promise,
    refresh: () => Promise.reject(new Error('the list before the create failed')),
  });
  const fresh = { type, namespace: 'default', labels: {} };
  let isOver = false;
  const over = effects
    .act(acting([write('run', { verb: 'create', fresh }), write('slow')]), signal)
    .catch((error: unknown) => error)
    .finally(() => void (isOver = true));
  await turn();
  expect([isOver, done]).toEqual([false, ['writing slow', 'PATCH slow']]);
  answer.resolve({ status: 201, headers: {}, body: { metadata: { name: 'slow' } } });
  expect(await over).toEqual(new Error('the list before the create failed'));
  expect(done.at(-1)).toBe('folded slow');
  expect(effects.cluster.written('slow')).toMatchObject({ kind: 'done', created: true });
  expect(effects.cluster.written('run')).toBeUndefined();
});

describe('a write', () => {
  it('of a run is sent only once the list is no older than our own writes', async () => {
    const listed = Promise.withResolvers<void>();
    const asked: unknown[] = [];
    const { effects, done } = sharing({
      refresh: (...args: unknown[]) => {
        asked.push(args[0]);
        return listed.promise;
      },
    });
    const fresh = { type, namespace: 'default', labels: { a: 'b' } };
    const over = effects.act(acting([write('run', { verb: 'create', fresh })]), signal);
    await turn();
    expect([asked, done]).toEqual([[fresh], []]);
    listed.resolve();
    await over;
    expect(done).toEqual(['writing run', 'POST things', 'folded run']);
  });

  it('is announced to the caches before it is sent, and its answer folded in, without a list that nobody asked for', async () => {
    const { effects, done } = sharing();
    await effects.act(acting([write('a')]), signal);
    expect(done).toEqual(['writing a', 'PATCH a', 'folded a']);
    expect(effects.cluster.written('a')).toMatchObject({ kind: 'done' });
    expect(effects.cluster.written('b')).toBeUndefined();
  });

  it.each(['tryCreate', 'tryPatch', 'tryApply'] as const)(
    'that is a dry run leaves the caches alone: %s',
    async (verb) => {
      const { effects, done } = sharing();
      await effects.act(acting([write('a', { verb })]), signal);
      expect(done).toHaveLength(1);
      expect(effects.cluster.written('a')).toMatchObject({ kind: 'done' });
    },
  );

  it.each([404, 403])(
    'that is refused with %i folds in no object; of a missing kind it is asked anew',
    async (code) => {
      const { effects, done } = sharing({ answer: refuse(code) });
      await effects.act(acting([write('a')]), signal);
      expect(effects.cluster.written('a')).toMatchObject({ kind: 'refused', code });
      expect(done.slice(2)).toEqual(['folded none', ...(code === 404 ? ['forget g.test'] : [])]);
    },
  );

  it('whose name is taken folds in nothing: its holder is no write of ours', async () => {
    const holder = { apiVersion: 'g.test/v1', kind: 'Thing', metadata: { name: 'a' } };
    const answers = [failure(409, 'AlreadyExists', 'taken'), holder].map((body) => ({
      status: 'code' in body ? 409 : 200,
      headers: {},
      body: body as Json,
    }));
    const { effects, done } = sharing({ answer: async () => answers.shift()! });
    await effects.act(acting([write('a', { verb: 'create' })]), signal);
    expect(effects.cluster.written('a')).toEqual({ kind: 'exists', object: holder, message: 'taken' });
    expect(done).toEqual(['writing a', 'POST things', 'GET a', 'folded none']);
  });

  it('without an answer is told as such, and its place in the caches given free', async () => {
    const { effects, done } = sharing({ answer: () => Promise.reject(new Error('broken pipe')) });
    await effects.act(acting([write('a')]), signal);
    expect(effects.cluster.written('a')).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('broken pipe'),
    });
    expect(done.at(-1)).toBe('folded none');
  });

  it('that is cut off, or whose sender the server does not know, ends the round', async () => {
    const end = new AbortController();
    const cut = sharing({
      answer: async () => {
        end.abort(new Error('cut off'));
        throw new Error('broken pipe');
      },
    });
    await expect(cut.effects.act(acting([write('a')], { deletes: [remove('b')] }), end.signal)).rejects.toThrow(
      'cut off',
    );
    expect(cut.effects.cluster.written('a')).toBeUndefined();
    expect(cut.done).toContain('folded none');
    expect(cut.effects.cluster.deletions()).toEqual([]);
    const unknown = sharing({ answer: refuse(401) });
    await expect(unknown.effects.act(acting([write('a')]), signal)).rejects.toThrow('no');
    await expect(unknown.effects.act(acting([], { deletes: [remove('b')] }), signal)).rejects.toThrow('no');
    expect(unknown.effects.cluster.deletions()).toEqual([]);
  });

  it.each<readonly [string, Partial<Write>, Settings, boolean]>([
    ['done', { cause: 'restored' }, {}, true],
    ['tried', { cause: 'tried' }, {}, false],
    ['refused', { cause: 'restored' }, { answer: refuse(403) }, false],
  ])('counts for the pace of its step when it changed something: %s', async (_what, more, settings, counts) => {
    const { effects, shared } = sharing(settings);
    for (let i = 0; i < 10; i += 1) await effects.act(acting([write('a', more)]), signal);
    const stop = counts ? { restored: { writes: 10, restMs: 60_000 } } : {};
    expect([effects.cluster.pace('a'), effects.cluster.pace('b'), shared.pace.pace('Workload/other', 'a')]).toEqual([
      stop,
      {},
      {},
    ]);
  });
});

describe('a delete', () => {
  it('that was done hides the object, and is told with its answer', async () => {
    const { effects, done } = sharing({ answer: async () => ({ status: 200, headers: {}, body: {} }) });
    await effects.act(acting([], { deletes: [remove('a')] }), signal);
    expect(done).toEqual(['DELETE a', 'hidden a']);
    expect(effects.cluster.deletions()).toEqual([{ request: remove('a'), answer: { kind: 'deleted', found: true } }]);
  });

  it('of what was gone already hides it as well', async () => {
    const { effects, done } = sharing({ answer: refuse(404) });
    await effects.act(acting([], { deletes: [remove('a')] }), signal);
    expect(done).toEqual(['DELETE a', 'hidden a']);
    expect(effects.cluster.deletions()).toMatchObject([{ answer: { kind: 'deleted', found: false } }]);
  });

  it.each<readonly [string, Settings['answer'], object]>([
    ['refused', refuse(403), { kind: 'refused', code: 403 }],
    [
      'not answered',
      () => Promise.reject(new Error('broken pipe')),
      { kind: 'failed', message: expect.stringContaining('broken pipe') },
    ],
  ])('that was %s hides nothing', async (_how, answer, expected) => {
    const { effects, done } = sharing({ ...(answer && { answer }) });
    await effects.act(acting([], { deletes: [remove('a')] }), signal);
    expect(done).toEqual(['DELETE a']);
    expect(effects.cluster.deletions()).toMatchObject([{ request: { id: 'a' }, answer: expected }]);
  });
});

describe('without the rights of the owner', () => {
  const both = acting([write('a')], { deletes: [remove('b')] });

  it('nothing is done where the plan names no account, or the account is missing', async () => {
    const missing = sharing({ isThere: false });
    await missing.effects.act(both, signal);
    const { account: _none, ...others } = both.dependencies;
    const unnamed = sharing();
    await unnamed.effects.act({ ...both, dependencies: others }, signal);
    expect([missing.done, unnamed.done]).toEqual([[], []]);
  });

  it('nothing is done without a token, and this reconcile hears why; another failure is thrown', async () => {
    const access = (): Promise<void> => Promise.reject(new TokenError('no token for you'));
    const { effects, shared, done } = sharing({ access });
    expect(effects.cluster.account(account)).toEqual({ kind: 'found', uid: 'u' });
    await effects.act(both, signal);
    expect(effects.cluster.account(account)).toEqual({ kind: 'tokenFailed', message: 'no token for you' });
    expect(effects.cluster.account({ ...account, name: 'other' })).toEqual({ kind: 'found', uid: 'u' });
    expect(effects.cluster.account({ ...account, namespace: 'other' })).toEqual({ kind: 'found', uid: 'u' });
    expect(beginEffects(shared, OWNER).cluster.account(account)).toEqual({ kind: 'found', uid: 'u' });
    expect(done).toEqual([]);
    const broken = sharing({ access: () => Promise.reject(new Error('no way')) });
    await expect(broken.effects.act(both, signal)).rejects.toThrow('no way');
  });
});

describe('what a plan looks up', () => {
  const render: Render = { id: 'r', template: '', values: {} };

  it('is found by whoever knows it', async () => {
    const { effects, done } = sharing();
    const lookups = [
      { lookup: 'account', key: account },
      { lookup: 'mapping', apiVersion: 'g.test/v1', kind: 'Thing' },
      { lookup: 'object', key: { type, namespace: 'default', name: 'a' } },
      { lookup: 'list', key: { type, namespace: 'default', labels: {} } },
    ] as unknown as readonly Lookup[];
    await effects.act(acting([], { lookups }), signal);
    effects.settled({ apiVersion: 'v1', kind: 'X', metadata: { uid: 'w1' } });
    expect(done).toEqual(['find g.test/v1 Thing', 'ensure a', 'ensure list', `settled ${OWNER} w1`]);
  });

  it.each<readonly [string, Lookup]>([
    ['a kind', { lookup: 'mapping', apiVersion: 'g.test/v1', kind: 'Thing' }],
    ['an object', { lookup: 'object', key: { type, namespace: 'default', name: 'a' } }],
    ['a list', { lookup: 'list', key: { type, namespace: 'default', labels: {} } }],
  ])('is waited for: %s', async (_what, lookup) => {
    const answer = Promise.withResolvers<void>();
    const { effects } = sharing({ lookUp: () => answer.promise });
    let isOver = false;
    const over = effects.act(acting([], { lookups: [lookup] }), signal).finally(() => void (isOver = true));
    await turn();
    expect(isOver).toBe(false);
    answer.reject(new Error('no list'));
    await expect(over).rejects.toThrow('no list');
  });

  it('is kept for good when it was rendered, and for this reconcile when that failed', async () => {
    const answers: RenderAnswer[] = [
      { kind: 'failed', message: 'too slow' },
      { kind: 'rendered', output: 'out' },
    ];
    const { effects, shared } = sharing({ render: async () => answers.shift()! });
    await effects.act(acting([], { renders: [render] }), signal);
    expect(effects.cluster.rendered('r')).toEqual({ kind: 'failed', message: 'too slow' });
    const next = beginEffects(shared, OWNER);
    expect(next.cluster.rendered('r')).toBeUndefined();
    await next.act(acting([], { renders: [render] }), signal);
    const third = beginEffects(shared, 'Workload/default/another').cluster;
    expect([third.rendered('r'), third.rendered('q')]).toEqual([{ kind: 'rendered', output: 'out' }, undefined]);
  });

  it('is remembered between reconciles', () => {
    const { shared, effects } = sharing();
    shared.memories.set('m', { legacyKept: true });
    expect([effects.cluster.recall('m'), effects.cluster.recall('n')]).toEqual([{ legacyKept: true }, undefined]);
  });
});
