import { createClient } from '@cartographer/kube';
import {
  failure,
  type KubeObject,
  type Log,
  type ObjectMeta,
  type ResourceType,
  silentLog,
  type WatchEvent,
  type WireRequest,
  type WireResponse,
} from '@cartographer/machinery';
import { createFakeClock, watches } from '@cartographer/testkit';
import { describe, expect, it, vi } from 'vitest';
import { LINGER_MS } from './cache-holders.ts';
import { CatchUp } from './catch-up.ts';
import { createStampedCaches } from './stamped-caches.ts';

const { signal } = new AbortController();
const LABELLED = { 'carto.run/resource-name': 'r' };
const things = (group: string, version = 'v1'): ResourceType => {
  return { group, version, kind: 'Thing', resource: 'things', namespaced: true };
};
const [A, B, OLD] = [things('a.test'), things('b.test'), things('a.test', 'v0')];
const named = (type: ResourceType, name = 'x') => ({ type, namespace: 'team', name });
const listOf = (type: ResourceType, labels: Readonly<Record<string, string>> = LABELLED) => {
  return { type, namespace: 'team', labels };
};
function thing({ group, version }: ResourceType, resourceVersion: string, more: Partial<ObjectMeta> = {}): KubeObject {
  const metadata = { name: 'x', namespace: 'team', uid: 'u', resourceVersion, labels: LABELLED, ...more };
  return { apiVersion: `${group}/${version}`, kind: 'Thing', metadata };
}

type List = { readonly version: string; readonly items: readonly KubeObject[] };
const none: List = { version: '5', items: [] };

