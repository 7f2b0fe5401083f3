import type { Acting, Dependencies, Plan, Retry, Settled } from '@cartographer/engine';
import { BoundedMap, type KubeObject, silentLog } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { expect, it } from 'vitest';
import type { Shared } from './acting/effects.ts';
import { PaceCounter } from './acting/pace.ts';
import type { Reporter } from './acting/report.ts';
import { DependencyIndex } from './caches/dependency-index.ts';
import { createOwnerReconciler } from './owner-reconciler.ts';

const things = { group: 'g.test', version: 'v1', kind: 'Thing', resource: 'things', namespaced: true };
const NOTHING: Dependencies = { templates: [], unknownKinds: [], selected: [] };
const SHOP: KubeObject = { apiVersion: 'carto.run/v1alpha1', kind: 'Workload', metadata: { name: 'shop', uid: 'u' } };

function settled(more: Partial<Settled> = {}): Settled {
  const end = { status: { a: 1 }, statusChanged: false, events: [], remember: [], retry: { kind: 'none' } } as const;
  return { kind: 'settled', dependencies: NOTHING, ...end, ...more };
}
const acting: Acting = { kind: 'act', lookups: [], renders: [], writes: [], deletes: [], dependencies: NOTHING };

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A reconciler of one Workload whose plans are these, one after another; `done` is what it did. */
function reconciling(
  plans: readonly Plan[],
  cached: KubeObject | 'gone' = SHOP,
  end = new AbortController(),
  onSignal: (given: AbortSignal) => void = () => undefined,
) {
  const done: string[] = [];
  const clock = createFakeClock(0);
  const dependencies = new DependencyIndex();
  const reporter = {
    latest: (object: KubeObject) => ({ ...object, spec: { latest: true } }),
    forget: (key: string) => done.push(`forget ${key}`),
    events: (_about: KubeObject, events: readonly { readonly message: string }[]) =>
      void done.push(`events ${events.map(({ message }) => message).join()}`),
    async status(object: KubeObject, status: object, given: AbortSignal) {
      await turn();
      onSignal(given);
      done.push(`status ${JSON.stringify([object['spec'], status])}`);
    },
  } as unknown as Reporter;
  const parts = {
    caches: { informer: () => ({ get: () => (cached === 'gone' ? undefined : cached) }) },
    stamped: {
      reading: () => ({ settled: (uid: string) => done.push(`settled ${uid}`) }),
      release: (holder: string) => done.push(`release ${holder}`),
    },
    mappings: {},
  } as unknown as Shared;
  const pace = new PaceCounter(clock);
  const render: Shared['render'] = async (_asked, given) => {
    onSignal(given);
    return { kind: 'rendered', output: '' };
  };
  const shared: Shared = { ...parts, pace, memories: new BoundedMap(10), renders: new BoundedMap(10), render };
  const waiting = [...plans];
  const reconcile = createOwnerReconciler({
    kind: 'Workload',
    shared,
    reporter,
    dependencies,
    clock,
    plan(owner) {
      done.push(`plan ${JSON.stringify(owner['spec'])}`);
      return waiting.length > 1 ? waiting.shift()! : waiting[0]!;
    },
  });
  const cutOff = new AbortController().signal;
  const run = () => reconcile('team/shop', { log: silentLog, signal: end.signal, cutOff });
  return { done, dependencies, shared, run, cutOff };
}

it('plans by the latest owner until the plan asks for nothing more, and reports once', async () => {
  const warning = { type: 'Warning', reason: 'SelectorError', message: 'm' } as const;
  const end = settled({
    statusChanged: true,
    events: [warning],
    remember: [{ key: 'k', memory: { legacyKept: true } }],
  });
  const { run, done, shared } = reconciling([acting, acting, end]);
  expect(await run()).toEqual({ kind: 'done' });
  const plan = 'plan {"latest":true}';
  expect(done).toEqual([plan, plan, plan, 'settled u', 'events m', 'status [{"latest":true},{"a":1}]']);
  expect(shared.memories.get('k')).toEqual({ legacyKept: true });
});

