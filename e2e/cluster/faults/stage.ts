import { readFileSync, writeFileSync } from 'node:fs';
import { carto } from '@cartographer/api';
import { type RunningController, startController } from '@cartographer/controller';
import { type Client, createClient, createHttpTransport, loadKubeconfig, systemClock } from '@cartographer/kube';
import {
  type Condition,
  findCondition,
  getPath,
  type KubeObject,
  silentLog,
  type Transport,
  type WireRequest,
} from '@cartographer/machinery';
import {
  type AuditEntry,
  type AuditMark,
  applyObjects,
  createFaultTransport,
  type FaultTransport,
  objectsIn,
  type TestCluster,
} from '@cartographer/testkit';
import { expect } from 'vitest';
import { until } from '../../carto-process.ts';
import { CONFIG_MAPS, controllerToken } from '../carto.ts';
import { accountYaml, chainYaml } from './chain.ts';
import { onlyIn } from './only-in.ts';

/** A namespace with a chain, and a controller that sees this namespace alone and whose requests a test can break. */
export interface FaultStage extends AsyncDisposable {
  readonly namespace: string;
  /** Speaks as the admin, past all faults. */
  readonly client: Client;
  readonly faults: FaultTransport;
  /** Starts a controller, in place of the one that runs. */
  start(): Promise<void>;
  /** Ends the controller's requests and forgets it, as a crash does; what is on its way may still arrive. */
  crash(): void;
  apply(yaml: string): Promise<void>;
  /** Gives the workload another value, from which its objects are made. */
  change(value: string): Promise<void>;
  data(name: string): Promise<Readonly<Record<string, string>> | undefined>;
  ready(name?: string): Promise<Condition | undefined>;
  /** Waits until the workload's Ready condition is not True and says this. */
  untilItSays(text: string): Promise<void>;
  /** Waits until the chain's end has the value, the workload is Ready, and nobody asks for anything any more. */
  converged(value: string): Promise<void>;
  /** Waits until the controller has made no request but watches for a while. */
  quiet(): Promise<void>;
  /** Writes of state that the server got from this stage's controllers, refused ones included. */
  writes(since?: AuditMark): Promise<readonly string[]>;
  /** Each object was created once, but for those that the test deleted, and each value has one run at most. */
  expectNoDuplicates(deleted?: readonly string[]): Promise<void>;
}

/** How the controller of a stage reaches the server. */
export type StageOptions = {
  /** Goes there instead of to the server. */
  readonly port?: number;
};

const QUIET_MS = 700;

