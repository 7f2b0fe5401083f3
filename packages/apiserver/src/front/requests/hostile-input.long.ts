import { silentLog, stringifyJson, type WireRequest, type WireResponse } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type ApiServer, createApiServer } from '../../api-server.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await createApiServer({ clock: createFakeClock(), log: silentLog });
});
afterAll(() => server.close());

/** One of the words of a text. */
const oneOf = (text: string): fc.Arbitrary<string> => fc.constantFrom(...text.trim().split(/\s+/));

const word = oneOf(`
  api apis v1 namespaces default configmaps apps deployments serviceaccounts token status scale events leases secrets
  authorization.k8s.io subjectaccessreviews authentication.k8s.io tokenreviews rbac.authorization.k8s.io roles
  rolebindings apiextensions.k8s.io customresourcedefinitions openapi v3 constructor __proto__ %2e%2e %ff % .. ä`);
const odd = fc.array(word, { maxLength: 8 }).map((parts) => `/${parts.join('/')}`);
const served = oneOf(`
  CORE/configmaps CORE/configmaps/x CORE/secrets CORE/secrets/x CORE/serviceaccounts CORE/serviceaccounts/default/token
  CORE/events CORE/pods CORE/pods/x CORE/pods/x/status CORE/services CORE/services/x /api/v1/namespaces
  /api/v1/namespaces/n/finalize /apis/apps/v1/namespaces/default/deployments
  /apis/apps/v1/namespaces/default/deployments/x RBAC/clusterroles RBAC/clusterroles/x
  RBAC/namespaces/default/rolebindings /apis/coordination.k8s.io/v1/namespaces/default/leases
  /apis/coordination.k8s.io/v1/namespaces/default/leases/x /apis/apiextensions.k8s.io/v1/customresourcedefinitions
  /apis/authentication.k8s.io/v1/tokenreviews /apis/authorization.k8s.io/v1/subjectaccessreviews
  /apis/authorization.k8s.io/v1/selfsubjectrulesreviews`).map((text) =>
  text.replace('CORE', '/api/v1/namespaces/default').replace('RBAC', '/apis/rbac.authorization.k8s.io/v1'),
);
const path = fc.oneof(odd, { arbitrary: served, weight: 3 });
const key = fc.constantFrom(
  'watch',
  'limit',
  'continue',
  'resourceVersion',
  'labelSelector',
  'fieldSelector',
  'dryRun',
);
const option = fc.constantFrom(
  'fieldManager',
  'fieldValidation',
  'force',
  'timeoutSeconds',
  'propagationPolicy',
  'includeObject',
);
const value = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom('1', '0', 'true', 'All', 'Strict', 'a=b', '-1', '1e400'),
);
const query = fc.dictionary(fc.oneof(key, option), value, { maxKeys: 4 });
const type = oneOf(`
  application/json application/yaml application/vnd.kubernetes.protobuf text/plain application/merge-patch+json
  application/json-patch+json application/apply-patch+yaml application/strategic-merge-patch+json`);
const metadata = fc.record(
  {
    name: fc.oneof({ arbitrary: fc.constant('x'), weight: 9 }, fc.anything()),
    labels: fc.anything(),
    annotations: fc.anything(),
    finalizers: fc.anything(),
    ownerReferences: fc.anything(),
    managedFields: fc.anything(),
  },
  { requiredKeys: [] },
);
const object = fc.record(
  {
    apiVersion: fc.oneof(fc.constantFrom('v1', 'apps/v1', ''), fc.anything()),
    kind: fc.oneof(fc.constantFrom('ConfigMap', 'Deployment', 'Role', 'CustomResourceDefinition'), fc.anything()),
    metadata: fc.oneof({ arbitrary: metadata, weight: 9 }, fc.anything()),
    ...Object.fromEntries(
      ['spec', 'data', 'rules', 'subjects', 'roleRef', 'status', 'type'].map((name) => [name, fc.anything()]),
    ),
  },
  { requiredKeys: [] },
);
/** An object that would be taken, but for one field. */
const nearly = fc
  .tuple(fc.constantFrom('spec', 'data', 'rules', 'subjects', 'roleRef', 'status', 'type', 'stringData'), fc.anything())
  .chain(([field, content]) =>
    fc.oneof(
      fc.constant({ metadata: { name: 'x' }, [field]: content }),
      metadata.map((own) => ({ metadata: { ...own, name: 'x' } })),
      fc.constant({ metadata: { name: 'x' }, spec: { template: { spec: content } }, data: { x: content } }),
    ),
  );
const patch = fc.array(
  fc.record({
    op: fc.constantFrom('add', 'remove', 'replace', 'test', 'move', 'copy'),
    path: fc.oneof(
      fc.string(),
      fc.constantFrom('', '/data', '/data/x', '/metadata/labels/a', '/metadata/managedFields'),
    ),
    value: fc.anything(),
    from: fc.string(),
  }),
);
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 64 }),
  fc.oneof(object, { arbitrary: nearly, weight: 4 }, patch).map((body) => {
    const text = JSON.stringify(body, (_key, item: unknown) => (typeof item === 'bigint' ? Number(item) : item));
    return new TextEncoder().encode(text);
  }),
  fc.uint8Array({ maxLength: 64 }).map((tail) => new Uint8Array([0x6b, 0x38, 0x73, 0, ...tail])),
);

