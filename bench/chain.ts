import { hash } from 'node:crypto';
import { carto } from '@cartographer/api';
import type { RunningController } from '@cartographer/controller';
import { type Client, systemClock } from '@cartographer/kube';
import { getPath, isList, type KubeObject, type ResourceType } from '@cartographer/machinery';
import { ACCOUNT, type BenchCluster, chainOfConfigMaps, startCluster, untilQuiet, workloadYaml } from './cluster.ts';
import { percentile, type Row } from './row.ts';

const LENGTH = 8;
/** Fewer changes of one owner than the circuit breaker takes for a loop: 240 within a minute. */
const WARM_UP = 80;
const ROUNDS = 140;
const REST_MS = 2;
const CONFIG_MAPS: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  resource: 'configmaps',
  namespaced: true,
};

/** A signal through a chain of 8 ConfigMaps, beside a bare script that waits for each watch event and applies the next. */
export async function measureChain(): Promise<readonly Row[]> {
  return [...(await journeys('in process')), ...(await journeys('https'))];
}

/** Rounds of ours and of the script by turns, so that whatever slows the machine down slows down both. */
async function journeys(access: 'in process' | 'https'): Promise<readonly Row[]> {
  const cluster = await startCluster(access);
  await cluster.apply(`${ACCOUNT}---${chainOfConfigMaps(LENGTH)}---${workloadYaml('app', 'start')}`);
  const controller = cluster.startController();
  await controller.ready;
  await untilQuiet(cluster, controller);
  const stop = new AbortController();
  const bareRoute = await bareScript(cluster, stop.signal);
  const ourRoute = watchRoute(cluster.client, `app-${LENGTH - 1}`, stop.signal, (value) => signalOwner(cluster, value));
  const ours: number[] = [];
  const bare: number[] = [];
  let before = { ...cluster.requests };
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    if (round === 0) before = { ...cluster.requests };
    const bareMs = await travel(bareRoute);
    await untilRested(controller);
    const ourMs = await travel(ourRoute);
    await untilRested(controller);
    if (round < 0) continue;
    bare.push(bareMs);
    ours.push(ourMs);
  }
  await untilQuiet(cluster, controller);
  stop.abort();
  await Promise.all([...bareRoute.watching, ...ourRoute.watching]);
  await controller.stop();
  await cluster.close();
  const { writes, reads } = cluster.requests;
  const timed = timeRows(`chain of ${LENGTH} ${access}, signal to last object`, ours, bare);
  return [...timed, ...requestRows((writes - before.writes) / ROUNDS, (reads - before.reads) / ROUNDS)];
}

function timeRows(what: string, ours: readonly number[], bare: readonly number[]): readonly Row[] {
  const at = (share: number): Pick<Row, 'value' | 'unit' | 'floor'> => ({
    value: percentile(ours, share),
    unit: 'ms',
    floor: { name: 'bare script', value: percentile(bare, share) },
  });
  return [
    { name: `${what}, p50 of ${ROUNDS}`, ...at(0.5), goal: { of: 'ratio', atMost: 1.3 } },
    { name: `${what}, p90`, ...at(0.9) },
    { name: `${what}, p99`, ...at(0.99) },
    {
      name: 'of that, a hop of ours beyond a hop of the script, p50',
      value: (percentile(ours, 0.5) - percentile(bare, 0.5)) / LENGTH,
      unit: 'ms',
      goal: { of: 'value', atMost: 1 },
    },
  ];
}

function requestRows(writes: number, reads: number): readonly Row[] {
  return [
    {
      name: `writes a change (${LENGTH} applies, 1 status)`,
      value: writes,
      unit: '',
      goal: { of: 'value', atMost: LENGTH + 1 },
    },
    { name: 'reads a change', value: reads, unit: '', goal: { of: 'value', atMost: 0 } },
  ];
}

/** A way for a value from a first write to a last object. */
type Route = {
  readonly send: (value: string) => Promise<unknown>;
  /** Resolves when the last object shows the value. */
  readonly arrival: (value: string) => Promise<void>;
  readonly watching: readonly Promise<void>[];
};

