import type { InformerEvent } from '@cartographer/kube';
import type { KubeObject } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { accountKey } from './owner-reconciler.ts';
import { type Meta, thing, watching } from './testing/watching.ts';
import { wakeByAccounts } from './wake-ups.ts';

describe('the account that an owner acts as', () => {
  const account = (meta: Meta = {}) => thing('ServiceAccount', { name: 'builder', namespace: 'team', ...meta });
  const builder = { kind: 'ServiceAccount', name: 'builder', namespace: 'team' };
  const binding = (subjects: readonly object[] | undefined, roleRef: object = {}, namespace?: string) =>
    thing('RoleBinding', { name: 'b', ...(namespace && { namespace }) }, { subjects, roleRef });
  const WOKEN = ['Workload team/shop live', 'Runnable team/run live'];

  function stage() {
    const watched = watching();
    const all = [watched.waking('Workload'), watched.waking('Runnable')];
    wakeByAccounts(watched.caches, all);
    all[0]!.dependencies.set('team/shop', [accountKey('team', 'builder')]);
    all[0]!.dependencies.set('team/other', [accountKey('team', 'default')]);
    all[0]!.dependencies.set('another/shop', [accountKey('another', 'builder')]);
    all[0]!.dependencies.set('default/shop', [accountKey('default', 'builder')]);
    all[1]!.dependencies.set('team/run', [accountKey('team', 'builder')]);
    return watched;
  }

  it.each<readonly [string, InformerEvent['type'], KubeObject, KubeObject | undefined, boolean]>([
    ['appears', 'added', account(), undefined, true],
    ['goes', 'deleted', account(), account(), true],
    ['is made anew', 'updated', account({ uid: 'v' }), account(), true],
    ['changes', 'updated', account({ labels: { a: 'b' } }), account(), false],
  ])('wakes the owner when it %s', (_what, type, object, old, isNews) => {
    const { tell, awake } = stage();
    tell('ServiceAccount', type, object, old);
    expect(awake()).toEqual(isNews ? WOKEN : []);
  });

  describe.each(['RoleBinding', 'ClusterRoleBinding'] as const)('wakes the owner by a %s', (kind) => {
    it.each<readonly [string, InformerEvent['type'], KubeObject, KubeObject | undefined, readonly string[]]>([
      ['that names it', 'added', binding([{ kind: 'User', name: 'x' }, builder]), undefined, WOKEN],
      ['that named it', 'updated', binding([]), binding([builder]), WOKEN],
      ['that names it now', 'updated', binding([builder]), binding([]), WOKEN],
      ['that goes', 'deleted', binding([builder]), undefined, WOKEN],
      ['of another account', 'added', binding([{ ...builder, name: 'other' }]), undefined, []],
      ['of a user of its name', 'added', binding([{ ...builder, kind: 'User' }]), undefined, []],
      ['of a nameless subject', 'added', binding([{ kind: 'ServiceAccount' }]), undefined, []],
      ['without subjects', 'added', binding(undefined), undefined, []],
      [
        'without a namespace',
        'added',
        binding([{ kind: 'ServiceAccount', name: 'builder' }]),
        undefined,
        ['Workload default/shop live'],
      ],
    ])('%s', (_what, type, object, old, expected) => {
      const { tell, awake } = stage();
      tell(kind, type, object, old);
      expect(awake()).toEqual(expected);
    });
  });

  it.each<readonly [string, 'Role' | 'ClusterRole', Meta, 'RoleBinding' | 'ClusterRoleBinding', KubeObject, boolean]>([
    [
      'a role',
      'Role',
      { namespace: 'team' },
      'RoleBinding',
      binding([builder], { kind: 'Role', name: 'r' }, 'team'),
      true,
    ],
    [
      'a role of another namespace',
      'Role',
      { namespace: 'x' },
      'RoleBinding',
      binding([builder], { kind: 'Role', name: 'r' }, 'team'),
      false,
    ],
    [
      'another role',
      'Role',
      { namespace: 'team' },
      'RoleBinding',
      binding([builder], { kind: 'Role', name: 'q' }, 'team'),
      false,
    ],
    [
      'a cluster role in one namespace',
      'ClusterRole',
      {},
      'RoleBinding',
      binding([builder], { kind: 'ClusterRole', name: 'r' }, 'team'),
      true,
    ],
    [
      'a cluster role in all',
      'ClusterRole',
      {},
      'ClusterRoleBinding',
      binding([builder], { kind: 'ClusterRole', name: 'r' }),
      true,
    ],
    [
      'a cluster role of the name of a role',
      'ClusterRole',
      {},
      'RoleBinding',
      binding([builder], { kind: 'Role', name: 'r' }, 'team'),
      false,
    ],
    [
      'a role of the name of a cluster role',
      'Role',
      { namespace: 'team' },
      'RoleBinding',
      binding([builder], { kind: 'ClusterRole', name: 'r' }, 'team'),
      false,
    ],
    [
      'another cluster role',
      'ClusterRole',
      {},
      'ClusterRoleBinding',
      binding([builder], { kind: 'ClusterRole', name: 'q' }),
      false,
    ],
  ])('wakes the owner by what becomes of %s that is bound to it', (_what, kind, meta, bindingKind, bound, isNews) => {
    for (const type of ['added', 'updated', 'deleted'] as const) {
      const { tell, awake, hold } = stage();
      hold(bindingKind, [bound]);
      tell(kind, type, thing(kind, { name: 'r', ...meta }));
      expect(awake()).toEqual(isNews ? WOKEN : []);
    }
  });

  it('wakes nobody by what the first lists show: owners are reconciled then anyway', () => {
    const { tell, awake, hold } = stage();
    hold('ClusterRoleBinding', [binding([builder], { kind: 'ClusterRole', name: 'r' })]);
    tell('ServiceAccount', 'added', account(), undefined, true);
    tell('RoleBinding', 'added', binding([builder]), undefined, true);
    tell('ClusterRole', 'added', thing('ClusterRole', { name: 'r' }), undefined, true);
    expect(awake()).toEqual([]);
  });
});
