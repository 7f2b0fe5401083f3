import type { Client } from '@cartographer/kube';
import type { KubeObject, ResourceType } from '@cartographer/machinery';
import { ACCOUNT, type BenchCluster, chainOfConfigMaps, startCluster, untilQuiet, workloadYaml } from './cluster.ts';
import { median, percentile, type Row } from './row.ts';

const LENGTH = 8;
const ROUNDS = 60;
const CONFIG_MAPS: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  resource: 'configmaps',
  namespaced: true,
};
const WORKLOADS: ResourceType = {
  group: 'carto.run',
  version: 'v1alpha1',
  kind: 'Workload',
  resource: 'workloads',
  namespaced: true,
};

/** A signal through a chain of 8 ConfigMaps, beside a bare script that waits for each watch event and applies the next. */
export async function measureChain(): Promise<readonly Row[]> {
  const cluster = await startCluster();
  await cluster.apply(`${ACCOUNT}---${chainOfConfigMaps(LENGTH)}---${workloadYaml('app', 'start')}`);
  const bare = await bareScript(cluster);
  const controller = cluster.startController();
  await controller.ready;
  await untilQuiet(cluster, controller);
  const writesBefore = cluster.requests.writes;
  const readsBefore = cluster.requests.reads;
  const ours = await signals(cluster.client, `app-${LENGTH - 1}`, (value) =>
    cluster.client.patch(
      WORKLOADS,
      { namespace: 'default', name: 'app' },
      { kind: 'merge', body: { spec: { params: [{ name: 'value', value }] } } },
    ),
  );
  await untilQuiet(cluster, controller);
  const writes = (cluster.requests.writes - writesBefore) / ROUNDS;
  const reads = (cluster.requests.reads - readsBefore) / ROUNDS;
  await controller.stop();
  await cluster.close();
  const floor = { name: 'bare script', value: median(bare) };
  return [
    {
      name: `chain of ${LENGTH}, signal to last object, p50 of ${ROUNDS}`,
      value: median(ours),
      unit: 'ms',
      floor,
      goal: { of: 'ratio', atMost: 1.3 },
    },
    {
      name: 'the same, p99',
      value: percentile(ours, 0.99),
      unit: 'ms',
      floor: { name: 'bare script', value: percentile(bare, 0.99) },
    },
    {
      name: 'writes a change (8 applies, 1 status)',
      value: writes,
      unit: '',
      goal: { of: 'value', atMost: LENGTH + 1 },
    },
    { name: 'reads a change', value: reads, unit: '', goal: { of: 'value', atMost: 0 } },
  ];
}

/** Sends a signal and waits until the last object shows it, over and over; times in milliseconds. */
async function signals(
  client: Client,
  last: string,
  send: (value: string) => Promise<unknown>,
): Promise<readonly number[]> {
  const stop = new AbortController();
  let arrived: (value: string) => void = () => undefined;
  const watching = watchValues(client, last, stop.signal, (value) => arrived(value));
  const times: number[] = [];
  for (let round = -5; round < ROUNDS; round += 1) {
    const value = `value-${round}-${Math.random()}`;
    const there = new Promise<void>((resolve) => {
      arrived = (seen) => (seen === value ? resolve() : undefined);
    });
    const startedMs = performance.now();
    await send(value);
    await there;
    if (round >= 0) times.push(performance.now() - startedMs);
  }
  stop.abort();
  await watching;
  return times;
}

async function watchValues(
  client: Client,
  name: string,
  signal: AbortSignal,
  tell: (value: string) => void,
): Promise<void> {
  try {
    for await (const { object } of client.watch(CONFIG_MAPS, {
      namespace: 'default',
      fieldSelector: `metadata.name=${name}`,
      signal,
    })) {
      const { data } = object as { data?: { value?: string } };
      if (data?.value !== undefined) tell(data.value);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** The floor: the least that any controller can do. Reacts to each object's watch event with an apply of the next one. */
async function bareScript({ client }: BenchCluster): Promise<readonly number[]> {
  const stop = new AbortController();
  const apply = (index: number, value: string): Promise<KubeObject> =>
    client.apply(
      CONFIG_MAPS,
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `bare-${index}`, namespace: 'default' },
        data: { value },
      },
      { fieldManager: 'bare', force: true },
    );
  const hops = Array.from({ length: LENGTH - 1 }, (_, index) =>
    watchValues(client, `bare-${index}`, stop.signal, (value) => void apply(index + 1, value)),
  );
  const times = await signals(client, `bare-${LENGTH - 1}`, (value) => apply(0, value));
  stop.abort();
  await Promise.all(hops);
  return times;
}
