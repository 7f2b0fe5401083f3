import { hash } from 'node:crypto';
import { join } from 'node:path';
import { carto, crds } from '@cartographer/api';
import { type Client, systemClock } from '@cartographer/kube';
import { type Json, type KubeObject, type ResourceType, stringifyJson } from '@cartographer/machinery';
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

/** Makes the double of the workload `app`; resolves with its uid, for objects that it is to own. */
async function makeDouble(stage: BenchStage): Promise<string> {
  const { client, apply } = stage;
  const definition = crds().find(({ metadata }) => metadata.name === 'workloads.carto.run');
  if (definition === undefined) throw new Error('Workloads have no definition');
  const metadata = { name: 'workloads.bare.run' };
  // JSON is YAML, too.
  await apply(
    stringifyJson({ ...definition, metadata, spec: { ...(definition['spec'] as object), group: 'bare.run' } }),
  );
  const likeness = await likenessOf(client);
  return (await putDouble(client, 'app', likeness)).metadata.uid ?? '';
}

type Likeness = { readonly spec: Json; readonly status: Json };

async function likenessOf(client: Client): Promise<Likeness> {
  const { spec, status } = await client.get(carto.kinds.Workload, { namespace: 'default', name: 'app' });
  return { spec: spec as Json, status: status as Json };
}

async function putDouble(
  client: Client,
  name: string,
  { spec, status }: Likeness,
  between = noop,
): Promise<KubeObject> {
  const double = { apiVersion: 'bare.run/v1alpha1', kind: 'Workload', metadata: { namespace: 'default', name } };
  const made = await client.apply(DOUBLE, { ...double, spec }, { fieldManager: 'testkit' });
  await between(made.metadata.uid ?? '');
  const options = { fieldManager: 'cartographer', subresource: 'status', force: true };
  await client.apply(DOUBLE, { ...double, status }, options);
  return made;
}

async function noop(_uid: string): Promise<void> {
  // Nothing is stamped.
}

/** What a server is asked for by a script that has nothing to decide. */
export type BareLoad = {
  /** One apply of an object as large as ours. */
  readonly plain: (index: number) => Promise<unknown>;
  /** All requests of one workload: itself, its objects one after the other, its status. */
  readonly whole: (index: number) => Promise<unknown>;
};

/** Prepares load; the workload `app` is to be settled. */
export async function bareLoad(stage: BenchStage, steps: number): Promise<BareLoad> {
  const { account, client } = stage;
  const uid = await makeDouble(stage);
  const likeness = await likenessOf(client);
  const stamp = (index: number) => async (owner: string) => {
    for (let step = 0; step < steps; step += 1)
      await applyBare(account, `bare-${index}-${step}`, 'start', owner, `bare-${index}`);
  };
  return {
    plain: (index) => applyBare(account, `plain-${index}`, 'start', uid),
    whole: (index) => putDouble(client, `bare-${index}`, likeness, stamp(index)),
  };
}

/** What a build does when it is done: it writes its result into the object that asked for it. */
export function setResult(client: Client, name: string, result: string): Promise<KubeObject> {
  return client.patch(CONFIG_MAPS, { namespace: 'default', name }, { kind: 'merge', body: { data: { result } } });
}

/** Applies what a step of a chain stamps, under labels that mean nothing. */
export function applyBare(
  client: Client,
  name: string,
  value: string,
  uid: string,
  owned = 'app',
): Promise<KubeObject> {
  const labels = {
    'bare.run/workload-name': 'app',
    'bare.run/workload-namespace': 'default',
    'bare.run/supply-chain-name': 'chain',
    'bare.run/resource-name': 'step',
    'bare.run/template-kind': 'ClusterConfigTemplate',
    'bare.run/cluster-template-name': 'step',
    'bare.run/template-lifecycle': 'mutable',
  };
  const owner = { apiVersion: 'bare.run/v1alpha1', kind: 'Workload', name: owned, uid };
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
