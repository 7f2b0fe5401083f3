import { carto } from '@cartographer/api';
import { systemClock } from '@cartographer/kube';
import { getPath, type KubeObject } from '@cartographer/machinery';
import { ACCOUNT, chainOfConfigMaps, workloadYaml } from '../cluster.ts';
import type { Row } from '../row.ts';
import { setResult, setValue, startBareScript } from './bare-script.ts';
import { hopTimes } from './hop-times.ts';
import { ALL_ROUNDS, arrivals, compare, type Route, watchObject } from './route.ts';
import { type BenchStage, startStage, total } from './stage.ts';

const LENGTH = 8;
const REST_MS = 40;

/** A chain of 8, and one hop that a stamped object begins by itself, each beside a bare script on the same server. */
export async function measureChains(): Promise<readonly Row[]> {
  const stage = await startStage(`${ACCOUNT}---${chainOfConfigMaps(LENGTH)}---${RESULTS}`);
  const stop = new AbortController();
  try {
    await settle(stage);
    const bare = await startBareScript(stage, LENGTH, stop.signal);
    return [...(await chain(stage, bare.chain, stop.signal)), ...(await hop(stage, bare.hop, stop.signal))];
  } finally {
    stop.abort();
    await stage.close();
  }
}

/** Both workloads are Ready, and the one that waits for a result has its first one. */
async function settle({ apply, client, cluster, untilQuiet }: BenchStage): Promise<void> {
  const began = await cluster.audit.mark();
  await apply(
    `${workloadYaml('app', 'start')}---${workloadYaml('built', 'start').replace('chain: bench', 'chain: results')}`,
  );
  await untilQuiet(began);
  await setResult(client, 'built-cause', 'first');
  await untilQuiet(began);
}

async function chain(stage: BenchStage, bare: Route, signal: AbortSignal): Promise<readonly Row[]> {
  const { client, cluster } = stage;
  const mark = await cluster.audit.mark();
  const ours: Route = {
    arrival: arrivals(client, `app-${LENGTH - 1}`, 'value', signal),
    rested: statusFollows(stage, 'app', signal),
    send: (value) => setValue(client, carto.kinds.Workload, value),
  };
  const rows = await compare(`chain of ${LENGTH}, change to last object`, ours, bare, {
    hops: LENGTH,
    goal: { of: 'ratio', atMost: 1 },
  });
  const asked = await stage.untilQuiet(mark);
  const each = (count: number): number => count / ALL_ROUNDS;
  return [
    ...rows,
    ...hopTimes(await cluster.audit.since(mark), { ours: 'app', bare: 'bare' }),
    { name: 'reads a change', value: each(asked.reads), unit: '', goal: { of: 'value', atMost: 0 } },
    { name: 'applies a change', value: each(asked.applies), unit: '', goal: { of: 'value', atMost: LENGTH } },
    { name: 'status writes a change', value: each(asked.statuses), unit: '', goal: { of: 'value', atMost: 1 } },
    { name: 'events a change', value: each(asked.events), unit: '' },
    {
      name: 'other requests a change',
      value: each(total(asked) - asked.reads - asked.applies - asked.statuses - asked.events),
      unit: '',
    },
  ];
}

/** As between two changes in reality: the status of the last one is written. */
function statusFollows({ client }: BenchStage, name: string, signal: AbortSignal): Route['rested'] {
  let last: KubeObject | undefined;
  watchObject(client, carto.kinds.Workload, name, signal, (object) => (last = object));
  const hasFollowed = (): boolean =>
    last !== undefined && getPath(last['status'], 'observedGeneration') === last.metadata.generation;
  return async () => {
    do await systemClock.sleep(REST_MS);
    while (!hasFollowed());
  };
}

function hop({ client }: BenchStage, bare: Route, signal: AbortSignal): Promise<readonly Row[]> {
  const ours: Route = {
    arrival: arrivals(client, 'built-effect', 'value', signal),
    rested: () => systemClock.sleep(REST_MS),
    send: (result) => setResult(client, 'built-cause', result),
  };
  return compare('a stamped object changes by itself, to the object after it', ours, bare, { hops: 1 });
}

/** A step whose output is written by somebody else, and one that takes it. */
const RESULTS = `
apiVersion: carto.run/v1alpha1
kind: ClusterConfigTemplate
metadata: {name: cause}
spec:
  configPath: .data.result
  template: {apiVersion: v1, kind: ConfigMap, metadata: {name: $(workload.metadata.name)$-cause}, data: {value: $(params.value)$}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: effect}
spec:
  template: {apiVersion: v1, kind: ConfigMap, metadata: {name: $(workload.metadata.name)$-effect}, data: {value: $(config)$}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: results}
spec:
  selector: {chain: results}
  resources:
  - {name: cause, templateRef: {kind: ClusterConfigTemplate, name: cause}}
  - {name: effect, templateRef: {kind: ClusterTemplate, name: effect}, configs: [{name: result, resource: cause}]}
`;