/** Makes a stage and starts its controller; the workload is settled on `start`. */
export async function createFaultStage(
  cluster: TestCluster,
  namespace: string,
  options: StageOptions = {},
): Promise<FaultStage> {
  const { client } = cluster;
  const began = await cluster.audit.mark();
  await applyObjects(client, systemClock, objectsIn(`${accountYaml(namespace)}---${chainYaml(namespace)}`));
  const access = loadKubeconfig({ env: {}, path: await kubeconfig(cluster, namespace, options), clock: systemClock });
  const faults = createFaultTransport(createHttpTransport(access), { clock: systemClock });
  const agent = `carto/${namespace}`;
  const life: { controller?: RunningController; cut: () => void } = { cut: () => undefined };
  const isOwn = ({ userAgent, objectRef }: AuditEntry): boolean =>
    userAgent === agent && objectRef?.namespace === namespace && WRITTEN.has(objectRef.resource);

  const stage: FaultStage = {
    namespace,
    client,
    faults,
    async start() {
      await life.controller?.stop();
      const { transport, cut } = cuttable(onlyIn(namespace, faults));
      const own = createClient({ transport, clock: systemClock, userAgent: agent });
      const controller = startController({ client: own, clock: systemClock, log: silentLog });
      Object.assign(life, { controller, cut });
      await controller.ready;
    },
    crash() {
      life.cut();
      void life.controller?.stop().catch(() => undefined);
      delete life.controller;
    },
    apply: (yaml) => applyObjects(client, systemClock, objectsIn(yaml)),
    async change(value) {
      const body = { spec: { params: [{ name: 'value', value }] } };
      await client.patch(carto.kinds.Workload, { namespace, name: 'app' }, { kind: 'merge', body });
    },
    data: async (name) => (await named(client, namespace, name))?.data,
    async ready(name = 'app') {
      const { status, metadata } = await client.get(carto.kinds.Workload, { namespace, name });
      if (getPath(status, 'observedGeneration') !== metadata.generation) return undefined;
      return findCondition(getPath(status, 'conditions') as readonly Condition[] | undefined, 'Ready');
    },
    untilItSays: (text) =>
      untilSeen(`the workload says "${text}"`, async () => {
        const found = await stage.ready();
        return { holds: found?.status !== 'True' && (found?.message ?? '').includes(text), seen: found };
      }),
    async converged(value) {
      await untilSeen(`${namespace} has ${value}`, async () => {
        const [last, ready] = [await stage.data('app-last'), await stage.ready()];
        return { holds: last?.['value'] === value && ready?.status === 'True', seen: { last, ready } };
      });
      await stage.quiet();
      expect([await stage.data('app-first'), await stage.data('app-last')]).toEqual([{ value }, { value }]);
    },
    async quiet() {
      let [seen, sinceMs] = [-1, systemClock.now()];
      await until('nothing is asked for', async () => {
        const now = faults.requests.filter(({ query }) => query?.['watch'] !== 'true').length;
        if (now !== seen || life.controller?.isIdle() === false) sinceMs = systemClock.now();
        seen = now;
        return systemClock.now() - sinceMs > QUIET_MS;
      });
    },
    async writes(since = began) {
      const entries = (await cluster.audit.since(since)).filter(isOwn).filter(({ verb }) => !READS.has(verb));
      return entries.map(({ verb, objectRef, responseStatus }) => {
        const { resource = '', name = '', subresource } = objectRef ?? {};
        return `${verb} ${resource}/${subresource ?? name} ${responseStatus?.code}`;
      });
    },
    async expectNoDuplicates(deleted = []) {
      const { items } = await client.list(CONFIG_MAPS, { namespace, labelSelector: 'test/run' });
      const values = (items as readonly ConfigMap[]).map(({ data }) => data?.['value']);
      expect(new Set(values).size, `runs for ${values.join(', ')}`).toBe(values.length);
      const created = (await cluster.audit.since(began))
        .filter(isOwn)
        .filter(({ responseStatus, objectRef }) => responseStatus?.code === 201 && objectRef?.subresource !== 'status')
        .filter(({ verb }) => verb === 'create' || verb === 'patch')
        .map(({ objectRef }) => `${objectRef?.resource}/${objectRef?.name ?? ''}`);
      const runs = created.filter((name) => !/-(?:first|last|thing)$/.test(name));
      expect(runs.length, created.join(', ')).toBeLessThanOrEqual(values.length);
      const others = created.filter((name) => !runs.includes(name)).toSorted();
      expect(others).toEqual([...new Set(others), ...deleted].toSorted());
    },
    async [Symbol.asyncDispose]() {
      life.cut();
      await life.controller?.stop().catch(() => undefined);
      await faults.close();
    },
  };
  await stage.start();
  await stage.converged('start');
  return stage;
}

/** What counts as a write of state. */
const WRITTEN = new Set(['configmaps', 'things', 'workloads']);
const READS = new Set(['get', 'list', 'watch']);

/** True for requests that write state: no events, no tokens. */
export function isStateWrite({ method, path, query }: WireRequest): boolean {
  return method !== 'GET' && /\/(?:configmaps|things|workloads)\b/.test(path) && query?.['dryRun'] === undefined;
}

async function kubeconfig(cluster: TestCluster, name: string, { port }: StageOptions): Promise<string> {
  const path = cluster.kubeconfigWithToken(name, await controllerToken(cluster));
  if (port !== undefined)
    writeFileSync(path, readFileSync(path, 'utf8').replace(cluster.url, `https://127.0.0.1:${port}`));
  return path;
}

type ConfigMap = KubeObject & { readonly data?: Readonly<Record<string, string>> };

async function named(client: Client, namespace: string, name: string): Promise<ConfigMap | undefined> {
  const { items } = await client.list(CONFIG_MAPS, { namespace, fieldSelector: `metadata.name=${name}` });
  return items[0];
}

/** Polls; says what was there instead when it does not come to hold. */
async function untilSeen(what: string, look: () => Promise<{ holds: boolean; seen: unknown }>): Promise<void> {
  let last: unknown;
  try {
    await until(what, async () => {
      const { holds, seen } = await look();
      last = seen;
      return holds;
    });
  } catch (error) {
    throw new Error(`${(error as Error).message}; there is ${JSON.stringify(last)}`, { cause: error });
  }
}

/** A transport that can be cut: afterwards nothing gets through, as if the process were dead. */
function cuttable(inner: Transport): { readonly transport: Transport; readonly cut: () => void } {
  let isCut = false;
  const transport: Transport = {
    request: (request) => (isCut ? Promise.reject(new Error('this process is dead')) : inner.request(request)),
    close: () => inner.close(),
  };
  return { transport, cut: () => void (isCut = true) };
}
