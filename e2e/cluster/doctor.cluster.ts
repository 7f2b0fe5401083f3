import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { carto } from '@cartographer/api';
import { INSTALL_NAMES, issueCertificate, WEBHOOK_CONFIGURATIONS } from '@cartographer/controller';
import { getIfThere, SECRETS, systemClock } from '@cartographer/kube';
import { type Json, type KubeObject, type ResourceType, textAt } from '@cartographer/machinery';
import { applyObjects, freePorts, objectsIn, readObjects, startCluster, type TestCluster } from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../carto-process.ts';
import { cartoArgv } from '../carto-program.ts';
import { startCartoController, untilReady } from './carto.ts';

const { namespace, controller, clusterRole, webhookConfiguration, webhookSecret, webhookService } = INSTALL_NAMES;
const type = (group: string, version: string, kind: string, resource: string, namespaced = true): ResourceType => {
  return { group, version, kind, resource, namespaced };
};
const DEPLOYMENTS = type('apps', 'v1', 'Deployment', 'deployments');
const CLUSTER_ROLES = type('rbac.authorization.k8s.io', 'v1', 'ClusterRole', 'clusterroles', false);
const CRDS = type('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition', 'customresourcedefinitions', false);

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster({ users: [{ name: 'jane', groups: ['developers'] }] });
});
afterAll(() => cluster.stop());

type Ran = { readonly code: number; readonly out: string; readonly err: string };
type Report = {
  readonly kubernetes: string;
  readonly user: string;
  readonly checks: readonly {
    readonly check: string;
    readonly outcome: string;
    readonly notLooked: readonly string[];
    readonly findings: readonly { readonly reason: string; readonly message: string }[];
  }[];
};

