import type { InformerEvent } from '@cartographer/kube';
import type { KubeObject, OwnerReference, ResourceType } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { selectedKey, unknownKindKey } from './owner-reconciler.ts';
import { type Meta, thing, watching } from './testing/watching.ts';
import { type StampedChange, wakeByDefinitions, wakeByStamped } from './wake-ups.ts';

describe('the definition of a kind', () => {
  const crd = (group: unknown = 'a.test', annotations: Meta['annotations'] = {}) =>
    thing('CustomResourceDefinition', { name: 'things', annotations }, { spec: { group } });

  function stage() {
    const watched = watching();
    const clock = createFakeClock(0);
    const workload = watched.waking('Workload');
    const asked: string[] = [];
    const mappings = { forget: (group: string) => void asked.push(group) };
    const stamped = { forgetFailures: () => void asked.push('failures') };
    const end = new AbortController();
    wakeByDefinitions(watched.caches, { mappings, stamped, clock, signal: end.signal }, [
      watched.waking('Runnable'),
      workload,
    ]);
    workload.dependencies.set('team/shop', [unknownKindKey('a.test')]);
    workload.dependencies.set('team/other', [unknownKindKey('b.test')]);
    return { ...watched, clock, asked, end, workload };
  }
  const WOKEN = ['Workload team/shop live'];

  it('wakes those who miss a kind of its group, at once and four times more while they miss it', async () => {
    const { tell, awake, clock, asked } = stage();
    tell('CustomResourceDefinition', 'added', crd());
    expect([awake(), asked.splice(0)]).toEqual([WOKEN, ['a.test', 'failures']]);
    for (const wait of [500, 2_000, 8_000, 30_000]) {
      await clock.advance(wait - 1);
      expect(awake()).toEqual([]);
      await clock.advance(1);
      expect([awake(), asked.splice(0)]).toEqual([WOKEN, ['a.test', 'failures']]);
    }
    await clock.advance(600_000);
    expect(awake()).toEqual([]);
  });

  it('that asks for current reads, or no longer does, wakes everybody: who stamps the kind is not kept', () => {
    const { tell, awake, hold } = stage();
    hold('Workload', [thing('Workload', { name: 'shop', namespace: 'team' })]);
    const current = crd('c.test', { 'carto.run/read': 'current' });
    tell('CustomResourceDefinition', 'updated', current, crd('c.test'));
    expect(awake()).toEqual(['Workload team/shop background']);
    tell('CustomResourceDefinition', 'updated', current, current);
    expect(awake()).toEqual([]);
    tell('CustomResourceDefinition', 'updated', crd('c.test', { 'carto.run/read': 'other' }), current);
    expect(awake()).toEqual(['Workload team/shop background']);
  });

  it('wakes nobody more once the kind was found, or the controller ends', async () => {
    const { tell, awake, clock, workload, asked, end } = stage();
    tell('CustomResourceDefinition', 'added', crd());
    workload.dependencies.delete('team/shop');
    asked.length = 0;
    await clock.advance(60_000);
    expect([awake(), asked]).toEqual([WOKEN, []]);
    workload.dependencies.set('team/shop', [unknownKindKey('a.test')]);
    tell('CustomResourceDefinition', 'updated', crd(), crd());
    expect(awake()).toEqual(WOKEN);
    end.abort();
    await clock.advance(60_000);
    expect(awake()).toEqual([]);
  });

  it('that changes again begins the looking anew, and each group has its own', async () => {
    const { tell, awake, clock } = stage();
    tell('CustomResourceDefinition', 'added', crd());
    tell('CustomResourceDefinition', 'added', crd('b.test'));
    await clock.advance(400);
    tell('CustomResourceDefinition', 'updated', crd(), crd());
    awake();
    await clock.advance(100);
    expect(awake()).toEqual(['Workload team/other live']);
    await clock.advance(400);
    expect(awake()).toEqual(WOKEN);
  });

  it('that nobody misses, that goes, or that was there at the start is not looked for again', async () => {
    const { tell, awake, clock, asked, workload } = stage();
    tell('CustomResourceDefinition', 'added', crd(), undefined, true);
    tell('CustomResourceDefinition', 'added', crd(7));
    expect([awake(), asked]).toEqual([[], []]);
    tell('CustomResourceDefinition', 'deleted', crd());
    expect([awake(), asked.splice(0)]).toEqual([WOKEN, ['a.test', 'failures']]);
    tell('CustomResourceDefinition', 'added', crd('c.test'));
    expect([awake(), asked.splice(0)]).toEqual([[], ['c.test', 'failures']]);
    workload.dependencies.set('team/late', [unknownKindKey('c.test')]);
    await clock.advance(60_000);
    expect([awake(), asked]).toEqual([[], []]);
  });
});

