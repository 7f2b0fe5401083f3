import { carto } from '@cartographer/api';
import { type Cluster, plan, type World, workloadOwner } from '@cartographer/engine';
import { createRestMapper, systemClock } from '@cartographer/kube';
import { canonicalJson, deepFreeze, type KubeObject, objectKey, type ResourceType } from '@cartographer/machinery';
import { ACCOUNT, type BenchCluster, chainOfConfigMaps, startCluster, untilQuiet, workloadYaml } from './cluster.ts';
import { median, type Row } from './row.ts';

const LENGTH = 8;
const CALLS = 2_000;
const RUNS = 7;
const CONFIG_MAPS: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  resource: 'configmaps',
  namespaced: true,
};

/** `plan()` for a settled chain of 8 ConfigMaps, warm, beside writing its objects as canonical JSON once. */
export async function measurePlan(): Promise<readonly Row[]> {
  const cluster = await startCluster();
  await cluster.apply(`${ACCOUNT}---${chainOfConfigMaps(LENGTH)}---${workloadYaml('app', 'start')}`);
  const controller = cluster.startController();
  await controller.ready;
  await untilQuiet(cluster, controller);
  const { world, stamped } = await settledWorld(cluster);
  await controller.stop();
  await cluster.close();
  const first = plan(world);
  if (first.kind !== 'settled' || first.statusChanged)
    throw new Error(`the world is not settled: ${canonicalJson(first)}`);
  const ours = microseconds(() => plan(world));
  const floor = microseconds(() => stamped.map(canonicalJson));
  return [
    {
      name: `plan() for a chain of ${LENGTH}, settled, warm`,
      value: ours,
      unit: 'µs',
      floor: { name: 'canonical JSON of its objects', value: floor },
      goal: { of: 'value', atMost: 150 },
    },
  ];
}

function microseconds(act: () => unknown): number {
  const times: number[] = [];
  for (let run = 0; run <= RUNS; run += 1) {
    const startedMs = performance.now();
    for (let call = 0; call < CALLS; call += 1) act();
    if (run > 0) times.push(((performance.now() - startedMs) * 1_000) / CALLS);
  }
  return median(times);
}

async function settledWorld({ client }: BenchCluster): Promise<{ world: World; stamped: readonly KubeObject[] }> {
  const list = async (type: ResourceType): Promise<readonly KubeObject[]> =>
    (await client.list(type)).items.map((object) =>
      deepFreeze({
        ...object,
        kind: type.kind,
        apiVersion: type.group === '' ? type.version : `${type.group}/${type.version}`,
      }),
    );
  const [owner] = await list(carto.kinds.Workload);
  const templates = new Map(
    (await list(carto.kinds.ClusterConfigTemplate)).map((template) => [template.metadata.name, template]),
  );
  const stamped = (await list(CONFIG_MAPS)).filter(({ metadata }) => metadata.name?.startsWith('app-'));
  const objects = new Map(stamped.map((object) => [objectKey(object.metadata), { kind: 'present', object } as const]));
  const mapper = createRestMapper({ client, clock: systemClock });
  const type = await mapper.resourceFor({ apiVersion: 'v1', kind: 'ConfigMap' });
  const cluster: Cluster = {
    template: ({ name }) => templates.get(name),
    account: () => ({ kind: 'found', uid: 'u' }),
    readsCurrent: () => false,
    mapping: () => ({ kind: 'mapped', type }),
    observed: (key) => objects.get(objectKey(key)) ?? { kind: 'absent' },
    listed: () => ({ kind: 'listed', objects: stamped }),
    written: () => undefined,
    deletions: () => [],
    rendered: () => undefined,
    recall: () => undefined,
    pace: () => ({}),
  };
  if (owner === undefined) throw new Error('there is no workload');
  return {
    stamped,
    world: {
      kind: workloadOwner,
      owner,
      blueprints: await list(carto.kinds.ClusterSupplyChain),
      cluster,
      owned: stamped,
      now: '2026-01-01T00:00:00Z',
    },
  };
}
