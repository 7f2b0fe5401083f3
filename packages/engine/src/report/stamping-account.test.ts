import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { expect, test } from 'vitest';
import type { AccountAnswer } from '../world/world.ts';
import { accountFailure, accountOf } from './stamping-account.ts';

const object = (kind: string, namespace: string | undefined, spec: JsonObject): KubeObject => ({
  apiVersion: 'carto.run/v1alpha1',
  kind,
  metadata: { name: 'x', ...(namespace === undefined ? {} : { namespace }) },
  spec,
});

test.each<[JsonObject, JsonObject, object]>([
  [{}, {}, { namespace: 'team', name: 'default' }],
  [{ serviceAccountName: 'own' }, {}, { namespace: 'team', name: 'own' }],
  [
    { serviceAccountName: 'own' },
    { serviceAccountRef: { name: 'theirs', namespace: 'ops' } },
    { namespace: 'team', name: 'own' },
  ],
  [{}, { serviceAccountRef: { name: 'theirs', namespace: 'ops' } }, { namespace: 'ops', name: 'theirs' }],
  [{}, { serviceAccountRef: { name: 'theirs' } }, { namespace: 'team', name: 'theirs' }],
  [{}, { serviceAccountRef: { name: 'theirs', namespace: '' } }, { namespace: 'team', name: 'theirs' }],
  [{ serviceAccountName: '' }, { serviceAccountRef: { name: 'theirs' } }, { namespace: 'team', name: 'theirs' }],
  [{}, { serviceAccountRef: { name: '', namespace: 'ops' } }, { namespace: 'team', name: 'default' }],
  [{}, { serviceAccountRef: { namespace: 'ops' } }, { namespace: 'team', name: 'default' }],
])('for an owner with %j and a blueprint with %j stamps %j', (own, blueprint, expected) => {
  const [owner, chain] = [object('Workload', 'team', own), object('ClusterSupplyChain', undefined, blueprint)];
  expect(accountOf(owner, chain)).toEqual(expected);
});

const PLACE =
  'failed to get service account object from api server [team/sa]: failed to get object [team/sa] from api server';
test.each<[Exclude<AccountAnswer, { kind: 'found' }>, string, string, string | undefined]>([
  [{ kind: 'missing' }, 'ServiceAccountError', `${PLACE}: ServiceAccount "sa" not found`, undefined],
  [{ kind: 'unreadable', message: 'not now' }, 'ServiceAccountError', `${PLACE}: not now`, 'not now'],
  [{ kind: 'tokenFailed', message: 'no token' }, 'ServiceAccountTokenError', 'no token', 'no token'],
])('without it (%j) says why, and tries again unless it is not there', (answer, reason, message, retry) => {
  expect(accountFailure({ namespace: 'team', name: 'sa' }, answer)).toEqual({
    condition: { status: 'False', reason, message },
    retry,
  });
});
