import { workloadOwner } from '@cartographer/engine';
import type { InformerEvent } from '@cartographer/kube';
import type { KubeObject } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { PaceCounter } from './acting/pace.ts';
import { blueprintKey, templateKey } from './owner-reconciler.ts';
import { type Meta, thing, watching } from './testing/watching.ts';
import { wakeByBlueprints, wakeByItself, wakeByTemplates, wakeStopped } from './wake-ups.ts';

const SHOP = { name: 'shop', namespace: 'team' };

describe('an object that is reconciled', () => {
  const shop = thing('Workload', SHOP);

  it.each(['added', 'updated', 'deleted'] as const)('is woken when it is %s', (type) => {
    const { caches, waking, tell, awake } = watching();
    wakeByItself(caches, waking('Workload'));
    tell('Workload', type, shop, shop);
    expect(awake()).toEqual(['Workload team/shop live']);
  });

  it('is not woken by the echo of its status, and waits behind what is new when it was there at the start', () => {
    const { caches, waking, tell, awake } = watching();
    wakeByItself(caches, waking('Workload', true));
    tell('Workload', 'updated', shop, shop);
    expect(awake()).toEqual([]);
    tell('Workload', 'added', shop, undefined, true);
    tell('Workload', 'deleted', shop);
    expect(awake()).toEqual(['Workload team/shop background', 'Workload team/shop live']);
  });
});

/** What may become of an object, and whether it is news to those who looked at it. */
const EDITS: readonly (readonly [string, Meta, Meta, boolean])[] = [
  ['a change of its spec', { generation: 2 }, { generation: 1 }, true],
  ['a change of its labels or status alone', { resourceVersion: '2' }, { resourceVersion: '1' }, false],
  ['an object of the same name in its place', { uid: 'v' }, { uid: 'u' }, true],
];

describe('a template', () => {
  it('wakes those who looked at it when it is to be read otherwise, though its generation stays', () => {
    const { caches, waking, tell, awake } = watching();
    const workload = waking('Workload');
    wakeByTemplates(caches, ['ClusterTemplate'], workload);
    workload.dependencies.set('team/shop', [templateKey('ClusterTemplate', 'a')]);
    const [plain, current] = [undefined, { 'carto.run/read': 'current' }].map((annotations) =>
      thing('ClusterTemplate', { name: 'a', annotations }),
    );
    tell('ClusterTemplate', 'updated', current!, plain);
    tell('ClusterTemplate', 'updated', plain!, current);
    expect(awake()).toEqual(['Workload team/shop live', 'Workload team/shop live']);
  });

  it.each(EDITS)('wakes those who looked at it by %s: %#', (_what, after, before, isNews) => {
    const { caches, waking, tell, awake } = watching();
    const workload = waking('Workload');
    wakeByTemplates(caches, ['ClusterTemplate', 'ClusterImageTemplate'], workload);
    workload.dependencies.set('team/shop', [templateKey('ClusterTemplate', 'a'), templateKey('ClusterTemplate', 'c')]);
    workload.dependencies.set('team/other', [templateKey('ClusterTemplate', 'b')]);
    workload.dependencies.set('team/image', [templateKey('ClusterImageTemplate', 'a')]);
    const [object, old] = [after, before].map((meta) => thing('ClusterTemplate', { name: 'a', ...meta }));
    tell('ClusterTemplate', 'updated', object!, old);
    expect(awake()).toEqual(isNews ? ['Workload team/shop live'] : []);
  });

  it('wakes them when it appears and when it goes, and only then those that looked for it in vain', () => {
    const { caches, waking, tell, awake } = watching();
    const workload = waking('Workload');
    wakeByTemplates(caches, ['ClusterTemplate'], workload);
    workload.dependencies.set('team/shop', [templateKey('ClusterTemplate', 'a')]);
    const template = thing('ClusterTemplate', { name: 'a' });
    tell('ClusterTemplate', 'added', template);
    tell('ClusterTemplate', 'deleted', template, template);
    tell('ClusterTemplate', 'added', template, undefined, true);
    tell('ClusterImageTemplate', 'added', template);
    expect(awake()).toEqual(['Workload team/shop live', 'Workload team/shop live', 'Workload team/shop background']);
  });
});