/** Runs a command as a user does, to its end. */
function run(args: readonly string[], user = 'admin'): Promise<Ran> {
  const env = { ...process.env, KUBECONFIG: cluster.kubeconfig(user) };
  const [program, ...rest] = cartoArgv(...args);
  return new Promise((resolve) => {
    execFile(program, rest, { env }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

async function doctor(user?: string): Promise<Report & { readonly code: number }> {
  const { code, out, err } = await run(['doctor', '-o', 'json'], user);
  if (out === '') throw new Error(err);
  return { code, ...(JSON.parse(out) as Report) };
}

/** `check: reason` of all findings; what could not be looked at is no finding, and fails the test that expects none. */
function found({ checks }: Report): readonly string[] {
  return checks.flatMap(({ check, findings, notLooked }) => [
    ...findings.map(({ reason }) => `${check}: ${reason}`),
    ...notLooked.map((why) => `${check} not looked at: ${why}`),
  ]);
}

/** What a kubelet and the controllers of Deployments and Services write in a cluster with nodes. */
async function pretendPods(): Promise<void> {
  const key = { namespace, name: controller };
  const live = await cluster.client.get(DEPLOYMENTS, key);
  const status = {
    observedGeneration: live.metadata.generation ?? 1,
    replicas: 2,
    readyReplicas: 2,
    availableReplicas: 2,
  };
  await cluster.client.updateStatus(DEPLOYMENTS, { ...live, status });
  await applyObjects(
    cluster.client,
    systemClock,
    objectsIn(`
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ${webhookService}-a, namespace: ${namespace}, labels: {kubernetes.io/service-name: ${webhookService}}}
addressType: IPv4
endpoints: [{addresses: [10.1.2.3], conditions: {ready: true}}]
ports: [{name: webhooks, port: 9443, protocol: TCP}]
`),
  );
}

describe('carto doctor on a real cluster', () => {
  it('says of one where nothing is installed just that, and carto version says as much', async () => {
    const report = await doctor();
    expect([report.code, found(report)]).toEqual([2, ['definitions: NotInstalled']]);
    expect([report.kubernetes, report.user]).toEqual([expect.stringMatching(/^v1\.\d+\.\d+/), 'admin']);
    const { code, out } = await run(['version']);
    expect(out).toMatch(/\ncontroller: +not installed\ndefinitions: +none\n$/);
    expect(code).toBe(0);
  });

  it('finds nothing on one where all is installed, leads, and works', async () => {
    expect((await run(['install', '--crds-only'])).code).toBe(0);
    // Before there are webhooks that nobody answers: without nodes there is no network of Services.
    await applyObjects(cluster.client, systemClock, readObjects(join(import.meta.dirname, 'chain.yaml')));
    expect((await run(['install'])).code).toBe(0);
    await pretendPods();
    const [port = 0] = await freePorts(1);
    const lease = ['--leader-elect', '--leader-election-namespace', namespace];
    await startCartoController(cluster, 'carto', [...lease, '--webhooks-address', `127.0.0.1:${port}`]);
    await untilReady(cluster.client, 'greet');
    await until('the API server is told whom to trust', async () => {
      const { webhooks } = await cluster.client.get(WEBHOOK_CONFIGURATIONS, { name: webhookConfiguration });
      return (webhooks as readonly Json[]).every((webhook) => textAt(webhook, 'clientConfig', 'caBundle') !== '');
    });
    const report = await doctor();
    expect([report.code, found(report)]).toEqual([0, []]);
    expect((await run(['version'])).out).toMatch(/\ndefinitions: +11 of 11 as this carto has them\n$/);
  });

  it('shows the chain, who is served by it, and the owner on its way', async () => {
    const { out } = await run(['chain', 'list']);
    expect(out).toMatch(/\ngreetings +ClusterSupplyChain +Ready +1 +/);
    const graph = await run(['chain', 'graph', '--owner', 'greet']);
    expect(graph.out).toMatch(/for workload default\/greet: ● ready\n\nSTEP +STATE/);
    expect((await run(['match', 'greet'])).out).toMatch(
      /^✓ workload default\/greet is served by ClusterSupplyChain greetings\n/,
    );
  });

  it('tells a user with few rights what is missing, and takes nothing for well that it could not see', async () => {
    const report = await doctor('jane');
    expect([report.code, report.user]).toEqual([2, 'jane']);
    expect(found(report).filter((line) => line.startsWith('rights: '))).toHaveLength(4);
    const fine = report.checks.filter(({ outcome }) => outcome === 'fine').map(({ check }) => check);
    expect(fine).toEqual(['access']);
  });

  it('finds a role without its rights, an older definition, and a kind that nobody serves', async () => {
    const { client } = cluster;
    const rules = [{ apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch'] }];
    await client.patch(CLUSTER_ROLES, { name: clusterRole }, { kind: 'merge', body: { rules } });
    const definition = { name: 'deliverables.carto.run' };
    await client.patch(CRDS, definition, {
      kind: 'json',
      body: [
        {
          op: 'remove',
          path: '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/serviceAccountName',
        },
      ],
      fieldManager: 'carto-install',
    });
    await createTemplate();
    await until('the rights are gone', async () =>
      found(await doctor()).includes('controller rights: ControllerRightMissing'),
    );
    expect(found(await doctor())).toEqual([
      'definitions: DefinitionOlder',
      'controller rights: ControllerRightMissing',
      'kinds: KindNotServed',
    ]);
    expect((await run(['install'])).code).toBe(0);
    await client.delete(carto.kinds.ClusterTemplate, { name: 'task' });
    expect(found(await doctor())).toEqual([]);
  });

  it('finds a leader that died, and a certificate that nobody trusts or that is gone', async () => {
    await cluster.process('carto').end('SIGKILL');
    const { client } = cluster;
    const { certPem, keyPem, caPem } = await issueCertificate(['x'], systemClock.now());
    const encoded = (text: string): string => Buffer.from(text).toString('base64');
    const data = { 'tls.crt': encoded(certPem), 'tls.key': encoded(keyPem), 'ca.crt': encoded(caPem) };
    await client.patch(SECRETS, { namespace, name: webhookSecret }, { kind: 'merge', body: { data } });
    expect(found(await doctor())).toEqual(['leader: LeaderSilent', 'webhooks: WebhookUntrusted']);
    await client.delete(SECRETS, { namespace, name: webhookSecret });
    await client.delete(WEBHOOK_CONFIGURATIONS, { name: webhookConfiguration });
    expect(await getIfThere(client, WEBHOOK_CONFIGURATIONS, { name: webhookConfiguration })).toBeUndefined();
    expect(found(await doctor())).toEqual([
      'leader: LeaderSilent',
      'webhooks: WebhookMissing',
      'certificates: CertificateMissing',
    ]);
  });
});

async function createTemplate(): Promise<void> {
  const template: KubeObject = {
    apiVersion: 'carto.run/v1alpha1',
    kind: 'ClusterTemplate',
    metadata: { name: 'task' },
    spec: { template: { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', metadata: { name: 'x' }, spec: {} } },
  };
  await cluster.client.create(carto.kinds.ClusterTemplate, template);
}
