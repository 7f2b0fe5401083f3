import { createClient } from '@cartographer/kube';
import { type KubeObject, silentLog } from '@cartographer/machinery';
import { watches } from '@cartographer/testkit';
import { expect, test } from 'vitest';
import { type GizmoVersion, gizmoCrd, gizmoType } from '../testing/gizmos.ts';
import { createStage, type Stage } from '../testing/stage.ts';
import { LINGER_MS } from './cache-holders.ts';
import { createStampedCaches, type StampedCaches } from './stamped-caches.ts';

const LABELLED = { 'carto.run/resource-name': 'r' };
const named = (version: GizmoVersion, name = 'g') => ({ type: gizmoType(version), namespace: 'default', name });
const all = (version: GizmoVersion) => {
  return { type: gizmoType(version), namespace: 'default', labels: LABELLED };
};
const { signal } = new AbortController();

/** Begins a reconcile that reads Gizmos at both versions. */
async function readingBoth(caches: StampedCaches): Promise<ReturnType<StampedCaches['reading']>> {
  const reading = caches.reading('w');
  await reading.ensure(named('v1'), signal);
  await reading.ensure(named('v1beta1'), signal);
  return reading;
}

/** How often Gizmos were listed. */
const lists = ({ faults }: Stage): number =>
  faults.requests.filter((request) => request.path.endsWith('/gizmos') && !watches(request)).length;

type Watched = {
  readonly stage: Stage;
  readonly caches: StampedCaches;
  /** `version type echo` or `version type news` of each event. */
  readonly events: string[];
  write(version: GizmoVersion, spec: string, name?: string): Promise<KubeObject>;
  /** Lets the watch of a version fall behind from now on; ends when what it gives back is called. */
  lag(version: GizmoVersion): Promise<() => void>;
};

async function watched(stage: Stage): Promise<Watched> {
  const { clock, client, faults } = stage;
  const events: string[] = [];
  const caches = createStampedCaches({
    client: createClient({ transport: faults, clock }),
    clock,
    log: silentLog,
    signal,
    onEvent: (event, { version }, isEcho) => void events.push(`${version} ${event.type} ${isEcho ? 'echo' : 'news'}`),
  });
  return {
    stage,
    caches,
    events,
    async write(version, spec, name = 'g') {
      const answered = caches.writing(gizmoType(version), { namespace: 'default', name });
      const metadata = { name, namespace: 'default', labels: LABELLED };
      const object = { apiVersion: `gizmo.test/${version}`, kind: 'Gizmo', metadata, spec: { is: spec } };
      const written = await client.apply(gizmoType(version), object, { fieldManager: 'cartographer', force: true });
      answered(written);
      return written;
    },
    async lag(version) {
      const held = Promise.withResolvers<void>();
      const heal = faults.inject({
        when: (request) => watches(request) && request.path === `/apis/gizmo.test/${version}/gizmos`,
        times: Number.POSITIVE_INFINITY,
        fault: { kind: 'watch', effect: { holdUntil: held.promise } },
      });
      await clock.advance(60_000); // the watch is opened anew
      return () => {
        heal();
        held.resolve();
      };
    },
  };
}

/** Makes a Gizmo that another object controls, and gives the uid of that. */
async function owned(stage: Stage): Promise<string> {
  await stage.apply('{apiVersion: v1, kind: ConfigMap, metadata: {name: owner, namespace: default}}');
  const { uid = '' } = (await stage.get('ConfigMap', 'owner'))?.metadata ?? {};
  await stage.apply(`
apiVersion: gizmo.test/v1
kind: Gizmo
metadata:
  name: g
  namespace: default
  labels: {carto.run/resource-name: r}
  ownerReferences: [{controller: true, apiVersion: v1, kind: ConfigMap, name: owner, uid: ${uid}}]
spec: {is: owned}
`);
  return uid;
}