describe('a stamped object', () => {
  const configMaps: ResourceType = {
    group: '',
    version: 'v1',
    kind: 'ConfigMap',
    resource: 'configmaps',
    namespaced: true,
  };
  const runnables: ResourceType = {
    group: 'carto.run',
    version: 'v1alpha1',
    kind: 'Runnable',
    resource: 'runnables',
    namespaced: true,
  };
  const ref = (more: Partial<OwnerReference> = {}): OwnerReference => {
    return { apiVersion: 'carto.run/v1alpha1', kind: 'Workload', name: 'shop', uid: 'w', controller: true, ...more };
  };
  const stampedBy = (ownerReferences: readonly OwnerReference[], meta: Meta = {}): KubeObject =>
    thing('ConfigMap', { name: 'made', namespace: 'team', resourceVersion: '2', ownerReferences, ...meta });
  const old = (ownerReferences: readonly OwnerReference[]) => stampedBy(ownerReferences, { resourceVersion: '1' });

  function changed({
    event: told,
    ...change
  }: Partial<Omit<StampedChange, 'event'>> & {
    readonly event: Pick<InformerEvent, 'object'> & Partial<InformerEvent>;
  }) {
    const { waking, awake } = watching();
    const all = [waking('Workload'), waking('Deliverable'), waking('Runnable')];
    all[2]!.dependencies.set('team/selects', [selectedKey('configmaps')]);
    all[2]!.dependencies.set('team/another', [selectedKey('secrets')]);
    const event: InformerEvent = { type: 'updated', initial: false, ...told };
    wakeByStamped({ type: configMaps, isEcho: false, concerns: () => true, ...change, event }, all);
    return awake();
  }
  const SELECTS = 'Runnable team/selects live';

  it.each<readonly [string, readonly OwnerReference[], readonly OwnerReference[], readonly string[]]>([
    ['its owner', [ref()], [ref()], ['Workload team/shop live']],
    ['an owner that does not control it', [ref({ controller: false })], [], ['Workload team/shop live']],
    ['the owner that it had', [], [ref()], ['Workload team/shop live']],
    [
      'each of its owners',
      [ref({ kind: 'Deliverable' }), ref()],
      [],
      ['Workload team/shop live', 'Deliverable team/shop live'],
    ],
    ['owners at any version', [ref({ apiVersion: 'carto.run/v2' })], [], ['Workload team/shop live']],
    ['no owner of another group', [ref({ apiVersion: 'apps/v1' })], [], []],
    ['nobody that is not there', [], [], []],
  ])('wakes %s, and Runnables that select objects of its kind', (_who, now, before, expected) => {
    expect(changed({ event: { object: stampedBy(now), old: old(before) } })).toEqual([...expected, SELECTS]);
  });

  it('wakes by an echo everyone but the controller that wrote it', () => {
    const owners = [ref(), ref({ name: 'reader', controller: false })];
    const event = { object: stampedBy(owners), old: old(owners) };
    expect(changed({ event, isEcho: true })).toEqual(['Workload team/reader live', SELECTS]);
  });

  it('wakes nobody when a new list brings the version that is known already', () => {
    expect(changed({ event: { object: stampedBy([ref()]), old: stampedBy([ref()]) } })).toEqual([]);
    const deleted = { type: 'deleted', object: stampedBy([ref()]), old: stampedBy([ref()]) } as const;
    expect(changed({ event: deleted })).toEqual(['Workload team/shop live', SELECTS]);
  });

  it('wakes later what the first list shows, and not whom it does not concern in this cache', () => {
    expect(changed({ event: { type: 'added', object: stampedBy([ref()]), initial: true } })).toEqual([
      'Workload team/shop background',
      'Runnable team/selects background',
    ]);
    const asked: string[] = [];
    const concerns = (holder: string): boolean => asked.push(holder) === 0;
    expect(changed({ event: { object: stampedBy([ref()]) }, concerns })).toEqual([SELECTS]);
    expect(asked).toEqual(['Workload/team/shop']);
  });

  it('that is an owner is woken as such, once, but wakes another of its name', () => {
    const run = (references: readonly OwnerReference[]) => stampedBy(references, { name: 'run' });
    const itself = ref({ kind: 'Runnable', name: 'run' });
    expect(changed({ type: runnables, event: { object: run([itself]) } })).toEqual([]);
    expect(changed({ type: runnables, event: { object: run([ref({ kind: 'Runnable', name: 'other' })]) } })).toEqual([
      'Runnable team/other live',
    ]);
    expect(changed({ type: runnables, event: { object: run([ref({ name: 'run' })]) } })).toEqual([
      'Workload team/run live',
    ]);
    expect(changed({ type: { ...runnables, group: 'x.test' }, event: { object: run([itself]) } })).toEqual([
      'Runnable team/run live',
    ]);
  });
});
