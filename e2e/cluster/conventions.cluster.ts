import { Buffer } from 'node:buffer';
import { type ConventionServer, createConventionServer } from '@cartographer/convention-sdk';
import { conventionsKinds, type PodIntentStatus } from '@cartographer/conventions';
import { getIfThere, systemClock } from '@cartographer/kube';
import { createRegistryClient, digestOf, mediaTypes } from '@cartographer/oci';
import { applyObjects, objectsIn, selfSigned, startCluster, type TestCluster } from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeApps } from '../../examples/conventions/node-apps/convention.ts';
import { until } from '../carto-process.ts';
import { POD_CHAIN } from '../pod-chain.ts';
import {
  dataOf,
  installCarto,
  type StartedPart,
  startCartoController,
  startCartoConventions,
  untilQuiet,
  untilReady,
} from './carto.ts';
import { type DockerRegistry, startDockerRegistry } from './docker-registry.ts';

const CERTIFICATE_REQUESTS = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: certificaterequests.cert-manager.io}
spec:
  group: cert-manager.io
  scope: Namespaced
  names: {kind: CertificateRequest, plural: certificaterequests, singular: certificaterequest, listKind: CertificateRequestList}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`;

/** A chain that completes a pod of an image that is there, and writes down what came of it. */
const chain = (image: string): string => `${POD_CHAIN}apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: chain, namespace: default}
rules:
- {apiGroups: [""], resources: [configmaps], verbs: [create, patch, delete]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: chain-stamps, namespace: default}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cartographer-conventions-stamp}
subjects: [{kind: ServiceAccount, name: chain, namespace: default}]
---
apiVersion: carto.run/v1alpha1
kind: ClusterConfigTemplate
metadata: {name: pod}
spec:
  configPath: .status.template
  healthRule: {singleConditionType: Ready}
  template:
    apiVersion: conventions.carto.run/v1alpha1
    kind: PodIntent
    metadata: {name: $(workload.metadata.name)$, labels: $(workload.metadata.labels)$}
    spec:
      serviceAccountName: puller
      template:
        metadata: {labels: {app.kubernetes.io/component: run}}
        spec: {containers: [{name: app, image: $(workload.spec.image)$, env: $(workload.spec.env)$}]}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: release}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$-release}
    data: {image: "$(config.spec.containers[0].image)$", asked: "port $(config.spec.containers[0].readinessProbe.tcpSocket.port)$"}
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: shop, namespace: default, labels: {kind: pod}}
spec: {image: '${image}'}
`;

let cluster: TestCluster;
let registry: DockerRegistry;
let server: ConventionServer;
let conventions: StartedPart;
let digest: string;
const pair = await selfSigned(['127.0.0.1']);
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const apply = (yaml: string): Promise<void> => applyObjects(cluster.client, systemClock, objectsIn(yaml));
const image = (): string => `${registry.host}/team/shop`;

beforeAll(async () => {
  [cluster, registry] = await Promise.all([startCluster(), startDockerRegistry()]);
  digest = await pushImage(registry);
  const { certPem: cert, keyPem: key } = pair;
  server = await createConventionServer({ port: 0, host: '127.0.0.1', cert, key, conventions: [nodeApps] });
  await apply(CERTIFICATE_REQUESTS);
  await installCarto(cluster, '--with', 'conventions', '--intent-secrets-in', 'default');
  await startCartoController(cluster);
  conventions = await startConventions('conventions-1');
  const { username, password } = registry.login;
  const login = JSON.stringify({ auths: { [registry.host]: { username, password: password.reveal() } } });
  await apply(`
