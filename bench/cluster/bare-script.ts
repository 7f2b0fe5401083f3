import { hash } from 'node:crypto';
import { join } from 'node:path';
import { carto, crds } from '@cartographer/api';
import { type Client, systemClock } from '@cartographer/kube';
import { asJson, type KubeObject, type ResourceType, stringifyJson } from '@cartographer/machinery';
import { arrivals, type Route } from './route.ts';
import { type BenchStage, CONFIG_MAPS } from './stage.ts';

const REST_MS = 40;
const PROCESS = join(import.meta.dirname, 'bare-process.ts');

/** The floor: a script in a process of its own, which does the least that any controller can do. */
export type BareScript = {
  /** From the workload's double to the last of the chain. */
  readonly chain: Route;
  /** From one object to the next. */
  readonly hop: Route;
};

/**
 * Starts the script. Its chain begins with the workload's double, status included, of a kind that only the script
 * watches: what it costs to patch a workload is nobody's merit.
 */
export async function startBareScript(stage: BenchStage, length: number, signal: AbortSignal): Promise<BareScript> {
  const { client, cluster } = stage;
  const uid = await makeDouble(stage);
  const path = cluster.kubeconfigWithToken('bare', stage.accountToken);
  await cluster.run({ name: 'bare', argv: [process.execPath, PROCESS, path, String(length), uid] });
  await applyBare(stage.account, 'bare-cause', 'start', uid);
  const rested = (): Promise<void> => systemClock.sleep(REST_MS);
  return {
    chain: {
      arrival: arrivals(client, `bare-${length - 1}`, 'value', signal),
      rested,
      send: (value) => setValue(client, DOUBLE, value),
    },
    hop: {
      arrival: arrivals(client, 'bare-effect', 'value', signal),
      rested,
      send: (result) => setResult(client, 'bare-cause', result),
    },
  };
}

/** Changes the workload `app`, or its double. */
export function setValue(client: Client, type: ResourceType, value: string): Promise<KubeObject> {
  const body = { spec: { params: [{ name: 'value', value }] } };
  return client.patch(type, { namespace: 'default', name: 'app' }, { kind: 'merge', body });
}

/** The double's kind. */
export const DOUBLE: ResourceType = { ...carto.kinds.Workload, group: 'bare.run' };

/** Makes the double of the workload `app`, if there is one; resolves with its uid, for objects that it is to own. */
export async function makeDouble({ client, apply }: BenchStage): Promise<string> {
  const definition = crds().find(({ metadata }) => metadata.name === 'workloads.carto.run');
  if (definition === undefined) throw new Error('Workloads have no definition');
  const metadata = { name: 'workloads.bare.run' };
  // JSON is YAML, too.
  await apply(
    stringifyJson(asJson({ ...definition, metadata, spec: { ...(definition['spec'] as object), group: 'bare.run' } })),
  );
  const { items } = await client.list(carto.kinds.Workload, {
    namespace: 'default',
    fieldSelector: 'metadata.name=app',
  });
  const [app] = items;
  const [spec, status] = [app?.['spec'] ?? {}, app?.['status'] ?? {}];
  const double = { apiVersion: 'bare.run/v1alpha1', kind: 'Workload', metadata: { namespace: 'default', name: 'app' } };
  const made = await client.apply(DOUBLE, { ...double, spec }, { fieldManager: 'testkit' });
  const subresource = { fieldManager: 'cartographer', subresource: 'status' };
  await client.apply(DOUBLE, { ...double, status }, subresource);
  return made.metadata.uid ?? '';
}

/** What a build does when it is done: it writes its result into the object that asked for it. */
export function setResult(client: Client, name: string, result: string): Promise<KubeObject> {
  return client.patch(CONFIG_MAPS, { namespace: 'default', name }, { kind: 'merge', body: { data: { result } } });
}

/** Applies what a step of a chain stamps, under labels that mean nothing. */
export function applyBare(client: Client, name: string, value: string, uid: string): Promise<KubeObject> {
  const labels = {
    'bare.run/workload-name': 'app',
    'bare.run/workload-namespace': 'default',
    'bare.run/supply-chain-name': 'chain',
    'bare.run/resource-name': 'step',
    'bare.run/template-kind': 'ClusterConfigTemplate',
    'bare.run/cluster-template-name': 'step',
    'bare.run/template-lifecycle': 'mutable',
  };
  const owner = { apiVersion: 'bare.run/v1alpha1', kind: 'Workload', name: 'app', uid };
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      namespace: 'default',
      labels,
      annotations: { 'bare.run/stamp-digest': hash('sha256', value) },
      ownerReferences: [{ ...owner, controller: true }],
    },
    data: { value },
  };
  return client.apply(CONFIG_MAPS, object, { fieldManager: 'bare', force: true });
}
