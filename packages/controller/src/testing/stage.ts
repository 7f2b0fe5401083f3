import { crds } from '@cartographer/api';
import { type ApiServerOptions, type AuditEntry } from '@cartographer/apiserver';
import { type Client, createClient, resourcePath } from '@cartographer/kube';
import { type Condition, findCondition, type KubeObject, silentLog, type Transport } from '@cartographer/machinery';
import { type ControllerMetrics, createControllerMetrics } from '@cartographer/runtime';
import { cuttable, type FakeClock, type FaultTransport, grantedAccountYaml, stageServer } from '@cartographer/testkit';
import { type RunningController, startController } from '../start-controller.ts';

/** A controller with a cluster of its own, for one test. */
export interface Stage extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly client: Client;
  /** Reaches the server as its admin. */
  readonly direct: Transport;
  /** What the controller's requests go through. */
  readonly faults: FaultTransport;
  readonly audit: readonly AuditEntry[];
  /** Starts the controller, or another one in its place. */
  restart(): Promise<ControllerMetrics>;
  /** Ends the controller without a goodbye, as a crash does. */
  crash(): Promise<void>;
  /** Applies YAML documents as a user. */
  apply(yaml: string): Promise<void>;
  get(kind: string, name: string, namespace?: string): Promise<KubeObject | undefined>;
  delete(kind: string, name: string, namespace?: string): Promise<void>;
  /** Waits until the condition holds, or until the controller has nothing to do. */
  reached(holds: () => boolean): Promise<void>;
  /** Advances time until nothing happens any more; `isIdle` speaks for controllers that the stage did not start. */
  settled(isIdle?: () => boolean): Promise<void>;
  /** `status reason` of the owner's Ready condition. */
  ready(kind: string, name: string): Promise<string>;
}

const CORE = new Set(['ConfigMap', 'ServiceAccount', 'Secret', 'Namespace', 'Event']);
const GROUPS: Readonly<Record<string, string>> = {
  Role: 'rbac.authorization.k8s.io/v1',
  RoleBinding: 'rbac.authorization.k8s.io/v1',
  CustomResourceDefinition: 'apiextensions.k8s.io/v1',
  Thing: 'test.carto.run/v1',
  Gizmo: 'gizmo.test/v1',
};
const USER = 'user/1';

/** Kinds beside our own, and hooks that see every write. */
export type StageOptions = { readonly crds?: readonly KubeObject[] } & Pick<ApiServerOptions, 'admission'>;

/** Builds a stage; the account `default` of namespace `default` may do everything there. */
export async function createStage(options: StageOptions = {}): Promise<Stage> {
  const staged = await stageServer({ ...options, crds: [...crds(), ...(options.crds ?? [])], userAgent: USER });
  const { server, clock, audit, direct, client, mapper, faults } = staged;
  const running: { controller?: RunningController; cut?: () => void } = {};

  const typeOf = (kind: string): ReturnType<typeof mapper.resourceFor> =>
    mapper.resourceFor({ kind, apiVersion: CORE.has(kind) ? 'v1' : (GROUPS[kind] ?? 'carto.run/v1alpha1') });

  const stage: Stage = {
    clock,
    client,
    direct,
    faults,
    audit,
    async restart() {
      await running.controller?.stop();
      const metrics = createControllerMetrics();
      const { transport, cut } = cuttable(faults);
      const own = createClient({ transport, clock, userAgent: 'controller/1' });
      const controller = startController({ client: own, clock, log: silentLog, metrics });
      Object.assign(running, { controller, cut });
      await until(clock, () => controller.notReady() === undefined);
      return metrics;
    },
    async crash() {
      running.cut?.();
      void running.controller?.stop();
      delete running.controller;
      // What the dead process had sent is on its way still; it must not arrive in the middle of the next life.
      await staged.ended();
      await clock.settle();
    },
    apply: staged.apply,
    async get(kind, name, namespace = 'default') {
      const type = await typeOf(kind);
      const response = await client.raw({
        method: 'GET',
        path: resourcePath(type, type.namespaced ? { namespace, name } : { name }),
      });
      return response.status === 200 ? (response.body as KubeObject) : undefined;
    },
    async delete(kind, name, namespace = 'default') {
      const type = await typeOf(kind);
      await client.delete(type, type.namespaced ? { namespace, name } : { name });
    },
    async reached(holds) {
      for (let turn = 0; turn < MAX_TURNS && !holds() && !(running.controller?.isIdle() ?? true); turn += 1)
        await clock.settle();
    },
    settled: (isIdle = () => running.controller?.isIdle() ?? true) => settle(stage, isIdle, server.settled),
    async ready(kind, name) {
      const { conditions = [] } = ((await stage.get(kind, name))?.['status'] ?? {}) as {
        conditions?: readonly Condition[];
      };
      const ready = findCondition(conditions, 'Ready');
      return ready === undefined ? 'none' : `${ready.status} ${ready.reason}`;
    },
    async [Symbol.asyncDispose]() {
      await running.controller?.stop();
      await server.close();
    },
  };
  await stage.apply(grantedAccountYaml('default'));
  return stage;
}

