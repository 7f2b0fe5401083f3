import { JENKINS_NAMES, startJenkins } from '@cartographer/jenkins';
import { createClient, fenced, systemClock } from '@cartographer/kube';
import { whenAborted } from '@cartographer/machinery';
import { createControllerMetrics, createLog, serveHealth } from '@cartographer/runtime';
import { apiServerAddresses } from './api-server-addresses.ts';
import { type ClusterOptions, connect, USER_AGENT } from './cluster-client.ts';
import { parseAddress } from './controller-flags.ts';
import { type ElectionFlags, electorOf, systemNamespace } from './leader-election.ts';
import { logLevel } from './log-level.ts';
import { stopOnSignals } from './stop-signal.ts';

/** Flags of `carto jenkins`. */
export type JenkinsFlags = ClusterOptions &
  ElectionFlags & {
    readonly metricsAddress: string;
    readonly logLevel: string;
    readonly serverHosts: readonly string[];
    readonly allowDestination: readonly string[];
    readonly plainHttp: readonly string[];
  };

const clock = systemClock;

/** `carto jenkins`: what runs builds on Jenkins alone, until it is told to stop or a part of it fails for good. */
export async function runJenkins(flags: JenkinsFlags): Promise<void> {
  const log = createLog({ level: logLevel(flags.logLevel) });
  const health = parseAddress('--metrics-address', flags.metricsAddress);
  const stop = stopOnSignals();
  const undo: (() => Promise<void>)[] = [async () => stop.dispose()];
  try {
    const connection = await connect({ ...flags, preferPod: true });
    undo.unshift(() => connection.close());
    const metrics = createControllerMetrics();
    const refused = await apiServerAddresses({ ...connection, log, signal: stop.signal });
    const elector = electorOf(JENKINS_NAMES.lease, flags, { connection, log, metrics });
    const transport = elector === undefined ? connection.transport : fenced(connection.transport, elector);
    const jenkins = startJenkins({
      client: createClient({ transport, clock, userAgent: USER_AGENT }),
      namespace: systemNamespace(flags, connection),
      clock,
      log,
      metrics,
      serverHosts: flags.serverHosts,
      destinations: { allowed: flags.allowDestination, plainHttp: flags.plainHttp, refused },
      ...(elector === undefined ? {} : { elector }),
    });
    // How it ended is told by `ended`.
    undo.unshift(() => jenkins.stop().catch(() => undefined));
    const ready = [{ name: 'jenkins', ask: () => jenkins.notReady() }];
    const server = await serveHealth({ ...health, live: [], ready, metrics });
    undo.unshift(() => server.close());
    log.info({ ...health, port: server.port }, 'serving health and metrics');
    await Promise.race([whenAborted(stop.signal), jenkins.ended]);
    log.info({}, 'stopping');
  } finally {
    for (const end of undo) await end();
  }
}
