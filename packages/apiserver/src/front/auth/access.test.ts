import {
  getPath,
  type Json,
  type JsonObject,
  silentLog,
  textAt,
  type WireRequest,
  type WireResponse,
} from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { afterEach, describe, expect, test } from 'vitest';

import { type ApiServer, createApiServer } from '../../api-server.ts';

const ACCOUNTS = '/api/v1/namespaces/default/serviceaccounts';
const SECRETS = '/api/v1/namespaces/default/secrets';
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';

type Answer = Promise<WireResponse>;
type Method = WireRequest['method'];
/** Sends a request as somebody. */
type Send = (method: Method, url: string, body?: Json, contentType?: string) => Answer;

const servers: ApiServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

function sender(server: ApiServer, token: string): Send {
  return (method, url, body, contentType = 'application/json') => {
    const [path = '', query] = url.split('?');
    return server.request({
      method,
      path,
      ...(query === undefined ? {} : { query: Object.fromEntries(new URLSearchParams(query)) }),
      headers: { authorization: `Bearer ${token}`, 'content-type': contentType },
      ...(body === undefined ? {} : { body }),
    });
  };
}

/** A server with a ServiceAccount `robot` that holds these rules everywhere. */
async function serverFor(...rules: readonly JsonObject[]): Promise<{ readonly admin: Send; readonly robot: Send }> {
  const server = await createApiServer({ clock: createFakeClock(), log: silentLog });
  servers.push(server);
  const admin = sender(server, server.adminToken);
  await admin('POST', ACCOUNTS, { metadata: { name: 'robot' } });
  await admin('POST', `${RBAC}/clusterroles`, { metadata: { name: 'robot' }, rules });
  await admin('POST', `${RBAC}/clusterrolebindings`, {
    metadata: { name: 'robot' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'robot' },
    subjects: [{ kind: 'ServiceAccount', name: 'robot', namespace: 'default' }],
  });
  const { body } = await admin('POST', `${ACCOUNTS}/robot/token`, {});
  return { admin, robot: sender(server, textAt(body, 'status', 'token')) };
}

const rule = (verbs: readonly string[], resources: readonly string[], resourceNames: readonly string[] = []) => ({
  apiGroups: ['', 'coordination.k8s.io'],
  resources,
  verbs,
  ...(resourceNames.length === 0 ? {} : { resourceNames }),
});

describe('a rule for objects by name', () => {
  test('allows to list and watch what a field selector narrows to that name', async () => {
    const { admin, robot } = await serverFor(rule(['list', 'watch'], ['secrets'], ['own']));
    await admin('POST', SECRETS, { metadata: { name: 'own' } });
    expect(await robot('GET', `${SECRETS}?fieldSelector=metadata.name%3Down`)).toMatchObject({ status: 200 });
    expect(await robot('GET', `${SECRETS}?fieldSelector=metadata.name%3D%3Down`)).toMatchObject({ status: 200 });
    expect(await robot('GET', SECRETS)).toMatchObject({ status: 403 });
    expect(await robot('GET', `${SECRETS}?fieldSelector=metadata.name%3Dother`)).toMatchObject({ status: 403 });
  });

  test('is not fooled by a name inside the value of another field', async () => {
    const { robot } = await serverFor(rule(['list'], ['secrets'], ['own']));
    const selector = encodeURIComponent(String.raw`metadata.namespace!=x\,metadata.name=own`);
    expect(await robot('GET', `${SECRETS}?fieldSelector=${selector}`)).toMatchObject({ status: 403 });
  });

  test('does not allow to create or to delete collections under the cloak of a field selector', async () => {
    const { robot } = await serverFor(rule(['create', 'deletecollection'], ['secrets'], ['own']));
    const selector = 'fieldSelector=metadata.name%3Down';
    expect(await robot('POST', `${SECRETS}?${selector}`, { metadata: { name: 'other' } })).toMatchObject({
      status: 403,
    });
    expect(await robot('DELETE', `${SECRETS}?${selector}`)).toMatchObject({ status: 403 });
  });
});

test('a right to paths never becomes a right to objects, whatever an access review asked before', async () => {
  const { admin, robot } = await serverFor({ nonResourceURLs: ['*'], verbs: ['*'] });
  await admin('POST', SECRETS, { metadata: { name: 'hidden' } });
  const review = (verb: string, path: string) => ({ spec: { nonResourceAttributes: { verb, path } } });
  const reviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  for (const path of ['/secrets/ default/', '/secrets/ default/hidden']) {
    expect(getPath((await robot('POST', reviews, review('get', path))).body, 'status', 'allowed')).toBe(true);
  }
  expect(await robot('GET', `${SECRETS}/hidden`)).toMatchObject({ status: 403 });
});

describe('what a write makes although it is no create', () => {
  const APPLY = 'application/apply-patch+yaml';
  const applied = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { k: 'v' } };
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l' }, spec: {} };

  test('takes the right to create', async () => {
    const { admin, robot } = await serverFor(rule(['get', 'patch', 'update'], ['configmaps', 'leases']));
    const apply = () => robot('PATCH', `${CONFIG_MAPS}/a?fieldManager=robot`, applied, APPLY);
    expect(await apply()).toMatchObject({ status: 403, body: { reason: 'Forbidden', details: { name: 'a' } } });
    expect(await robot('PUT', `${LEASES}/l`, lease)).toMatchObject({ status: 403 });
    await admin('POST', CONFIG_MAPS, { metadata: { name: 'a' } });
    expect(await apply()).toMatchObject({ status: 200 });
    await admin('POST', LEASES, lease);
    expect(await robot('PUT', `${LEASES}/l`, lease)).toMatchObject({ status: 200 });
  });

  test('may have its right by name', async () => {
    const named = rule(['create'], ['configmaps', 'leases'], ['a', 'l']);
    const { robot } = await serverFor(rule(['patch', 'update'], ['configmaps', 'leases']), named);
    expect(await robot('PATCH', `${CONFIG_MAPS}/a?fieldManager=robot`, applied, APPLY)).toMatchObject({ status: 201 });
    expect(await robot('PUT', `${LEASES}/l`, lease)).toMatchObject({ status: 201 });
  });
});