test('no request, however odd, is answered with an internal error or left without an answer', async () => {
  const requests = fc.record({
    method: fc.constantFrom<WireRequest['method']>('GET', 'POST', 'PUT', 'PATCH', 'DELETE'),
    path,
    query,
    type,
    bytes,
    accept: fc.oneof(
      { arbitrary: fc.string(), weight: 1 },
      fc.constantFrom('', 'application/json', 'application/json;as=Table;v=v1;g=meta.k8s.io'),
    ),
  });
  await fc.assert(
    fc.asyncProperty(requests, async ({ method, path, query, type, bytes, accept }) => {
      const stop = new AbortController();
      const headers = { authorization: `Bearer ${server.adminToken}`, 'content-type': type, accept };
      const request = { method, path, query, headers, signal: stop.signal };
      const answer = await server.request(method === 'GET' ? request : { ...request, body: bytes });
      stop.abort();
      for await (const event of answer.events ?? []) expect(event.type).not.toBe('');
      expect(answer.status).toBeGreaterThanOrEqual(200);
      expect(stringifyJson(answer.body) ?? '').not.toContain('Internal error occurred');
    }),
    { numRuns: 1500 },
  );
});

const CORE = '/api/v1/namespaces/default';
const JSON_TYPE = 'application/json';
const nested = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
const listed = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const review = (group: string, resource: string): string => `/apis/${group}.k8s.io/v1/${resource}`;

type Method = WireRequest['method'];
type Entrance = readonly [title: string, method: Method, path: string, type: string];
const entrances: readonly Entrance[] = [
  ['a TokenReview', 'POST', review('authentication', 'tokenreviews'), JSON_TYPE],
  ['a SelfSubjectReview', 'POST', review('authentication', 'selfsubjectreviews'), JSON_TYPE],
  ['a SubjectAccessReview', 'POST', review('authorization', 'subjectaccessreviews'), JSON_TYPE],
  ['a SelfSubjectAccessReview', 'POST', review('authorization', 'selfsubjectaccessreviews'), JSON_TYPE],
  ['a SelfSubjectRulesReview', 'POST', review('authorization', 'selfsubjectrulesreviews'), JSON_TYPE],
  [
    'a LocalSubjectAccessReview',
    'POST',
    review('authorization', 'namespaces/default/localsubjectaccessreviews'),
    JSON_TYPE,
  ],
  ['a TokenRequest', 'POST', `${CORE}/serviceaccounts/default/token`, JSON_TYPE],
  ['a create', 'POST', `${CORE}/configmaps`, JSON_TYPE],
  ['a create at a name', 'POST', `${CORE}/configmaps/x`, JSON_TYPE],
  ['an update', 'PUT', `${CORE}/configmaps/x`, JSON_TYPE],
  ['a merge patch', 'PATCH', `${CORE}/configmaps/x`, 'application/merge-patch+json'],
  ['a strategic merge patch', 'PATCH', `${CORE}/configmaps/x`, 'application/strategic-merge-patch+json'],
  ['a JSON patch', 'PATCH', `${CORE}/configmaps/x`, 'application/json-patch+json'],
  ['an apply', 'PATCH', `${CORE}/configmaps/x`, 'application/apply-patch+yaml'],
  ['a delete', 'DELETE', `${CORE}/configmaps/x`, JSON_TYPE],
  ['a delete of all', 'DELETE', `${CORE}/configmaps`, JSON_TYPE],
  ['a scale', 'PUT', '/apis/apps/v1/namespaces/default/deployments/x/scale', JSON_TYPE],
  ['a definition', 'POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', JSON_TYPE],
];

const shapes: readonly (readonly [string, (levels: number) => string])[] = [
  ['objects', nested],
  ['lists', listed],
  ['objects in its spec', (levels) => `{"metadata":{"name":"x"},"spec":${nested(levels)}}`],
  ['lists in its metadata', (levels) => `{"metadata":{"name":"x","annotations":${listed(levels)}}}`],
  ['objects beside a number of twenty digits', (levels) => `{"n":12345678901234567890,"spec":${nested(levels)}}`],
];

describe.each(entrances)('%s', (_title, method, path, type) => {
  const send = (body: string, contentType = type): Promise<WireResponse> => {
    const headers = { authorization: `Bearer ${server.adminToken}`, 'content-type': contentType };
    const query: Record<string, string> = method === 'PATCH' ? { fieldManager: 'x' } : {};
    return server.request({ method, path, query, headers, body: new TextEncoder().encode(body) });
  };

  test.each(shapes)('that nests 15,000 levels deep is refused: %s', async (_shape, make) => {
    if (path.endsWith('/scale')) await createDeployment();
    const answer = await send(make(15_000));
    expect(stringifyJson(answer.body)).toMatch(/exceeded max depth|not found/);
    expect(answer.status === 400 || answer.status === 404).toBe(true);
  });

  test('that nests deep as YAML is refused, too', async () => {
    const answer = await send(`a: ${listed(15_000)}`, method === 'PATCH' ? type : 'application/yaml');
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
  });
});

async function createDeployment(): Promise<void> {
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  await server.request({
    method: 'POST',
    path: '/apis/apps/v1/namespaces/default/deployments',
    headers: { authorization: `Bearer ${server.adminToken}` },
    body: { metadata: { name: 'x' }, spec: { selector: { matchLabels: { a: 'b' } }, template } },
  });
}

test('a body of 500 levels is read', async () => {
  const answer = await server.request({
    method: 'POST',
    path: review('authorization', 'selfsubjectrulesreviews'),
    headers: { authorization: `Bearer ${server.adminToken}`, 'content-type': JSON_TYPE },
    body: new TextEncoder().encode(`{"spec":${nested(499)}}`),
  });
  expect(answer.status).toBe(201);
});