/** Caches of a server whose lists are what `list` says of a path, and whose watches tell what they are told. */
function caching(list: (path: string) => List | WireResponse | 'silence' | Promise<List>, log: Log = silentLog) {
  const clock = createFakeClock(0);
  const asked: WireRequest[] = [];
  const events: string[] = [];
  const told: ((event: WatchEvent) => void)[] = [];
  async function* watched(end: AbortSignal | undefined): AsyncGenerator<WatchEvent> {
    for (;;) {
      end?.throwIfAborted();
      const next = Promise.withResolvers<WatchEvent>();
      told.push(next.resolve);
      end?.addEventListener('abort', () => next.reject(end.reason as Error), { once: true });
      yield await next.promise;
    }
  }
  const request = async (given: WireRequest): Promise<WireResponse> => {
    if (watches(given)) return { status: 200, headers: {}, events: watched(given.signal) };
    asked.push(given);
    const answer = await list(given.path);
    if (answer === 'silence') {
      return new Promise((_resolve, reject) =>
        given.signal?.addEventListener('abort', () => reject(given.signal?.reason as Error)),
      );
    }
    if ('status' in answer) return answer;
    const items = answer.items.map((item) => item);
    const metadata = { resourceVersion: answer.version };
    return { status: 200, headers: {}, body: { kind: 'List', apiVersion: 'v1', metadata, items } };
  };
  const caches = createStampedCaches({
    client: createClient({ transport: { request, close: async () => undefined }, clock }),
    clock,
    log,
    signal,
    onEvent: ({ type }, { group }, isEcho) => void events.push(`${group} ${type} ${isEcho ? 'echo' : 'news'}`),
  });
  const tell = async (event: WatchEvent): Promise<void> => {
    for (const resolve of told.splice(0)) resolve(event);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { caches, clock, asked, events, tell, reading: caches.reading('w') };
}

const both = (path: string): List => {
  const type = path.includes('a.test') ? A : B;
  return { version: '5', items: [thing(type, '4', { uid: type.group })] };
};
const uidOf = (observed: unknown): unknown =>
  (observed as { object?: KubeObject } | undefined)?.object?.metadata.uid ?? (observed as { kind?: string })?.kind;

describe('kinds of one name in two groups', () => {
  it('are read, written and deleted each for itself', async () => {
    const { caches, reading } = caching(both);
    await reading.ensure(named(A), signal);
    expect([uidOf(reading.observed(named(A))), reading.observed(named(B))]).toEqual(['a.test', undefined]);
    await reading.ensure(named(B), signal);
    expect(uidOf(reading.observed(named(B)))).toBe('b.test');
    caches.writing(A, named(A))(thing(A, '9', { uid: 'written' }));
    expect([A, B].map((type) => uidOf(reading.observed(named(type))))).toEqual(['written', 'b.test']);
    caches.deleted(named(A));
    expect([A, B].map((type) => uidOf(reading.observed(named(type))))).toEqual(['absent', 'b.test']);
  });

  it('are waited for each for itself while one is being written', async () => {
    const { caches, reading, events, tell } = caching((path) => (path.includes('a.test') ? none : 'silence'));
    await reading.ensure(named(A), signal);
    caches.writing(B, named(B));
    await tell({ type: 'ADDED', object: thing(A, '6') });
    expect(events).toEqual(['a.test added news']);
  });
});

describe('what is watched', () => {
  it.each<readonly [string, Readonly<Record<string, string>>, string, string]>([
    ['objects of owners', LABELLED, '/apis/a.test/v1/things', 'carto.run/resource-name'],
    ['objects of Runnables', { 'carto.run/runnable-name': 'r' }, '/apis/a.test/v1/things', 'carto.run/runnable-name'],
    ['what a Runnable selects', { chosen: 'x' }, '/apis/a.test/v1/namespaces/team/things', 'chosen=x'],
  ])('is no more than is needed: %s', async (_what, labels, path, labelSelector) => {
    const { reading, asked } = caching(() => none);
    await reading.ensure(listOf(A, labels), signal);
    const lists = asked.filter(({ query }) => query?.['limit'] !== '1');
    expect(lists.map((request) => [request.path, request.query?.['labelSelector']])).toEqual([[path, labelSelector]]);
  });

  it('by labels is kept apart for each namespace', async () => {
    const { reading } = caching((path) => ({
      version: '5',
      items: path.includes('/team/') ? [thing(A, '4', { labels: { chosen: 'x' } })] : [],
    }));
    const elsewhere = { ...listOf(A, { chosen: 'x' }), namespace: 'elsewhere' };
    await reading.ensure(listOf(A, { chosen: 'x' }), signal);
    expect(reading.listed(elsewhere)).toBeUndefined();
    await reading.ensure(elsewhere, signal);
    expect(reading.listed(listOf(A, { chosen: 'x' }))).toMatchObject({ objects: [{ metadata: { name: 'x' } }] });
    expect(reading.listed(elsewhere)).toEqual({ kind: 'listed', objects: [] });
  });
});

describe('an object that is being written', () => {
  it('is told of at once when it is deleted', async () => {
    const { caches, reading, events, tell } = caching(both);
    await reading.ensure(named(A), signal);
    events.length = 0;
    const answered = caches.writing(A, named(A));
    await tell({ type: 'DELETED', object: thing(A, '7') });
    expect([events, uidOf(reading.observed(named(A)))]).toEqual([['a.test deleted news'], 'absent']);
    answered(undefined);
    expect(events).toHaveLength(1);
  });
});

describe('an object that was written', () => {
  it('is an echo when the watch tells of it after the answer, and news when it is deleted at that version', async () => {
    const { caches, reading, events, tell } = caching(() => none);
    await reading.ensure(named(A), signal);
    for (const type of ['ADDED', 'DELETED'] as const) {
      caches.writing(A, named(A))(thing(A, '9'));
      await tell({ type, object: thing(A, '9') });
    }
    expect(events).toEqual(['a.test added echo', 'a.test deleted news']);
  });

  it('is not read again before a create once the watch has told of it', async () => {
    const { caches, reading, asked, tell } = caching(() => none);
    await reading.ensure(listOf(A), signal);
    caches.writing(A, named(A))(thing(A, '9'));
    await tell({ type: 'ADDED', object: thing(A, '9') });
    const before = asked.length;
    await caches.refresh(listOf(A), signal);
    expect(asked.length - before).toBe(0);
  });

  it('is told of no more when its cache has ended, though a list that began before comes after', async () => {
    const late = Promise.withResolvers<List>();
    const lists: (List | Promise<List>)[] = [none, none];
    const { caches, reading, events, clock } = caching(() => lists.shift() ?? late.promise);
    await reading.ensure(named(A), signal);
    caches.writing(A, named(A))(thing(A, '9'));
    const read = caches.refresh(listOf(A), signal);
    caches.release('w');
    await clock.advance(LINGER_MS);
    late.resolve({ version: '9', items: [thing(A, '9')] });
    await read;
    expect(events).toEqual([]);
  });
});

describe('what is kept of an object', () => {
  it('are none of its managed fields, but whether the first implementation has some', async () => {
    const entry = (manager: string) => ({
      manager,
      operation: 'Update' as const,
      apiVersion: 'v1',
      fieldsV1: { 'f:spec': {} },
    });
    const items = ['cartographer', 'other'].map((name) => thing(A, '4', { name, managedFields: [entry(name)] }));
    const { reading } = caching(() => ({ version: '5', items }));
    await reading.ensure(named(A), signal);
    const kept = (name: string): unknown => {
      const observed = reading.observed(named(A, name));
      return observed?.kind === 'present' && observed.object.metadata.managedFields;
    };
    expect([kept('cartographer'), kept('other')]).toEqual([
      [{ manager: 'cartographer', operation: 'Update' }],
      undefined,
    ]);
  });
});

describe('an informer that breaks', () => {
  it('is told in the log', async () => {
    const errors: string[] = [];
    const broken: Log = {
      ...silentLog,
      warn: () => {
        throw new Error('no space left');
      },
      error: (fields, message) => void errors.push(`${message}: ${String((fields as { err?: unknown }).err)}`),
      child: () => broken,
    };
    const refused: WireResponse = { status: 403, headers: {}, body: failure(403, 'Forbidden', 'things is forbidden') };
    const { reading, clock } = caching(() => refused, broken);
    await reading.ensure(named(A), signal);
    await clock.settle();
    expect(errors).toEqual(['informer of stamped objects ended: Error: no space left']);
  });
});

describe('a list that lacks our write at another version', () => {
  const labels = { ...LABELLED, a: 'x' };
  const elsewhere = thing(A, '9', { labels: { ...LABELLED, a: 'y' } });

  it('is out of date where the object was in it, where it will be, and nowhere else', async () => {
    const { caches, reading } = caching(() => ({ version: '5', items: [thing(OLD, '4', { labels })] }));
    await reading.ensure(listOf(OLD, labels), signal);
    caches.writing(A, named(A))(elsewhere);
    const kinds = ['x', 'y', 'z'].map((a) => reading.listed(listOf(OLD, { ...LABELLED, a }))?.kind);
    expect(kinds).toEqual([undefined, undefined, 'listed']);
    expect(reading.observed(named(OLD))).toBeUndefined();
    expect(reading.observed(named(OLD, 'other'))).toEqual({ kind: 'absent' });
  });

  it('is read once, and then taken for what it is, even from a server that goes back', async () => {
    const { caches, reading, asked } = caching(() => ({ version: '5', items: [thing(OLD, '4', { labels })] }));
    await reading.ensure(named(OLD), signal);
    caches.writing(A, named(A))(elsewhere);
    const before = asked.length;
    await reading.ensure(named(OLD, 'other'), signal);
    expect(asked.length - before).toBe(0);
    await reading.ensure(named(OLD), signal);
    await reading.ensure(named(OLD), signal);
    expect([asked.length - before, uidOf(reading.observed(named(OLD)))]).toEqual([1, 'u']);
  });

  it('stays out of date where the object was written again while it was read', async () => {
    const state: { onList?: () => void } = {};
    const { caches, reading } = caching(() => {
      state.onList?.();
      return { version: '5', items: [thing(OLD, '4', { labels })] };
    });
    await reading.ensure(named(OLD), signal);
    caches.writing(A, named(A))(elsewhere);
    state.onList = () => caches.writing(A, named(A))(thing(A, '12'));
    await reading.ensure(named(OLD), signal);
    expect(reading.observed(named(OLD))).toBeUndefined();
  });
});

describe('a first list', () => {
  it('that does not come is waited for ten seconds', async () => {
    const { reading, clock } = caching(() => 'silence');
    let isOver = false;
    const over = reading.ensure(named(A), signal).then(() => void (isOver = true));
    await clock.advance(9_999);
    expect([isOver, reading.observed(named(A))]).toEqual([false, undefined]);
    await clock.advance(1);
    await over;
    const failed = { kind: 'failed', message: 'cannot list things.a.test: timed out' };
    expect([reading.observed(named(A)), reading.listed(listOf(A))]).toEqual([failed, failed]);
  });

  it('of a server that is about to begin with the kind is waited for', async () => {
    const starting: WireResponse = {
      status: 429,
      headers: {},
      body: failure(429, 'TooManyRequests', 'storage is (re)initializing'),
    };
    const answers = [starting, starting];
    const { reading, clock } = caching((path) => answers.shift() ?? both(path));
    let isOver = false;
    const over = reading.ensure(named(A), signal).then(() => void (isOver = true));
    await clock.settle();
    expect([answers.length, isOver, reading.observed(named(A))]).toEqual([0, false, undefined]);
    await clock.advance(1_000);
    await over;
    expect(uidOf(reading.observed(named(A)))).toBe('a.test');
  });

  it('that has come is timed no longer', async () => {
    const { reading, clock } = caching(both);
    await reading.ensure(named(A), signal);
    await clock.settle();
    expect(clock.pending).toBe(1); // how long the watch may be silent
  });

  it('that is refused is told in the words of the server, until a definition changes', async () => {
    const refused: WireResponse = { status: 403, headers: {}, body: failure(403, 'Forbidden', 'things is forbidden') };
    const { reading, caches, clock } = caching(() => refused);
    await reading.ensure(named(A), signal);
    expect(reading.observed(named(A))).toEqual({ kind: 'failed', code: 403, message: 'things is forbidden' });
    await clock.settle();
    expect(caches.troubles()).toEqual([
      ['informer of things.a.test v1', expect.objectContaining({ message: 'things is forbidden' })],
    ]);
    caches.forgetFailures();
    expect([reading.observed(named(A)), reading.listed(listOf(A))]).toEqual([undefined, undefined]);
    expect(clock.now()).toBe(0);
  });
});

describe('an object of an owner', () => {
  it('is found by the uid of its controller alone, whichever owner stands first', async () => {
    const reference = { apiVersion: 'v1', kind: 'X', name: 'n' };
    const ownerReferences = [
      { ...reference, uid: 'reader' },
      { ...reference, uid: 'second', controller: false },
      { ...reference, uid: 'writer', controller: true },
    ];
    const { caches, reading } = caching(() => ({ version: '5', items: [thing(A, '4', { ownerReferences })] }));
    await reading.ensure(named(A), signal);
    expect(['reader', 'second', 'writer'].map((uid) => caches.ownedBy(uid).length)).toEqual([0, 0, 1]);
  });

  it('is listed without a look at those of other owners', async () => {
    const label = 'carto.run/workload-name';
    const items = Array.from({ length: 50 }, (_, i) =>
      thing(A, '4', { name: `of-${i}`, labels: { ...LABELLED, [label]: `owner-${i}` } }),
    );
    const { reading } = caching(() => ({ version: '5', items }));
    const key = listOf(A, { ...LABELLED, [label]: 'owner-7' });
    await reading.ensure(key, signal);
    const looks = vi.spyOn(CatchUp.prototype, 'resolve');
    try {
      expect(reading.listed(key)).toMatchObject({ objects: [{ metadata: { name: 'of-7' } }] });
      expect(looks).toHaveBeenCalledTimes(1);
    } finally {
      looks.mockRestore();
    }
  });

  it.each(['workload', 'deliverable', 'runnable'])(
    'is listed by the label of its %s and its namespace',
    async (kind) => {
      const label = `carto.run/${kind}-name`;
      const items = ['shop', 'other'].flatMap((owner) =>
        ['team', 'elsewhere'].map((namespace) =>
          thing(A, '4', { name: `of-${owner}`, namespace, labels: { ...LABELLED, [label]: owner } }),
        ),
      );
      const { reading } = caching(() => ({ version: '5', items }));
      await reading.ensure(listOf(A), signal);
      const names = (labels: Readonly<Record<string, string>>): unknown => {
        const answer = reading.listed(listOf(A, { ...LABELLED, ...labels }));
        return (
          answer?.kind === 'listed' && answer.objects.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
        );
      };
      expect(names({ [label]: 'shop' })).toEqual(['team/of-shop']);
      expect(names({})).toEqual(['team/of-shop', 'team/of-other']);
    },
  );
});