const QUIET_TURNS = 12;
const STEP_MS = 100;
/** Work that waits for the fake clock gets on with its next step. */
const MAX_TURNS = 2_000;

/**
 * Nothing was written and nothing was busy for a while of fake time, in which retries had their turn. Time stands still
 * while the controller is busy: signing and checking tokens takes real time on another thread.
 */
async function settle(
  { clock, audit }: Stage,
  isIdle: () => boolean,
  serverSettled: () => Promise<void>,
): Promise<void> {
  for (let quiet = 0, passed = 0; quiet < QUIET_TURNS; passed += 1) {
    if (passed > 2_000) throw new Error('nothing settled');
    const before = audit.length;
    await clock.advance(STEP_MS);
    for (let turn = 0; turn < MAX_TURNS && !isIdle(); turn += 1) await clock.settle();
    await serverSettled();
    quiet = audit.slice(before).every(({ verb }) => READS.has(verb)) ? quiet + 1 : 0;
  }
}

const READS = new Set(['get', 'list', 'watch']);

async function until(clock: FakeClock, holds: () => boolean): Promise<void> {
  await clock.advanceUntil(holds, 60_000, 10);
}

/** Requests of the controller, and of accounts that it acts as, that change something. */
export function controllerWrites(audit: readonly AuditEntry[], since = 0): readonly string[] {
  return audit
    .slice(since)
    .filter(
      ({ verb, userAgent, objectRef }) =>
        userAgent !== USER &&
        !READS.has(verb) &&
        objectRef?.resource !== 'events' &&
        objectRef?.subresource !== 'token',
    )
    .map(({ verb, objectRef, responseStatus }) => {
      const { resource = '', name = '', subresource } = objectRef ?? {};
      return `${verb} ${resource}/${name}${subresource === undefined ? '' : `/${subresource}`}${responseStatus.code < 300 ? '' : ` ${responseStatus.code}`}`;
    });
}

/** A chain of two steps: a source ConfigMap whose data a plain ConfigMap copies. */
export function chain(name: string, data = 'one'): string {
  return `
apiVersion: carto.run/v1alpha1
kind: ClusterConfigTemplate
metadata: {name: ${name}-first}
spec:
  configPath: .data.value
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$-first}
    data: {value: ${data}-$(workload.metadata.name)$}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: ${name}-second}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$-second}
    data: {copy: $(config)$}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: ${name}}
spec:
  selector: {chain: ${name}}
  resources:
  - name: first
    templateRef: {kind: ClusterConfigTemplate, name: ${name}-first}
  - name: second
    templateRef: {kind: ClusterTemplate, name: ${name}-second}
    configs: [{name: config, resource: first}]
`;
}

/** A workload that the chain of this name selects. */
export function workload(name: string, chainName: string): string {
  return `
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: ${name}, namespace: default, labels: {chain: ${chainName}}}
spec: {}
`;
}
