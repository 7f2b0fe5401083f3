import { systemClock } from '@cartographer/kube';
import { ACCOUNT, type BenchCluster, chainOfConfigMaps, startCluster, untilQuiet, workloadYaml } from './cluster.ts';
import type { Row } from './row.ts';

const OWNERS = 1_000;
const REST_MS = 3_000;
const KIB = 1024;

/** 1,000 workloads on a chain of 3: how fast they become ready, what a restart writes, what rest costs. */
export async function measureRest(): Promise<readonly Row[]> {
  const cluster = await startCluster();
  await cluster.apply(`${ACCOUNT}---${chainOfConfigMaps(3)}`);
  const plainMs = await plainApplies(cluster);
  const first = cluster.startController();
  await first.ready;
  await untilQuiet(cluster, first);
  const { writes: writesBefore, reads: readsBefore } = cluster.requests;
  const createStartedMs = performance.now();
  await Promise.all(Array.from({ length: OWNERS }, (_, index) => cluster.apply(workloadYaml(`app-${index}`, 'start'))));
  await untilQuiet(cluster, first);
  const createMs = performance.now() - createStartedMs - 300;
  const writesToReady = cluster.requests.writes - writesBefore;

  await systemClock.sleep(REST_MS);
  const atRest = cluster.requests.writes - writesBefore - writesToReady;
  const reads = cluster.requests.reads - readsBefore;
  await first.stop();

  const heapBefore = heapKib();
  const before = { ...cluster.requests };
  const restartedMs = performance.now();
  const second = cluster.startController();
  await second.ready;
  await untilQuiet(cluster, second);
  const restartMs = performance.now() - restartedMs - 300;
  const heapKibPerOwner = (heapKib() - heapBefore) / OWNERS;
  const restartWrites = cluster.requests.writes - before.writes;
  await second.stop();
  await cluster.close();
  return [
    {
      name: `${OWNERS} workloads x 3 ConfigMaps, create to all ready`,
      value: createMs,
      unit: 'ms',
      floor: { name: 'plain applies of as many objects', value: plainMs },
    },
    {
      name: 'writes an owner until ready (3 applies, 1 status)',
      value: writesToReady / OWNERS,
      unit: '',
      goal: { of: 'value', atMost: 4 },
    },
    { name: 'reads an owner until ready', value: reads / OWNERS, unit: '', goal: { of: 'value', atMost: 0.1 } },
    { name: `writes in ${REST_MS / 1000} s at rest`, value: atRest, unit: '', goal: { of: 'value', atMost: 0 } },
    { name: 'writes after a restart', value: restartWrites, unit: '', goal: { of: 'value', atMost: 0 } },
    { name: 'restart to every owner verified', value: restartMs, unit: 'ms' },
    { name: 'memory an owner with 3 objects', value: heapKibPerOwner, unit: 'KiB', goal: { of: 'value', atMost: 25 } },
  ];
}

/** The floor: as many objects written by nobody's choice, 3 ConfigMaps and one workload an owner. */
async function plainApplies({ client }: BenchCluster): Promise<number> {
  const type = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };
  const startedMs = performance.now();
  await Promise.all(
    Array.from({ length: OWNERS * 5 }, (_, index) =>
      client.apply(
        type,
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: `plain-${index}`, namespace: 'default' },
          data: { value: 'start' },
        },
        { fieldManager: 'plain' },
      ),
    ),
  );
  return performance.now() - startedMs;
}

function heapKib(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / KIB;
}
