import { type Client, createClient, fenced, type LeaderElector, systemClock } from '@cartographer/kube';
import { CartoError, type Log, whenAborted } from '@cartographer/machinery';
import {
  type ControllerMetrics,
  createControllerMetrics,
  createLog,
  type RunningParts,
  serveHealth,
} from '@cartographer/runtime';
import { stopOnSignals } from '../frame/stop-signal.ts';
import { type ClusterOptions, type Connection, connect, USER_AGENT } from '../process/cluster-client.ts';
import { type ElectionFlags, electorOf, systemNamespace } from '../process/leader-election.ts';
import { logLevel } from '../process/log-level.ts';

/** A place to listen at. */
export type Address = { readonly host: string; readonly port: number };

/** @throws CartoError `CARTO_USAGE` for anything but `host:port`; the host may be left out. */
export function parseAddress(flag: string, text: string): Address {
  const match = /^(?<host>.*):(?<port>\d{1,5})$/.exec(text);
  if (match?.groups === undefined || Number(match.groups['port']) > 65_535) {
    throw new CartoError('CARTO_USAGE', `${flag} "${text}" is not host:port, such as 127.0.0.1:8080`, {
      retry: 'never',
    });
  }
  return { host: match.groups['host'] || '0.0.0.0', port: Number(match.groups['port']) };
}

/** Flags of every part that runs alone against a cluster. */
export type PartFlags = ClusterOptions & ElectionFlags & { readonly metricsAddress: string; readonly logLevel: string };

/** What a part is started with. */
export type PartWorld = {
  readonly connection: Connection;
  /** Changes nothing without the lease, where there is one. */
  readonly client: Client;
  /** Where the part's account is. */
  readonly namespace: string;
  readonly elector?: LeaderElector;
  readonly log: Log;
  readonly metrics: ControllerMetrics;
  readonly signal: AbortSignal;
  /** Ended after the part, the last one first. */
  readonly onEnd: (end: () => Promise<void>) => void;
};

/** A part at work. */
export type RunningPart = Pick<RunningParts, 'ended' | 'notReady' | 'stop'>;

/** Runs a part, its metrics and its probes, until it is told to stop or fails for good. */
export async function runPart(
  flags: PartFlags,
  { name, lease, health }: { readonly name: string; readonly lease: string; readonly health: Address },
  start: (world: PartWorld) => Promise<RunningPart>,
): Promise<void> {
  const log = createLog({ level: logLevel(flags.logLevel) });
  const stop = stopOnSignals();
  const undo: (() => Promise<void>)[] = [async () => stop.dispose()];
  const onEnd = (end: () => Promise<void>): void => void undo.unshift(end);
  try {
    const connection = await connect({ ...flags, preferPod: true });
    onEnd(() => connection.close());
    const metrics = createControllerMetrics();
    const elector = electorOf(lease, flags, { connection, log, metrics });
    const transport = elector === undefined ? connection.transport : fenced(connection.transport, elector);
    const client = createClient({ transport, clock: systemClock, userAgent: USER_AGENT });
    const namespace = systemNamespace(flags, connection);
    const world = { connection, client, namespace, log, metrics, signal: stop.signal, onEnd };
    const part = await start(elector === undefined ? world : { ...world, elector });
    // How it ended is told by `ended`.
    onEnd(() => part.stop().catch(() => undefined));
    const ready = [{ name, ask: part.notReady }];
    const server = await serveHealth({ ...health, live: [], ready, metrics });
    onEnd(() => server.close());
    log.info({ ...health, port: server.port }, 'serving health and metrics');
    await Promise.race([whenAborted(stop.signal), part.ended]);
    log.info({}, 'stopping');
  } finally {
    for (const end of undo) await end();
  }
}
