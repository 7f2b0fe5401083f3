import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { createWebhooks, INSTALL_NAMES, startController, type Webhooks } from '@cartographer/controller';
import { createClient, createLeaderElector, fenced, type LeaderElector, systemClock } from '@cartographer/kube';
import type { Log } from '@cartographer/machinery';
import { whenAborted } from '@cartographer/machinery';
import { type ControllerMetrics, createControllerMetrics, createLog, serveHealth } from '@cartographer/runtime';
import { createYtt } from '@cartographer/ytt';
import { type Connection, connect, USER_AGENT } from './cluster-client.ts';
import {
  type ControllerFlags,
  certificateFolder,
  concurrencyOf,
  metricsAddress,
  webhooksAddress,
} from './controller-flags.ts';
import { logLevel } from './log-level.ts';
import { stopOnSignals } from './stop-signal.ts';

const clock = systemClock;

/** `carto controller`: the controller alone, until it is told to stop or a part of it fails for good. */
export async function runController(flags: ControllerFlags): Promise<void> {
  const log = createLog({ level: logLevel(flags.logLevel) });
  const health = metricsAddress(flags);
  webhooksAddress(flags); // A wrong address is told before anything is started.
  const stop = stopOnSignals();
  const undo: (() => Promise<void>)[] = [async () => stop.dispose()];
  try {
    const { ended, notReady, metrics } = await start(flags, log, undo);
    const ready = [{ name: 'controller', ask: notReady }];
    const server = await serveHealth({ ...health, live: [], ready, metrics });
    undo.unshift(() => server.close());
    log.info({ ...health, port: server.port }, 'serving health and metrics');
    await Promise.race([whenAborted(stop.signal), ended]);
    log.info({}, 'stopping');
  } finally {
    for (const end of undo) await end();
  }
}

type Started = {
  readonly ended: Promise<void>;
  readonly notReady: () => string | undefined;
  readonly metrics: ControllerMetrics;
};

async function start(flags: ControllerFlags, log: Log, undo: (() => Promise<void>)[]): Promise<Started> {
  const connection = await connect({ ...flags, preferPod: true });
  undo.unshift(() => connection.close());
  const metrics = createControllerMetrics();
  const ytt = createYtt({ clock, log: log.child({ part: 'ytt' }) });
  undo.unshift(() => ytt.close());
  const elector = electorOf(flags, connection, log, metrics);
  const transport = elector === undefined ? connection.transport : fenced(connection.transport, elector);
  const client = createClient({ transport, clock, userAgent: USER_AGENT });
  const webhooks = await webhooksOf(flags, connection, {
    client,
    log,
    onDrop: (reason) => metrics.dropped('webhooks', reason),
  });
  const controller = startController({
    client,
    clock,
    log,
    metrics,
    concurrency: concurrencyOf(flags),
    render: ytt.render,
    ...(elector === undefined ? {} : { elector }),
    ...(webhooks === undefined ? {} : { parts: webhooks.parts, leaderParts: webhooks.leaderParts }),
  });
  // How it ended is told by `ended`.
  undo.unshift(() => controller.stop().catch(() => undefined));
  void controller.ready.then(
    () => log.info({}, 'all caches are filled, reconciling'),
    () => undefined,
  );
  return { ended: controller.ended, notReady: () => controller.notReady() ?? webhooks?.notReady(), metrics };
}

/** Replicas in a cluster elect a leader; a controller on a laptop is alone unless it is told otherwise. */
function electorOf(
  flags: ControllerFlags,
  connection: Connection,
  log: Log,
  metrics: ControllerMetrics,
): LeaderElector | undefined {
  if (!(flags.leaderElect ?? connection.podNamespace !== undefined)) return undefined;
  const lease = { namespace: systemNamespace(flags, connection), name: INSTALL_NAMES.lease };
  metrics.leads(lease.name, false);
  return createLeaderElector({
    client: connection.client,
    clock,
    log,
    lease,
    identity: `${hostname()}_${randomUUID()}`,
    onChange: (leads) => metrics.leads(lease.name, leads),
  });
}

async function webhooksOf(
  flags: ControllerFlags,
  connection: Connection,
  { client, log, onDrop }: Pick<Parameters<typeof createWebhooks>[0], 'client' | 'log' | 'onDrop'>,
): Promise<Webhooks | undefined> {
  const address = webhooksAddress(flags);
  if (address === undefined) return undefined;
  const folder = certificateFolder(flags);
  const { webhookService, webhookSecret, webhookConfiguration } = INSTALL_NAMES;
  const own = {
    from: 'self',
    namespace: systemNamespace(flags, connection),
    service: webhookService,
    secret: webhookSecret,
    configuration: webhookConfiguration,
  } as const;
  const certificate = folder === undefined ? own : ({ from: 'folder', folder } as const);
  const webhooks = await createWebhooks({ ...address, certificate, client, clock, log, onDrop });
  log.info({ ...address, port: webhooks.port, certificate: certificate.from }, 'serving webhooks');
  return webhooks;
}

function systemNamespace({ leaderElectionNamespace }: ControllerFlags, { podNamespace }: Connection): string {
  return leaderElectionNamespace ?? podNamespace ?? INSTALL_NAMES.namespace;
}
