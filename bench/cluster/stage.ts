import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Client, systemClock } from '@cartographer/kube';
import type { ResourceType } from '@cartographer/machinery';
import {
  type AuditEntry,
  type AuditMark,
  applyObjects,
  type ClusterProcess,
  freePorts,
  objectsIn,
  startCluster,
  type TestCluster,
} from '@cartographer/testkit';
import { controllerToken, installCarto, isOurs } from '../../e2e/cluster/carto.ts';

const MAIN = join(import.meta.dirname, '../../packages/cli/src/main.ts');

/** ConfigMaps, as the client names them. */
export const CONFIG_MAPS: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  resource: 'configmaps',
  namespaced: true,
};

/** A real cluster on which `carto controller` runs as a process of its own, with the rights that `carto install` gives. */
export interface BenchStage {
  readonly cluster: TestCluster;
  readonly client: Client;
  /** Acts as the account that stamps objects: what any script in the namespace would be. */
  readonly account: Client;
  readonly accountToken: string;
  readonly controller: ClusterProcess;
  apply(yaml: string): Promise<void>;
  /** What the controller, as itself and as accounts of owners, has asked for since; watches left out. */
  asked(mark: AuditMark): Promise<Asked>;
  /** Waits until the controller has asked for nothing for a while; resolves with what it asked for. */
  untilQuiet(mark: AuditMark, quietMs?: number): Promise<Asked>;
  /** How often owners of a kind were reconciled since the controller started. */
  reconciled(kind: string): Promise<number>;
  /** Resident memory of the controller, MiB. */
  memoryMib(): number;
  close(): Promise<void>;
}

/** Requests by what they are. */
export type Asked = {
  readonly reads: number;
  readonly applies: number;
  readonly statuses: number;
  readonly events: number;
  readonly tokens: number;
  readonly others: number;
};

/** Starts cluster and controller; `yaml` is there before the controller. */
export async function startStage(yaml: string): Promise<BenchStage> {
  const cluster = await startCluster({ forLoad: true });
  const { client } = cluster;
  await installCarto(cluster);
  await applyObjects(client, systemClock, objectsIn(yaml));
  const { token } = await client.createToken({ namespace: 'default', name: 'default' }, { expirationSeconds: 7_200 });
  const path = cluster.kubeconfigWithToken('carto', await controllerToken(cluster));
  const [port] = await freePorts(1);
  const address = `127.0.0.1:${port}`;
  const controller = await cluster.run({
    name: 'carto',
    argv: [process.execPath, MAIN, 'controller', '--kubeconfig', path, '--metrics-address', address],
    ready: async () => (await fetch(`http://${address}/readyz`)).ok,
  });
  const asked = async (mark: AuditMark): Promise<Asked> => countsOf(await cluster.audit.since(mark));
  return {
    cluster,
    client,
    account: client.withToken(token),
    accountToken: token,
    controller,
    apply: (text) => applyObjects(client, systemClock, objectsIn(text)),
    asked,
    async untilQuiet(mark, quietMs = 1_500) {
      let last = -1;
      for (let sinceMs = performance.now(); performance.now() - sinceMs < quietMs; ) {
        await systemClock.sleep(quietMs / 5);
        const now = total(await asked(mark));
        if (now !== last) sinceMs = performance.now();
        last = now;
      }
      return asked(mark);
    },
    async reconciled(kind) {
      const text = await (await fetch(`http://${address}/metrics`)).text();
      const lines = text.split('\n').filter((line) => line.startsWith('controller_runtime_reconcile_total{'));
      return lines
        .filter((line) => line.includes(`controller="${kind}"`))
        .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
    },
    memoryMib() {
      const status = readFileSync(`/proc/${controller.pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1_024;
    },
    close: () => cluster.stop(),
  };
}

function countsOf(entries: readonly AuditEntry[]): Asked {
  const asked = { reads: 0, applies: 0, statuses: 0, events: 0, tokens: 0, others: 0 };
  for (const entry of entries) if (isOurs(entry) && entry.verb !== 'watch') asked[kindOf(entry)] += 1;
  return asked;
}

function kindOf({ verb, objectRef }: AuditEntry): keyof Asked {
  if (verb === 'get' || verb === 'list') return 'reads';
  if (objectRef?.resource === 'events') return 'events';
  if (objectRef?.subresource === 'token') return 'tokens';
  if (objectRef?.subresource === 'status') return 'statuses';
  return verb === 'patch' ? 'applies' : 'others';
}

/** All requests together. */
export function total(asked: Asked): number {
  return Object.values(asked).reduce((sum, count) => sum + count, 0);
}
