import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { carto } from '@cartographer/api';
import { issueCertificate } from '@cartographer/controller';
import { systemClock } from '@cartographer/kube';
import { getPath, isObject, type JsonObject, type KubeObject, type ResourceType } from '@cartographer/machinery';
import { applyObjects, isAuditedWrite, objectsIn, startCluster, type TestCluster } from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../carto-process.ts';
import { installCarto, startCartoController, untilQuiet, untilReady } from './carto.ts';

/** Two kinds, each at two served versions whose fields differ: a webhook converts `Job`, nothing converts `Plain`. */
const GROUP = 'versions.test';
const RESULT = { v1: 'result', v1beta1: 'oldResult' } as const;
type Version = keyof typeof RESULT;

const typeOf = (kind: 'Job' | 'Plain', version: Version): ResourceType => {
  return { group: GROUP, version, kind, resource: `${kind.toLowerCase()}s`, namespaced: true };
};

const closing: (() => Promise<void>)[] = [];
let cluster: TestCluster;

beforeAll(async () => {
  const { caPem, keyPem, certPem } = await issueCertificate(['localhost'], systemClock.now());
  const server = createServer({ key: keyPem, cert: certPem }, (request, response) => {
    void text(request).then((body) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(converted(JSON.parse(body) as Review)));
    });
  });
  const port = await listening(server);
  closing.push(async () => void server.close());
  const clientConfig = {
    url: `https://localhost:${port}/convert`,
    caBundle: Buffer.from(caPem).toString('base64'),
  };
  const webhook = { conversionReviewVersions: ['v1'], clientConfig };
  cluster = await startCluster({
    objects: [definition('Job', { strategy: 'Webhook', webhook }), definition('Plain', { strategy: 'None' })],
  });
  closing.push(() => cluster.stop());
  await installCarto(cluster);
  await applyObjects(cluster.client, systemClock, objectsIn(RIGHTS));
  await startCartoController(cluster);
});
afterAll(async () => {
  for (const close of closing.toReversed()) await close();
});

const RIGHTS = `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: default-admin, namespace: default}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, name: default, namespace: default}]
`;

type Review = {
  readonly request: {
    readonly uid: string;
    readonly desiredAPIVersion: string;
    readonly objects: readonly KubeObject[];
  };
};

/** Answers a review: `v1beta1` calls the result of `v1` otherwise. */
function converted({ request }: Review): JsonObject {
  const { uid, desiredAPIVersion, objects } = request;
  const wanted = desiredAPIVersion.endsWith('/v1') ? RESULT.v1 : RESULT.v1beta1;
  const convertedObjects = objects.map((object) => {
    const value = getPath(object['status'], RESULT.v1) ?? getPath(object['status'], RESULT.v1beta1);
    const status = isObject(object['status']) ? { status: value === undefined ? {} : { [wanted]: value } } : {};
    // Parts of objects come, too, when a server compares what was applied; a webhook in Go gives each of them metadata.
    return { ...object, metadata: object.metadata ?? {}, apiVersion: desiredAPIVersion, ...status };
  });
  const response = { uid, convertedObjects, result: { status: 'Success' } } as JsonObject;
  return { apiVersion: 'apiextensions.k8s.io/v1', kind: 'ConversionReview', response };
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

function definition(kind: 'Job' | 'Plain', conversion: JsonObject): KubeObject {
  const plural = `${kind.toLowerCase()}s`;
  const string = { type: 'string' };
  const fields = (properties: JsonObject): JsonObject => ({ type: 'object', properties });
  const version = (name: Version, spec: JsonObject) => ({
    name,
    served: true,
    storage: name === 'v1',
    subresources: { status: {} },
    schema: { openAPIV3Schema: fields({ spec: fields(spec), status: fields({ [RESULT[name]]: string }) }) },
  });
  const old = { a: { type: 'integer' } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      conversion,
      versions: [version('v1', kind === 'Plain' ? { ...old, onlyNow: string } : old), version('v1beta1', old)],
    },
  };
}

/** A chain of this name whose only step stamps the kind at a version, and a workload of the same name. */
function stamping(name: string, kind: 'Job' | 'Plain', version: Version, spec = '{a: 1}'): readonly KubeObject[] {
  return objectsIn(`
apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: {name: ${name}}
spec:
  imagePath: .status.${RESULT[version]}
  template: {apiVersion: ${GROUP}/${version}, kind: ${kind}, metadata: {name: $(workload.metadata.name)$}, spec: ${spec}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: ${name}}
spec:
  selector: {chain: ${name}}
  resources: [{name: step, templateRef: {kind: ClusterImageTemplate, name: ${name}}}]
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: ${name}, namespace: default, labels: {chain: ${name}}}
spec: {}
`);
}

