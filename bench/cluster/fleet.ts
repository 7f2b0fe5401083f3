import { carto } from '@cartographer/api';
import { type Client, systemClock } from '@cartographer/kube';
import { type Condition, getPath, isTrue, type KubeObject } from '@cartographer/machinery';
import { ACCOUNT, chainOfConfigMaps, workloadYaml } from '../cluster.ts';
import type { Row } from '../row.ts';
import { bareLoad } from './bare-script.ts';
import { type Asked, type BenchStage, CONFIG_MAPS, startStage, total } from './stage.ts';

const STEPS = 3;
const SIZES = (process.env['BENCH_OWNERS'] ?? '500,2000').split(',').map(Number);
const REST_MINUTES = Number(process.env['BENCH_REST_MINUTES'] ?? '1');
/** As many owners as the controller works on at once. */
const AT_ONCE = 16;
const PLAIN = 3_000;
const WHOLE = 300;
const POLL_MS = 20;

/** Many workloads on a chain of 3: from create to Ready, a restart, rest, and an edit of a template that all use. */
export async function measureFleet(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const size of SIZES) {
    const stage = await startStage(`${ACCOUNT}---${chainOfConfigMaps(STEPS)}`);
    try {
      rows.push(...(await creation(stage, size)));
      if (size !== Math.max(...SIZES)) continue;
      rows.push(...(await rest(stage)), ...(await restart(stage, size)), ...(await templateEdit(stage, size)));
    } finally {
      await stage.close();
    }
  }
  return rows;
}

async function creation(stage: BenchStage, size: number): Promise<readonly Row[]> {
  const { cluster } = stage;
  const limits = await limitsOf(stage);
  const mark = await cluster.audit.mark();
  const memoryBefore = stage.memoryMib();
  const stop = new AbortController();
  const ready = countReady(stage.client, stop.signal);
  const startedMs = performance.now();
  await inParallel(size, AT_ONCE, (index) => createWorkload(stage.client, index));
  const createdMs = performance.now() - startedMs;
  await until(() => ready.size === size);
  const tookMs = performance.now() - startedMs;
  stop.abort();
  const byThen = await stage.asked(mark);
  const asked = await stage.untilQuiet(mark);
  const perSecond = (count: number): number => (count * 1_000) / tookMs;
  const writes = perSecond(byThen.applies + byThen.statuses + size);
  return [
    { name: `${size} workloads on a chain of ${STEPS}, create to all Ready`, value: tookMs, unit: 'ms' },
    { name: 'of that, creating them', value: createdMs, unit: 'ms' },
    { name: 'workloads to Ready', value: perSecond(size), unit: '/s' },
    {
      name: 'their applies, status writes and creates',
      value: writes,
      unit: '/s',
      floor: { name: `plain applies, ${AT_ONCE} in flight`, value: limits.plain },
      goal: { of: 'ratio', atLeast: 0.8 },
    },
    {
      name: 'the same',
      value: writes,
      unit: '/s',
      floor: { name: `the same requests by a script, ${AT_ONCE} workloads at once`, value: limits.whole },
    },
    { name: 'the same with events', value: perSecond(total(byThen) + size), unit: '/s' },
    ...perOwner(asked, size),
    {
      name: `memory of the process, before and with ${size}`,
      value: stage.memoryMib(),
      unit: 'MiB',
      floor: { name: 'before', value: memoryBefore },
    },
  ];
}

function perOwner(asked: Asked, size: number): readonly Row[] {
  return [
    { name: 'reads a workload', value: asked.reads / size, unit: '', goal: { of: 'value', atMost: 0.1 } },
    { name: 'applies a workload', value: asked.applies / size, unit: '', goal: { of: 'value', atMost: STEPS } },
    { name: 'status writes a workload', value: asked.statuses / size, unit: '', goal: { of: 'value', atMost: 1 } },
    { name: 'events a workload', value: asked.events / size, unit: '' },
    { name: 'tokens and others, in all', value: asked.tokens + asked.others, unit: '' },
  ];
}

async function rest(stage: BenchStage): Promise<readonly Row[]> {
  const mark = await stage.cluster.audit.mark();
  await systemClock.sleep(REST_MINUTES * 60_000);
  const asked = await stage.asked(mark);
  return [
    exactly(`writes in ${REST_MINUTES} min of rest`, total(asked) - asked.reads),
    exactly('reads besides watches', asked.reads),
  ];
}