/** `VERSION SPEC` of what is observed, or how there is nothing. */
function seen(observed: ReturnType<ReturnType<StampedCaches['reading']>['observed']>): string {
  if (observed?.kind !== 'present') return observed?.kind ?? 'unknown';
  const { apiVersion, spec } = observed.object as KubeObject & { readonly spec: { readonly is: string } };
  return `${apiVersion.split('/')[1]} ${spec.is}`;
}

test('an own write is seen at once at its version; at another the copy lags until it has been read again', async () => {
  await using stage = await createStage({ crds: [gizmoCrd()] });
  const { caches, write, lag } = await watched(stage);
  const reading = await readingBoth(caches);
  await write('v1', 'one');
  await stage.settled();
  expect([seen(reading.observed(named('v1'))), seen(reading.observed(named('v1beta1')))]).toEqual([
    'v1 one',
    'v1beta1 one',
  ]);

  const catchUp = await lag('v1beta1');
  await write('v1', 'two');
  await stage.settled();
  expect([seen(reading.observed(named('v1'))), seen(reading.observed(named('v1beta1')))]).toEqual([
    'v1 two',
    'unknown',
  ]);
  const before = lists(stage);
  await reading.ensure(named('v1beta1'), signal);
  await reading.ensure(named('v1beta1'), signal);
  expect(seen(reading.observed(named('v1beta1')))).toBe('v1beta1 two');
  expect(lists(stage) - before).toBe(1);
  catchUp();
});

test('a list lags as well when an object of it was written at another version, and only then', async () => {
  await using stage = await createStage({ crds: [gizmoCrd()] });
  const { caches, write, lag } = await watched(stage);
  const reading = caches.reading('w');
  await reading.ensure(all('v1beta1'), signal);
  const catchUp = await lag('v1beta1');
  await write('v1', 'one');
  expect(reading.listed(all('v1beta1'))).toBeUndefined();
  const others = { ...all('v1beta1'), labels: { 'carto.run/resource-name': 'another' } };
  expect(reading.listed(others)).toEqual({ kind: 'listed', objects: [] });
  await reading.ensure(all('v1beta1'), signal);
  expect(reading.listed(all('v1beta1'))).toMatchObject({ objects: [{ apiVersion: 'gizmo.test/v1beta1' }] });
  catchUp();
});

test('the event of an own write is an echo at every version, that of another writer is news', async () => {
  await using stage = await createStage({ crds: [gizmoCrd()] });
  const { caches, write, events } = await watched(stage);
  await readingBoth(caches);
  await write('v1beta1', 'one');
  await stage.settled();
  expect(events.toSorted()).toEqual(['v1 added echo', 'v1beta1 added echo']);
  events.length = 0;
  const body = { metadata: { labels: { other: 'writer' } } };
  await stage.client.patch(gizmoType('v1'), { namespace: 'default', name: 'g' }, { kind: 'merge', body });
  await stage.settled();
  expect(events.toSorted()).toEqual(['v1 updated news', 'v1beta1 updated news']);
});

test('an object in the caches of two versions is owned once, and a delete hides it in both', async () => {
  await using stage = await createStage({ crds: [gizmoCrd()] });
  const { caches } = await watched(stage);
  const uid = await owned(stage);
  const reading = await readingBoth(caches);
  expect(caches.ownedBy(uid).map(({ metadata }) => metadata.name)).toEqual(['g']);
  caches.deleted(named('v1'));
  expect([reading.observed(named('v1')), reading.observed(named('v1beta1'))]).toEqual([
    { kind: 'absent' },
    { kind: 'absent' },
  ]);
  expect(caches.ownedBy(uid)).toEqual([]);
});