const exists = (type: ResourceType, name: string): Promise<boolean> =>
  cluster.client.get(type, { namespace: 'default', name }).then(
    () => true,
    () => false,
  );

async function finish(type: ResourceType, name: string, result: string): Promise<void> {
  await until(`${name} is stamped`, () => exists(type, name));
  const body = { status: { [RESULT[type.version as Version]]: result } };
  await cluster.client.patch(type, { namespace: 'default', name }, { kind: 'merge', body, subresource: 'status' });
}

/** Which object the step stamped, and what it read of it. */
async function step(name: string): Promise<JsonObject> {
  const { status } = await cluster.client.get(carto.kinds.Workload, { namespace: 'default', name });
  const [entry] = getPath(status, 'resources') as readonly JsonObject[];
  return entry ?? {};
}

const metadataOf = async (type: ResourceType, name: string): Promise<KubeObject['metadata']> =>
  (await cluster.client.get(type, { namespace: 'default', name })).metadata;

describe('a kind at two versions that a webhook converts', () => {
  it('is stamped by two chains side by side, each reading its own version', async () => {
    await applyObjects(cluster.client, systemClock, [
      ...stamping('old', 'Job', 'v1beta1'),
      ...stamping('now', 'Job', 'v1'),
    ]);
    await finish(typeOf('Job', 'v1'), 'old', 'one');
    await finish(typeOf('Job', 'v1beta1'), 'now', 'two');
    await untilReady(cluster.client, 'old');
    await untilReady(cluster.client, 'now');
    expect(await step('old')).toMatchObject({
      stampedRef: { apiVersion: `${GROUP}/v1beta1` },
      outputs: [{ preview: 'one\n' }],
    });
    expect(await step('now')).toMatchObject({
      stampedRef: { apiVersion: `${GROUP}/v1` },
      outputs: [{ preview: 'two\n' }],
    });
    const rest = await cluster.audit.mark();
    await untilQuiet(cluster, rest);
    expect(
      (await cluster.audit.since(rest))
        .filter(isAuditedWrite)
        .filter(({ objectRef }) => objectRef?.resource === 'jobs'),
    ).toEqual([]);
  });

  it('stays the same object through edits of the version in its template: one apply each, no new generation', async () => {
    const { uid, generation } = await metadataOf(typeOf('Job', 'v1'), 'old');
    const mark = await cluster.audit.mark();
    for (const version of ['v1', 'v1beta1', 'v1'] as const) {
      await applyObjects(cluster.client, systemClock, stamping('old', 'Job', version));
      await until(
        `the step is at ${version}`,
        async () => getPath((await step('old'))['stampedRef'], 'apiVersion') === `${GROUP}/${version}`,
      );
      await untilReady(cluster.client, 'old');
    }
    await untilQuiet(cluster, mark);
    expect(await metadataOf(typeOf('Job', 'v1'), 'old')).toMatchObject({ uid, generation });
    const writes = (await cluster.audit.since(mark))
      .filter(isAuditedWrite)
      .filter(({ objectRef }) => objectRef?.resource === 'jobs');
    expect(writes.map(({ requestURI }) => requestURI.split('?')[1])).toEqual(
      Array(3).fill('fieldManager=cartographer&force=true'),
    );
  });
});

describe('a kind at two versions that nothing converts', () => {
  it('takes a field that only the new version has, as the same object', async () => {
    await applyObjects(cluster.client, systemClock, stamping('plain', 'Plain', 'v1beta1'));
    await until('it is stamped', () => exists(typeOf('Plain', 'v1'), 'plain'));
    const { uid } = await metadataOf(typeOf('Plain', 'v1'), 'plain');
    await applyObjects(cluster.client, systemClock, stamping('plain', 'Plain', 'v1', '{a: 1, onlyNow: x}'));
    await finish(typeOf('Plain', 'v1'), 'plain', 'done');
    await untilReady(cluster.client, 'plain');
    const plain = await cluster.client.get(typeOf('Plain', 'v1'), { namespace: 'default', name: 'plain' });
    expect([plain.metadata.uid, plain['spec']]).toEqual([uid, { a: 1, onlyNow: 'x' }]);
  });
});