async function restart(stage: BenchStage, size: number): Promise<readonly Row[]> {
  const { controller, cluster } = stage;
  await controller.end('SIGTERM');
  const objects = await configMaps(stage.client);
  const mark = await cluster.audit.mark();
  const startedMs = performance.now();
  await controller.start();
  const readyMs = performance.now() - startedMs;
  await until(async () => (await stage.reconciled('workload')) >= size);
  const verifiedMs = performance.now() - startedMs;
  const asked = await stage.untilQuiet(mark);
  return [
    { name: `restart with ${size}, to ready`, value: readyMs, unit: 'ms' },
    { name: 'restart to every workload verified', value: verifiedMs, unit: 'ms' },
    exactly('writes after a restart', total(asked) - asked.reads),
    { name: 'lists after a restart', value: asked.reads, unit: '' },
    exactly('new objects after a restart', (await configMaps(stage.client)) - objects),
    { name: 'memory after a restart', value: stage.memoryMib(), unit: 'MiB' },
  ];
}

async function templateEdit(stage: BenchStage, size: number): Promise<readonly Row[]> {
  const { client, cluster } = stage;
  const mark = await cluster.audit.mark();
  const stop = new AbortController();
  const holding = new Set<string>();
  follow(
    stop.signal,
    client.watch(CONFIG_MAPS, {
      namespace: 'default',
      labelSelector: 'carto.run/resource-name=step-2',
      signal: stop.signal,
    }),
    (object) => {
      if (getPath(object, 'data', 'edited') === 'yes' && isOfFleet(object)) holding.add(object.metadata.name ?? '');
    },
  );
  const startedMs = performance.now();
  const body = { spec: { template: { data: { edited: 'yes' } } } };
  await client.patch(carto.kinds.ClusterConfigTemplate, { name: 'step-2' }, { kind: 'merge', body });
  await until(() => holding.size === size);
  const tookMs = performance.now() - startedMs;
  stop.abort();
  const asked = await stage.untilQuiet(mark);
  const all = size + 1; // the workload that the bare script took its measure from uses it, too
  return [
    { name: `an edit of a template, until all ${size} hold it`, value: tookMs, unit: 'ms' },
    { name: 'applies a workload', value: asked.applies / all, unit: '', goal: { of: 'value', atMost: 1 } },
    { name: 'status writes a workload', value: asked.statuses / all, unit: '', goal: { of: 'value', atMost: 1 } },
    { name: 'reads', value: asked.reads, unit: '', goal: { of: 'value', atMost: 0 } },
    { name: 'events a workload', value: asked.events / all, unit: '' },
  ];
}

type Limits = { readonly plain: number; readonly whole: number };

/** The server's own limits, in requests a second: for plain applies, and for what a workload's life asks for. */
async function limitsOf(stage: BenchStage): Promise<Limits> {
  const mark = await stage.cluster.audit.mark();
  await stage.apply(workloadYaml('app', 'start'));
  await stage.untilQuiet(mark);
  const { plain, whole } = await bareLoad(stage, STEPS);
  const perSecond = async (count: number, act: (index: number) => Promise<unknown>): Promise<number> => {
    await inParallel(AT_ONCE * 4, AT_ONCE, (index) => act(index + count));
    const startedMs = performance.now();
    await inParallel(count, AT_ONCE, act);
    return (count * 1_000) / (performance.now() - startedMs);
  };
  return { plain: await perSecond(PLAIN, plain), whole: (await perSecond(WHOLE, whole)) * (STEPS + 2) };
}

const isOfFleet = ({ metadata }: KubeObject): boolean => metadata.name?.startsWith('fleet-') === true;

function createWorkload(client: Client, index: number): Promise<KubeObject> {
  return client.create(carto.kinds.Workload, {
    apiVersion: 'carto.run/v1alpha1',
    kind: 'Workload',
    metadata: { name: `fleet-${index}`, namespace: 'default', labels: { chain: 'bench' } },
    spec: { params: [{ name: 'value', value: 'start' }] },
  });
}

/** The names of workloads that are Ready, growing. */
function countReady(client: Client, signal: AbortSignal): ReadonlySet<string> {
  const ready = new Set<string>();
  follow(signal, client.watch(carto.kinds.Workload, { namespace: 'default', signal }), (object) => {
    const conditions = getPath(object['status'], 'conditions') as readonly Condition[] | undefined;
    if (isTrue(conditions, 'Ready') && isOfFleet(object)) ready.add(object.metadata.name ?? '');
  });
  return ready;
}

function follow(signal: AbortSignal, events: ReturnType<Client['watch']>, tell: (object: KubeObject) => void): void {
  const run = async (): Promise<void> => {
    for await (const { object } of events) tell(object as KubeObject);
  };
  run().catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

async function configMaps(client: Client): Promise<number> {
  const { items, metadata } = await client.list(CONFIG_MAPS, { namespace: 'default', limit: 1 });
  return items.length + ((metadata as { remainingItemCount?: number }).remainingItemCount ?? 0);
}

async function inParallel(count: number, atOnce: number, act: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await act(index);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await systemClock.sleep(POLL_MS);
}

function exactly(name: string, value: number): Row {
  return { name, value, unit: '', goal: { of: 'value', atMost: 0, atLeast: 0 } };
}
