import { silentLog, stringifyJson, type WireRequest } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { type ApiServer, createApiServer } from '../api-server.ts';

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
}, 60_000);