describe('a blueprint', () => {
  const chain = (env: string, meta: Meta = {}, status = {}) =>
    thing('ClusterSupplyChain', { name: 'web', ...meta }, { spec: { selector: { env } }, status });
  const ready = (status: string, reason = 'Ready', message = '', more = {}) => {
    return {
      conditions: [
        { type: 'Other', status: 'x' },
        { type: 'Ready', status, reason, message, ...more },
      ],
    };
  };

  function stage() {
    const watched = watching();
    const workload = watched.waking('Workload');
    wakeByBlueprints(watched.caches, workloadOwner, workload);
    watched.hold(
      'Workload',
      ['dev', 'prod', 'test'].map((env) => thing('Workload', { name: env, namespace: 'team', labels: { env } })),
    );
    return { ...watched, workload };
  }

  it('wakes whom it selects, whom only its old version selected, and who looked at it: no others', () => {
    const { tell, awake, workload } = stage();
    tell('ClusterSupplyChain', 'added', chain('prod'));
    expect(awake()).toEqual(['Workload team/prod live']);
    tell('ClusterSupplyChain', 'updated', chain('dev', { generation: 2 }), chain('prod'));
    expect(awake()).toEqual(['Workload team/dev live', 'Workload team/prod live']);
    tell('ClusterSupplyChain', 'deleted', chain('dev'));
    expect(awake()).toEqual(['Workload team/dev live']);
    workload.dependencies.set('team/gone', [blueprintKey('web')]);
    workload.dependencies.set('team/elsewhere', [blueprintKey('other')]);
    tell('ClusterSupplyChain', 'added', chain('none'), undefined, true);
    expect(awake()).toEqual(['Workload team/gone background']);
    tell('ClusterSupplyChain', 'added', chain('test'), undefined, true);
    expect(awake()).toEqual(['Workload team/gone background', 'Workload team/test background']);
  });

  it.each<readonly [string, KubeObject, KubeObject, boolean]>([
    ['its spec', chain('prod', { generation: 2 }), chain('prod'), true],
    ['another object of its name', chain('prod', { uid: 'v' }), chain('prod'), true],
    ['its labels', chain('prod', { labels: { a: 'b' } }), chain('prod'), false],
    ['its first status', chain('prod', {}, ready('True')), chain('prod'), true],
    ['readiness', chain('prod', {}, ready('True')), chain('prod', {}, ready('False')), true],
    ['its reason', chain('prod', {}, ready('False', 'A')), chain('prod', {}, ready('False', 'B')), true],
    ['its message', chain('prod', {}, ready('False', 'A', 'x')), chain('prod', {}, ready('False', 'A', 'y')), true],
    [
      'a time',
      chain('prod', {}, ready('True', 'A', '', { lastTransitionTime: 'now' })),
      chain('prod', {}, ready('True', 'A')),
      false,
    ],
    ['another condition', chain('prod', {}, { conditions: [{ type: 'Other', status: 'y' }] }), chain('prod'), false],
  ])(
    'wakes its owners by a change of its spec or of what its Ready condition says: %s',
    (_what, after, before, isNews) => {
      const { tell, awake } = stage();
      tell('ClusterSupplyChain', 'updated', after, before);
      expect(awake()).toEqual(isNews ? ['Workload team/prod live'] : []);
    },
  );
});

describe('steps that were stopped', () => {
  function stage() {
    const watched = watching();
    const pace = new PaceCounter(createFakeClock(0));
    const all = [watched.waking('Workload'), watched.waking('Runnable')];
    wakeStopped(watched.caches, ['ClusterTemplate'], pace, all);
    for (const owner of ['Workload/team/shop', 'Runnable/team/run']) {
      for (let i = 0; i < 10; i += 1) pace.count(owner, 'step', 'restored');
    }
    pace.count('Workload/team/calm', 'step', 'restored');
    return watched;
  }
  const template = (meta: Meta = {}) => thing('ClusterTemplate', { name: 'a', ...meta });

  it.each<readonly [string, InformerEvent['type'], KubeObject, KubeObject | undefined]>([
    ['added', 'added', template(), undefined],
    ['edited', 'updated', template({ generation: 2 }), template()],
    ['deleted', 'deleted', template(), undefined],
  ])('are looked at again, each by the controller of its kind, when a template is %s', (_what, type, object, old) => {
    const { tell, awake } = stage();
    tell('ClusterTemplate', type, object, old);
    expect(awake()).toEqual(['Workload team/shop live', 'Runnable team/run live']);
  });

  it('stay as they are by what the first list shows, by a change beside the spec, and by other kinds', () => {
    const { tell, awake } = stage();
    tell('ClusterTemplate', 'added', template(), undefined, true);
    tell('ClusterTemplate', 'updated', template({ labels: { a: 'b' } }), template());
    tell('ClusterImageTemplate', 'added', template());
    expect(awake()).toEqual([]);
  });
});
