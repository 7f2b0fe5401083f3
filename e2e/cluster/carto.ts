import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { carto } from '@cartographer/api';
import type { Client } from '@cartographer/kube';
import { createClient, createHttpTransport, loadKubeconfig, systemClock } from '@cartographer/kube';
import { type Condition, findCondition, getPath, type KubeObject, type ResourceType } from '@cartographer/machinery';
import {
  type AuditEntry,
  type AuditMark,
  type ClusterProcess,
  freePorts,
  type TestCluster,
} from '@cartographer/testkit';
import { until } from '../carto-process.ts';
import { cartoArgv } from '../carto-program.ts';

const run = promisify(execFile);

/** ConfigMaps, as the client names them. */
export const CONFIG_MAPS: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  resource: 'configmaps',
  namespaced: true,
};

/** Runs a command of `carto` against the cluster to its end; resolves with what it printed. */
async function runCarto(cluster: TestCluster, ...args: readonly string[]): Promise<string> {
  const env = { ...process.env, KUBECONFIG: cluster.kubeconfig('admin') };
  const [program, ...rest] = cartoArgv(...args);
  const { stdout } = await run(program, rest, { env });
  return stdout;
}

/**
 * Installs everything that `carto install` installs. Its Deployment runs nothing here, and nobody answers behind its
 * webhook Service: without nodes there is no network of Services.
 */
export async function installCarto(cluster: TestCluster, ...flags: readonly string[]): Promise<string> {
  const printed = await runCarto(cluster, 'install', ...flags);
  await cluster.client.delete(WEBHOOKS, { name: 'cartographer-validating-webhook-configuration' });
  return printed;
}

const WEBHOOKS: ResourceType = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  resource: 'validatingwebhookconfigurations',
  namespaced: false,
};
const TOKEN_SECONDS = 7200;

/** A token of the account that was installed for the controller. */
export function controllerToken(cluster: TestCluster): Promise<string> {
  return accountToken(cluster, 'cartographer-controller');
}

/** A token of an account, by default of those that were installed. */
async function accountToken(cluster: TestCluster, name: string, namespace = 'cartographer-system'): Promise<string> {
  return (await cluster.client.createToken({ namespace, name }, { expirationSeconds: TOKEN_SECONDS })).token;
}

/** Starts `carto controller` with the very rights that were installed; resolves when it says that it is ready. */
export async function startCartoController(
  cluster: TestCluster,
  name = 'carto',
  more: readonly string[] = [],
  token?: string,
): Promise<ClusterProcess> {
  const flags = ['--kubeconfig', cluster.kubeconfigWithToken(name, token ?? (await controllerToken(cluster))), ...more];
  return (await startPart(cluster, name, ['controller', ...flags])).process;
}

/** A part of Cartographer that runs, and where its metrics are. */
export type StartedPart = { readonly process: ClusterProcess; readonly metricsUrl: string };

/** Starts `carto scanner` with the very rights that were installed; resolves when it says that it is ready. */
export async function startCartoScanner(
  cluster: TestCluster,
  name: string,
  more: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<StartedPart> {
  const kubeconfig = cluster.kubeconfigWithToken(name, await accountToken(cluster, 'cartographer-scanner'));
  const lease = ['--leader-elect', '--leader-election-namespace', 'cartographer-system'];
  return startPart(cluster, name, ['scanner', '--kubeconfig', kubeconfig, ...lease, ...more], env);
}

/** Starts `carto jenkins` with the very rights that were installed; resolves when it says that it is ready. */
export async function startCartoJenkins(
  cluster: TestCluster,
  name: string,
  more: readonly string[],
): Promise<StartedPart> {
  const kubeconfig = cluster.kubeconfigWithToken(name, await accountToken(cluster, 'cartographer-jenkins'));
  const lease = ['--leader-elect', '--leader-election-namespace', 'cartographer-system'];
  return startPart(cluster, name, ['jenkins', '--kubeconfig', kubeconfig, ...lease, ...more]);
}

/** Starts `carto conventions` with the very rights that were installed; resolves when it says that it is ready. */
export async function startCartoConventions(
  cluster: TestCluster,
  name: string,
  more: readonly string[],
): Promise<StartedPart> {
  const kubeconfig = cluster.kubeconfigWithToken(name, await accountToken(cluster, 'cartographer-conventions'));
  const lease = ['--leader-elect', '--leader-election-namespace', 'cartographer-system'];
  return startPart(cluster, name, ['conventions', '--kubeconfig', kubeconfig, ...lease, ...more]);
}

async function startPart(
  cluster: TestCluster,
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<StartedPart> {
  const [port] = await freePorts(1);
  const address = `127.0.0.1:${port}`;
  const started = await cluster.run({
    name,
    argv: cartoArgv(...args, '--metrics-address', address),
    env,
    ready: async () => (await fetch(`http://${address}/readyz`)).ok,
  });
  return { process: started, metricsUrl: `http://${address}/metrics` };
}

/** A client that acts as a service account, with a token of its own. */
export async function clientOfAccount(
  cluster: TestCluster,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<Client> {
  const path = cluster.kubeconfigWithToken(`${namespace}-${name}`, await accountToken(cluster, name, namespace));
  const access = loadKubeconfig({ env: {}, path, clock: systemClock });
  return createClient({ transport: createHttpTransport(access), clock: systemClock, userAgent: 'testkit' });
}

/** Which requests are the choreographer's: as its own account, and as the accounts of owners. */
export function isOurs({ userAgent = '' }: AuditEntry): boolean {
  return userAgent.startsWith('carto/');
}

const QUIET_MS = 1_500;

/** Waits until nobody has asked for anything but watches for a while; resolves with what was asked since the mark. */
export async function untilQuiet(
  cluster: TestCluster,
  mark: AuditMark,
  isHeard: (entry: AuditEntry) => boolean = isOurs,
): Promise<readonly AuditEntry[]> {
  let heard: readonly AuditEntry[] = [];
  let quietSince = systemClock.now();
  await until('nothing is asked any more', async () => {
    const now = (await cluster.audit.since(mark)).filter(({ verb }) => verb !== 'watch').filter(isHeard);
    if (now.length !== heard.length) quietSince = systemClock.now();
    heard = now;
    return systemClock.now() - quietSince > QUIET_MS;
  });
  return heard;
}

/** A condition of a workload. */
export async function workloadCondition(client: Client, name: string, type: string): Promise<Condition | undefined> {
  const workload = await client.get(carto.kinds.Workload, { namespace: 'default', name });
  return findCondition(getPath(workload['status'], 'conditions') as readonly Condition[] | undefined, type);
}

/** Waits until a workload is Ready; says what it is instead when it does not become so. */
export async function untilReady(client: Client, name: string): Promise<void> {
  let last: Condition | undefined;
  try {
    await until(`workload ${name} is Ready`, async () => {
      last = await workloadCondition(client, name, 'Ready');
      return last?.status === 'True';
    });
  } catch (error) {
    throw new Error(`workload ${name} is ${JSON.stringify(last)}`, { cause: error });
  }
}

/** The data of a ConfigMap, or undefined when there is none. */
export async function dataOf(client: Client, name: string): Promise<Readonly<Record<string, string>> | undefined> {
  const { items } = await client.list(CONFIG_MAPS, { namespace: 'default', fieldSelector: `metadata.name=${name}` });
  const [found] = items as readonly (KubeObject & { readonly data?: Readonly<Record<string, string>> })[];
  return found?.data;
}
