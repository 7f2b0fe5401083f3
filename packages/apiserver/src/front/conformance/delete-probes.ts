import { getPath, type JsonObject } from '@cartographer/machinery';

import { type Answers, gadget, MERGE, type Probe, probe } from './probe.ts';

const owned = (get: Answers, owner: string, more: JsonObject = {}): JsonObject => ({
  apiVersion: 'probe.test/v1',
  kind: 'Gadget',
  name: owner,
  uid: getPath(get(`_${owner}`), 'metadata', 'uid'),
  ...more,
});
const stranger = { apiVersion: 'v1', kind: 'X', name: 'y' };
const ghost = {
  apiVersion: 'probe.test/v1',
  kind: 'Gadget',
  name: 'ghost',
  uid: '00000000-0000-0000-0000-000000000000',
};
const configMap = (name: string, ...ownerReferences: readonly JsonObject[]): JsonObject => ({
  metadata: { name, ownerReferences },
});

/** Deleting, finalizers, owners. */
export const deleteProbes: readonly Probe[] = [
  probe('_d', 'POST', '$W', gadget('d1', {})),
  probe('del-precond-uid', 'DELETE', '$W/d1', { preconditions: { uid: 'nope' } }),
  probe('del-precond-rv', 'DELETE', '$W/d1', { preconditions: { resourceVersion: '1' } }),
  probe('del-dryrun', 'DELETE', '$W/d1?dryRun=All'),
  probe('del-bad-policy', 'DELETE', '$W/d1?propagationPolicy=Foo'),
  probe('del-both-orphan', 'DELETE', '$W/d1', { orphanDependents: true, propagationPolicy: 'Orphan' }),
  probe('del-neg-grace', 'DELETE', '$W/d1', { gracePeriodSeconds: -1 }),
  probe('del-ok', 'DELETE', '$W/d1'),
  probe('del-again', 'DELETE', '$W/d1'),
  probe('_f', 'POST', '$W', gadget('f1', { n: 1 }, { finalizers: ['x.y/z'] })),
  probe('del-finalizer', 'DELETE', '$W/f1'),
  probe('del-finalizer-again', 'DELETE', '$W/f1'),
  probe('fin-add-while-deleting', 'PATCH', '$W/f1', { metadata: { finalizers: ['x.y/z', 'n.e/w'] } }, MERGE),
  probe('fin-spec-change-while-deleting', 'PATCH', '$W/f1', { spec: { n: 2 } }, MERGE),
  probe('fin-undelete', 'PATCH', '$W/f1', { metadata: { deletionTimestamp: null } }, MERGE),
  probe('fin-remove', 'PATCH', '$W/f1', { metadata: { finalizers: null } }, MERGE),
  probe('fin-gone', 'GET', '$W/f1'),
  probe('fin-bad-name', 'POST', '$W', gadget('f2', {}, { finalizers: ['nodomain'] })),
  probe('_own', 'POST', '$W', gadget('own', {})),
  probe('_c1', 'POST', '$CM', (get) =>
    configMap('child1', owned(get, 'own', { blockOwnerDeletion: true, controller: true })),
  ),
  probe('owner-bad', 'POST', '$CM', configMap('cx', stranger)),
  probe('owner-two-controllers', 'POST', '$CM', (get) =>
    configMap('cx', owned(get, 'own', { controller: true }), { ...stranger, uid: 'u', controller: true }),
  ),
  probe('del-foreground', 'DELETE', '$W/own', { propagationPolicy: 'Foreground' }),
  probe('del-foreground-child', 'GET', '$CM/child1'),
  probe('del-foreground-owner', 'GET', '$W/own'),
  probe('_own2', 'POST', '$W', gadget('own2', {})),
  probe('_c2', 'POST', '$CM', (get) => configMap('child2', owned(get, 'own2'))),
  probe('del-orphan', 'DELETE', '$W/own2?propagationPolicy=Orphan'),
  probe('del-orphan-child', 'GET', '$CM/child2'),
  probe('del-orphan-owner', 'GET', '$W/own2'),
  probe('_c3', 'POST', '$CM', configMap('child3', ghost)),
  probe('gc-absent-owner', 'GET', '$CM/child3'),
  probe('_lc', 'PATCH', '$CM/child2', { metadata: { labels: { dc: '1' } } }, MERGE),
  probe('deletecollection', 'DELETE', '$CM?labelSelector=dc%3D1'),
];