apiVersion: v1
kind: Secret
metadata: {name: login, namespace: default}
type: kubernetes.io/dockerconfigjson
data: {.dockerconfigjson: ${base64(login)}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: puller, namespace: default}
imagePullSecrets: [{name: login}]
`);
}, 400_000);
afterAll(async () => {
  await Promise.allSettled([cluster?.stop(), registry?.stop(), server?.close()]);
});

function startConventions(name: string): Promise<StartedPart> {
  const { host } = registry;
  return startCartoConventions(cluster, name, ['--allow-destination', host, '--plain-http', host]);
}

/** An image for Node that listens on 3000. @returns its digest. */
async function pushImage({ host, login }: DockerRegistry): Promise<string> {
  const { signal } = new AbortController();
  const destinations = { allowed: [host], plainHttp: [host] };
  const client = createRegistryClient({ clock: systemClock, random: Math.random, destinations });
  const repository = client.repository({ registry: host, repository: 'team/shop' }, [login]);
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: { Entrypoint: ['node', 'server.js'], ExposedPorts: { '3000/tcp': {} } },
      rootfs: { type: 'layers', diff_ids: [] },
    }),
  );
  const of = { mediaType: mediaTypes.config, digest: digestOf(config), size: config.length };
  await repository.push.blob(of, config, signal);
  const document = { schemaVersion: 2, mediaType: mediaTypes.manifest, config: of, layers: [] };
  const bytes = Buffer.from(JSON.stringify(document));
  const { descriptor } = await repository.push.manifest({ mediaType: mediaTypes.manifest, bytes, tag: 'v1' }, signal);
  await client.close();
  return descriptor.digest;
}

async function statusOf(name: string, namespace = 'default'): Promise<PodIntentStatus> {
  const intent = await getIfThere(cluster.client, conventionsKinds.PodIntent, { namespace, name });
  return (intent?.['status'] ?? {}) as PodIntentStatus;
}

/** Waits until an intent says so; says what it says instead. */
async function untilSaid(name: string, text: RegExp, namespace = 'default'): Promise<void> {
  let last = '';
  try {
    await until(`intent ${name} says ${text}`, async () => {
      const ready = (await statusOf(name, namespace)).conditions?.find(({ type }) => type === 'Ready');
      last = `${ready?.status} ${ready?.reason} ${ready?.message}`;
      return text.test(last);
    });
  } catch (error) {
    throw new Error(`intent ${name} says ${last}\n${conventions.process.logTail()}`, { cause: error });
  }
}

describe('conventions with their own account on a real cluster', () => {
  it('complete the pod of a chain by a server whose certificate is issued later, with a private image by digest', async () => {
    await apply(`
apiVersion: conventions.carto.run/v1alpha1
kind: ClusterPodConvention
metadata: {name: node-apps}
spec:
  selectors: [{matchLabels: {app.kubernetes.io/component: run}}]
  webhook:
    clientConfig: {url: 'https://127.0.0.1:${server.port}/'}
    certificate: {namespace: default, name: node-apps}
`);
    await apply(chain(`${image()}:v1`));
    await untilSaid('shop', /^False CABundleResolutionFailed unable to find valid "CertificateRequests"/);
    await apply(`
apiVersion: cert-manager.io/v1
kind: CertificateRequest
metadata: {name: node-apps-1, namespace: default, annotations: {cert-manager.io/certificate-name: node-apps}}
status: {ca: ${base64(pair.certPem)}, conditions: [{type: Ready, status: "True"}]}
`);
    await untilReady(cluster.client, 'shop');
    expect(await dataOf(cluster.client, 'shop-release')).toEqual({ image: `${image()}@${digest}`, asked: 'port 3000' });
    expect((await statusOf('shop')).images).toEqual([{ reference: `${image()}:v1`, image: `${image()}@${digest}` }]);
  });

  it('take the place of each other when one is registered, changed and removed', async () => {
    const labelOf = async () => (await statusOf('shop')).template?.metadata?.labels?.['tier'];
    const tier = (value: string) =>
      apply(`
apiVersion: conventions.carto.run/v1alpha1
kind: ClusterPodConvention
metadata: {name: tier}
spec:
  priority: Late
  selectorTarget: PodIntent
  selectors: [{matchExpressions: [{key: kind, operator: In, values: [pod]}]}]
  rules:
  - name: tier
    when: images.all(i, i.os == "linux")
    apply: {metadata: {labels: {tier: ${value}}}}
`);
    await tier('one');
    await until('the label is there', async () => (await labelOf()) === 'one');
    await tier('two');
    await until('the label is another', async () => (await labelOf()) === 'two');
    await cluster.client.delete(conventionsKinds.ClusterPodConvention, { name: 'tier' });
    await until('the label is gone', async () => (await labelOf()) === undefined);
  });

  it('ask for nothing at rest, and a restart writes nothing', async () => {
    await untilQuiet(cluster, await cluster.audit.mark());
    const mark = await cluster.audit.mark();
    await conventions.process.end('SIGTERM');
    conventions = await startConventions('conventions-2');
    const asked = await untilQuiet(cluster, mark);
    const writes = asked.filter(
      ({ verb, objectRef }) => !['get', 'list'].includes(verb) && objectRef?.resource !== 'leases',
    );
    expect(writes.map(({ verb, objectRef }) => `${verb} ${objectRef?.resource}/${objectRef?.subresource}`)).toEqual([]);
  });

  it('may read no pull secrets where nobody let them, and say which command does', async () => {
    await apply(`
apiVersion: v1
kind: Namespace
metadata: {name: closed}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: puller, namespace: closed}
imagePullSecrets: [{name: login}]
---
apiVersion: conventions.carto.run/v1alpha1
kind: PodIntent
metadata: {name: shop, namespace: closed}
spec:
  serviceAccountName: puller
  template: {spec: {containers: [{name: app, image: '${image()}:v1'}]}}
`);
    await untilSaid(
      'shop',
      /^False ConventionsApplied failed to fetch metadata for Images: .*kubectl -n closed create rolebinding/,
      'closed',
    );
  });
});