it.each([
  ['is the same', settled({ statusChanged: false })],
  ['must not be written', settled({ statusChanged: true, status: undefined })],
])('writes no status that %s', async (_what, end) => {
  const { run, done } = reconciling([end]);
  await run();
  expect(done.filter((step) => step.startsWith('status'))).toEqual([]);
});

it('counts the statuses that it writes, and only those', async () => {
  const written = reconciling([settled({ statusChanged: true })]);
  const same = reconciling([settled()]);
  for (let i = 0; i < 1_200; i += 1) await Promise.all([written.run(), same.run()]);
  expect(written.shared.pace.pace('Workload/team/shop', '')).toMatchObject({ reported: { writes: 1_200 } });
  expect(same.shared.pace.pace('Workload/team/shop', '')).toEqual({});
});

it('lets go of everything that an owner had when it is gone', async () => {
  const { run, done, dependencies } = reconciling([settled()], 'gone');
  dependencies.set('team/shop', ['x']);
  expect(await run()).toEqual({ kind: 'done' });
  expect([dependencies.dependencies('team/shop'), done]).toEqual([
    [],
    ['forget team/shop', 'release Workload/team/shop'],
  ]);
});

it('depends on all that the plan looked at, and on nothing that an earlier plan looked at', async () => {
  const { run, dependencies } = reconciling([
    settled({
      dependencies: {
        blueprint: 'web',
        templates: [{ kind: 'ClusterTemplate', name: 't' }],
        account: { namespace: 'team', name: 'builder' },
        unknownKinds: [{ apiVersion: 'g.test/v1', kind: 'Thing' }],
        selected: [{ type: things, labels: {} }],
      },
    }),
    settled(),
  ]);
  await run();
  expect(dependencies.dependencies('team/shop')).toEqual([
    'blueprint web',
    'template ClusterTemplate t',
    'account team/builder',
    'unknown kinds of g.test',
    'selected things.g.test',
  ]);
  await run();
  expect(dependencies.dependencies('team/shop')).toEqual([]);
});

it.each<readonly [Retry, object]>([
  [{ kind: 'none' }, { kind: 'done' }],
  [
    { kind: 'after', afterMs: 7, message: 'm' },
    { kind: 'again', afterMs: 7 },
  ],
  [{ kind: 'backoff', message: 'm' }, { kind: 'retry' }],
  [
    { kind: 'backoff', atLeastMs: 9, message: 'm' },
    { kind: 'retry', atLeastMs: 9 },
  ],
])('comes back as the plan says: %j', async (retry, next) => {
  expect(await reconciling([settled({ retry })]).run()).toEqual(next);
});

it('breaks off neither a write nor its report for a stop, but for a cut', async () => {
  const signals: AbortSignal[] = [];
  const rendering: Acting = { ...acting, renders: [{ id: 'r', template: '', values: {} }] };
  const note = (given: AbortSignal): void => void signals.push(given);
  const plans = [rendering, settled({ statusChanged: true })];
  const { run, cutOff } = reconciling(plans, SHOP, new AbortController(), note);
  await run();
  expect(signals.map((given) => given === cutOff)).toEqual([true, true]);
});

it('fails, and counts nothing, where the status could not be written', async () => {
  const fail = (): never => {
    throw new Error('no answer');
  };
  const { run, shared } = reconciling([settled({ statusChanged: true })], SHOP, new AbortController(), fail);
  for (let i = 0; i < 1_200; i += 1) await expect(run()).rejects.toThrow('no answer');
  expect(shared.pace.pace('Workload/team/shop', '')).toEqual({});
});

it('begins no further round, and reports nothing, once it is to stop', async () => {
  const end = new AbortController();
  end.abort(new Error('stop'));
  const { run, done } = reconciling([acting, settled({ statusChanged: true })], SHOP, end);
  await expect(run()).rejects.toThrow('stop');
  expect(done).toEqual(['plan {"latest":true}']);
});

it('gives up on a plan that never settles', async () => {
  const { run, done } = reconciling([acting]);
  await expect(run()).rejects.toMatchObject({ code: 'CARTO_PLAN_UNSETTLED' });
  expect(done).toHaveLength(1_000);
});
