import { ACCOUNT, type BenchCluster, startCluster, untilQuiet } from './cluster.ts';
import type { Row } from './row.ts';

const RUNNABLES = 1_000;
const RUNS = 10;
const KIB = 1024;

const RUN_KIND = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: runs.bench.carto.run}
spec:
  group: bench.carto.run
  scope: Namespaced
  names: {plural: runs, singular: run, kind: Run, listKind: RunList}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`;

const TEMPLATE = `
apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: run}
spec:
  outputs: {in: .spec.in}
  template:
    apiVersion: bench.carto.run/v1
    kind: Run
    metadata: {generateName: $(runnable.metadata.name)$-}
    spec: {in: $(runnable.spec.inputs.in)$}
    status: {conditions: [{type: Succeeded, status: 'True'}]}
`;

const RUN = { group: 'bench.carto.run', version: 'v1', kind: 'Run', resource: 'runs', namespaced: true };
const RUNNABLE = { group: 'carto.run', version: 'v1alpha1', kind: 'Runnable', resource: 'runnables', namespaced: true };

/** 1,000 Runnables with 10 runs each: what a restart makes and writes, and what they cost in memory. */
export async function measureRunnables(): Promise<readonly Row[]> {
  const cluster = await startCluster();
  await cluster.apply(`${ACCOUNT}---${RUN_KIND}---${TEMPLATE}`);
  const first = cluster.startController();
  await first.ready;
  const startedMs = performance.now();
  for (let round = 0; round < RUNS; round += 1) {
    await Promise.all(Array.from({ length: RUNNABLES }, (_, index) => request(cluster, `task-${index}`, round)));
    await untilQuiet(cluster, first);
  }
  const runsMs = performance.now() - startedMs;
  const made = await countRuns(cluster);
  await first.stop();

  const heapBefore = heapKib();
  const writesBefore = cluster.requests.writes;
  const restartedMs = performance.now();
  const second = cluster.startController();
  await second.ready;
  await untilQuiet(cluster, second);
  const restartMs = performance.now() - restartedMs - 300;
  const heapKibPerOwner = (heapKib() - heapBefore) / RUNNABLES;
  const written = cluster.requests.writes - writesBefore;
  const again = await countRuns(cluster);
  await second.stop();
  await cluster.close();
  return [
    { name: `${RUNNABLES} runnables, ${RUNS} runs each, until all are made`, value: runsMs, unit: 'ms' },
    exactly(`runs made for ${RUNNABLES} x ${RUNS} inputs`, made, RUNNABLES * RUNS),
    exactly('new runs after a restart', again - made, 0),
    exactly('writes after a restart', written, 0),
    { name: 'restart to every runnable verified', value: restartMs, unit: 'ms' },
    {
      name: `memory a runnable with ${RUNS} runs`,
      value: heapKibPerOwner,
      unit: 'KiB',
      goal: { of: 'value', atMost: 50 },
    },
  ];
}

function exactly(name: string, value: number, wanted: number): Row {
  return { name, value, unit: '', goal: { of: 'value', atMost: wanted, atLeast: wanted } };
}

async function request({ client }: BenchCluster, name: string, round: number): Promise<void> {
  const object = {
    apiVersion: 'carto.run/v1alpha1',
    kind: 'Runnable',
    metadata: { name, namespace: 'default' },
    spec: { runTemplateRef: { name: 'run' }, inputs: { in: `round ${round}` } },
  };
  await client.apply(RUNNABLE, object, { fieldManager: 'bench', force: true });
}

/** Asks for one page only: the server says how many more there are. */
async function countRuns({ client }: BenchCluster): Promise<number> {
  const { items, metadata } = await client.list(RUN, { namespace: 'default', limit: 1 });
  return items.length + ((metadata as { remainingItemCount?: number }).remainingItemCount ?? 0);
}

function heapKib(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / KIB;
}