/** Sends a value and waits until the last object shows it; milliseconds. */
async function travel({ send, arrival }: Route): Promise<number> {
  const value = `value-${Math.random()}`;
  const there = arrival(value);
  const startedMs = performance.now();
  await send(value);
  await there;
  return performance.now() - startedMs;
}

/** As between two changes in reality: the status is written, its echo has come, nothing is under way. */
async function untilRested(controller: RunningController): Promise<void> {
  do await systemClock.sleep(REST_MS);
  while (!controller.isIdle());
}

function signalOwner({ client }: BenchCluster, value: string): Promise<KubeObject> {
  const key = { namespace: 'default', name: 'app' };
  return client.patch(carto.kinds.Workload, key, {
    kind: 'merge',
    body: { spec: { params: [{ name: 'value', value }] } },
  });
}

function watchRoute(client: Client, last: string, signal: AbortSignal, send: Route['send']): Route {
  let arrived: (value: string) => void = () => undefined;
  const arrival = (value: string): Promise<void> =>
    new Promise((resolve) => {
      arrived = (seen) => (seen === value ? resolve() : undefined);
    });
  return { send, arrival, watching: [watchValues(client, configMap(last), signal, (value) => arrived(value))] };
}

type Watched = { readonly type: ResourceType; readonly name: string; readonly namespace?: string };

const configMap = (name: string): Watched => ({ type: CONFIG_MAPS, name, namespace: 'default' });

async function watchValues(
  client: Client,
  { type, name, namespace }: Watched,
  signal: AbortSignal,
  tell: (value: string) => void,
): Promise<void> {
  const fieldSelector = `metadata.name=${name}`;
  try {
    for await (const { object } of client.watch(type, { namespace, fieldSelector, signal })) {
      const params = getPath(object, 'spec', 'params');
      const value = isList(params) ? getPath(params[0], 'default') : getPath(object, 'data', 'value');
      if (typeof value === 'string') tell(value);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/**
 * The floor: the least that any controller can do. Waits for the signal's watch event, then for each object's, and
 * applies the next object, as large as ours. The signal is a template that nothing uses, so only this script hears it.
 */
async function bareScript({ client, apply }: BenchCluster, signal: AbortSignal): Promise<Route> {
  await apply(SIGNAL);
  const key = { name: 'signal' };
  const { metadata } = await client.get(carto.kinds.ClusterTemplate, key);
  const applyNext = (index: number, value: string): Promise<KubeObject> =>
    client.apply(CONFIG_MAPS, bareObject(index, value, metadata.uid ?? ''), { fieldManager: 'bare', force: true });
  const start = watchValues(client, { type: carto.kinds.ClusterTemplate, name: 'signal' }, signal, (value) => {
    void applyNext(0, value);
  });
  const hops = Array.from({ length: LENGTH - 1 }, (_, index) =>
    watchValues(client, configMap(`bare-${index}`), signal, (value) => void applyNext(index + 1, value)),
  );
  const send = (value: string): Promise<KubeObject> =>
    client.patch(carto.kinds.ClusterTemplate, key, {
      kind: 'merge',
      body: { spec: { params: [{ name: 'value', default: value }] } },
    });
  const route = watchRoute(client, `bare-${LENGTH - 1}`, signal, send);
  return { ...route, watching: [...route.watching, start, ...hops] };
}

const SIGNAL = `
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: signal}
spec:
  params: [{name: value, default: start}]
  template: {apiVersion: v1, kind: ConfigMap, metadata: {name: never}}
`;

/** What a step of {@link chainOfConfigMaps} stamps, under labels that mean nothing. */
function bareObject(index: number, value: string, uid: string): KubeObject {
  const labels = {
    'bare.run/workload-name': 'app',
    'bare.run/workload-namespace': 'default',
    'bare.run/supply-chain-name': 'chain',
    'bare.run/resource-name': `step-${index}`,
    'bare.run/template-kind': 'ClusterConfigTemplate',
    'bare.run/cluster-template-name': `step-${index}`,
    'bare.run/template-lifecycle': 'mutable',
  };
  const owner = { apiVersion: 'carto.run/v1alpha1', kind: 'ClusterTemplate', name: 'signal', uid };
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: `bare-${index}`,
      namespace: 'default',
      labels,
      annotations: { 'bare.run/stamp-digest': hash('sha256', value) },
      ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }],
    },
    data: { value },
  };
}