test('a cache that nobody needs ends: it asks for nothing more and tells nothing, and begins anew with all there is', async () => {
  await using stage = await createStage({ crds: [gizmoCrd()] });
  const { caches, write, events } = await watched(stage);
  const first = caches.reading('w');
  await first.ensure(named('v1'), signal);
  await write('v1', 'one');
  await stage.settled();
  caches.release('w');
  await stage.clock.advance(LINGER_MS);
  await stage.settled();
  const requests = stage.faults.requests.length;
  events.length = 0;
  await write('v1', 'two');
  await stage.clock.advance(300_000);
  await stage.settled();
  expect([stage.faults.requests.slice(requests).map(({ path }) => path), events]).toEqual([[], []]);

  const second = caches.reading('w');
  expect(second.observed(named('v1'))).toBeUndefined();
  await second.ensure(named('v1'), signal);
  expect(seen(second.observed(named('v1')))).toBe('v1 two');
  await write('v1', 'three');
  await stage.settled();
  expect([seen(second.observed(named('v1'))), events]).toEqual(['v1 three', ['v1 added news', 'v1 updated echo']]);
});

test('an event that waits for the answer to a write may come after the end of its cache', async () => {
  await using stage = await createStage({ crds: [gizmoCrd()] });
  const { caches, events } = await watched(stage);
  await caches.reading('w').ensure(named('v1'), signal);
  const answered = caches.writing(gizmoType('v1'), { namespace: 'default', name: 'g' });
  await stage.apply(
    '{apiVersion: gizmo.test/v1, kind: Gizmo, metadata: {name: g, namespace: default, labels: {carto.run/resource-name: r}}}',
  );
  await stage.settled();
  expect(events).toEqual([]);
  caches.release('w');
  await stage.clock.advance(LINGER_MS);
  answered(undefined);
  expect(events).toEqual(['v1 added news']);
});

test('a holder keeps the cache of another kind as long as it shows an object of it, and one cache for each kind is enough', async () => {
  await using stage = await createStage({ crds: [gizmoCrd()] });
  const { caches } = await watched(stage);
  const uid = await owned(stage);
  const reading = await readingBoth(caches);
  reading.settled(uid);
  caches.reading('w').settled(uid); // a reconcile that read neither
  await stage.clock.advance(LINGER_MS);
  await stage.settled();
  const after = caches.reading('another');
  expect([seen(after.observed(named('v1'))), seen(after.observed(named('v1beta1')))]).toEqual(['v1 owned', 'unknown']);
});

test('a holder keeps the one cache of a kind that it reads, not a second that shows its objects as well', async () => {
  await using stage = await createStage({ crds: [gizmoCrd()] });
  const { caches } = await watched(stage);
  const uid = await owned(stage);
  await readingBoth(caches);
  const second = caches.reading('w');
  second.observed(named('v1beta1'));
  second.settled(uid);
  await stage.clock.advance(LINGER_MS);
  await stage.settled();
  const after = caches.reading('another');
  expect([seen(after.observed(named('v1'))), seen(after.observed(named('v1beta1')))]).toEqual([
    'unknown',
    'v1beta1 owned',
  ]);
});

test('a holder keeps what it read though it shows no object of it, and nothing else that shows none', async () => {
  await using stage = await createStage({ crds: [gizmoCrd()] });
  const { caches } = await watched(stage);
  await owned(stage);
  const end = async () => {
    await stage.clock.advance(LINGER_MS);
    await stage.settled();
    return seen(caches.reading('another').observed(named('v1')));
  };
  const reading = caches.reading('w');
  await reading.ensure(named('v1'), signal);
  for (const uid of [undefined, 'of-another']) {
    const again = caches.reading('w');
    again.observed(named('v1'));
    again.settled(uid);
    caches.release('another');
    expect(await end()).toBe('v1 owned');
  }
  caches.reading('w').settled('of-another');
  caches.release('another');
  expect(await end()).toBe('unknown');
});

