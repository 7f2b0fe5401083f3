import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { INSTALL_NAMES } from '@cartographer/controller';
import { createLeaderElector, type LeaderElector, systemClock } from '@cartographer/kube';
import type { Log } from '@cartographer/machinery';
import type { ControllerMetrics } from '@cartographer/runtime';
import type { Connection } from './cluster-client.ts';

/** Flags of every part that several replicas may run of. */
export type ElectionFlags = { readonly leaderElect?: boolean; readonly leaderElectionNamespace?: string };

/** Replicas in a cluster elect a leader; a part on a laptop is alone unless it is told otherwise. */
export function electorOf(
  name: string,
  flags: ElectionFlags,
  {
    connection,
    log,
    metrics,
  }: { readonly connection: Connection; readonly log: Log; readonly metrics: ControllerMetrics },
): LeaderElector | undefined {
  if (!(flags.leaderElect ?? connection.podNamespace !== undefined)) return undefined;
  metrics.leads(name, false);
  return createLeaderElector({
    client: connection.client,
    clock: systemClock,
    log,
    lease: { namespace: systemNamespace(flags, connection), name },
    identity: `${hostname()}_${randomUUID()}`,
    onChange: (leads) => metrics.leads(name, leads),
  });
}

/** Where the account of a part is. */
export function systemNamespace(
  { leaderElectionNamespace }: ElectionFlags,
  { podNamespace }: Pick<Connection, 'podNamespace'>,
): string {
  return leaderElectionNamespace ?? podNamespace ?? INSTALL_NAMES.namespace;
}