test('a version that was listed and is served no longer is told as a failure, not asked for again and again', async () => {
  await using stage = await createStage({ crds: [gizmoCrd()] });
  const { caches } = await watched(stage);
  const uid = await owned(stage);
  const reading = caches.reading('w');
  await reading.ensure(named('v1beta1'), signal);
  const { spec, metadata } = gizmoCrd(['v1']);
  await stage.client.patch(
    {
      group: 'apiextensions.k8s.io',
      version: 'v1',
      kind: 'CustomResourceDefinition',
      resource: 'customresourcedefinitions',
      namespaced: false,
    },
    { name: metadata.name ?? '' },
    { kind: 'merge', body: { spec } },
  );
  await stage.clock.advance(1_000);
  await stage.settled();
  await reading.ensure(named('v1beta1'), signal);
  expect(reading.observed(named('v1beta1'))).toMatchObject({ kind: 'failed', code: 404 });
  expect(caches.ownedBy(uid)).toEqual([]);
});

test('an edit that arrives between an own write and its answer is news, and the echo beside it is not', async () => {
  await using stage = await createStage({ crds: [gizmoCrd()] });
  const { caches, events } = await watched(stage);
  await caches.reading('w').ensure(named('v1'), signal);
  const answered = caches.writing(gizmoType('v1'), { namespace: 'default', name: 'g' });
  const metadata = { name: 'g', namespace: 'default', labels: LABELLED };
  const object = { apiVersion: 'gizmo.test/v1', kind: 'Gizmo', metadata, spec: { is: 'one' } };
  const written = await stage.client.apply(gizmoType('v1'), object, { fieldManager: 'cartographer', force: true });
  const body = { metadata: { annotations: { 'carto.run/rerun': '1' } } };
  await stage.client.patch(gizmoType('v1'), { namespace: 'default', name: 'g' }, { kind: 'merge', body });
  await stage.settled();
  expect(events).toEqual([]);
  answered(written);
  expect(events).toEqual(['v1 added echo', 'v1 updated news']);
});

test('a list before a create is read when the cache lags behind an own write, and only then', async () => {
  await using stage = await createStage({ crds: [gizmoCrd()] });
  const { caches, write, lag } = await watched(stage);
  const reading = caches.reading('w');
  const names = () => {
    const answer = reading.listed(all('v1'));
    return answer?.kind === 'listed' ? answer.objects.map(({ metadata }) => String(metadata.name)).toSorted() : answer;
  };
  await caches.refresh(all('v1'), signal);
  expect(lists(stage)).toBe(0);
  await reading.ensure(all('v1'), signal);
  const catchUp = await lag('v1');
  const before = lists(stage);
  await caches.refresh(all('v1'), signal);
  expect(lists(stage) - before).toBe(0);
  await write('v1', 'one', 'own');
  const foreign = { name: 'foreign', namespace: 'default', labels: LABELLED };
  await stage.client.create(gizmoType('v1'), { apiVersion: 'gizmo.test/v1', kind: 'Gizmo', metadata: foreign });
  await stage.settled();
  expect(names()).toEqual(['own']);
  await caches.refresh(all('v1'), signal);
  expect([lists(stage) - before, names()]).toEqual([1, ['foreign', 'own']]);
  await caches.refresh(all('v1'), signal);
  expect(lists(stage) - before).toBe(1);
  catchUp();
});

test('what one version told of is no concern of a holder that reads another, but of one that reads none', async () => {
  await using stage = await createStage({ crds: [gizmoCrd()] });
  const told: string[] = [];
  const caches = createStampedCaches({
    client: createClient({ transport: stage.faults, clock: stage.clock }),
    clock: stage.clock,
    log: silentLog,
    signal,
    onEvent: (_event, { version }, _isEcho, concerns) => {
      for (const holder of ['one', 'other', 'none']) if (concerns(holder)) told.push(`${holder} by ${version}`);
    },
  });
  await caches.reading('one').ensure(named('v1'), signal);
  await caches.reading('other').ensure(named('v1beta1'), signal);
  await owned(stage);
  await stage.settled();
  expect(told.toSorted()).toEqual(['none by v1', 'none by v1beta1', 'one by v1', 'other by v1beta1']);
});
