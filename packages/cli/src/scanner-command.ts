import { createClient, fenced, systemClock } from '@cartographer/kube';
import { type Log, whenAborted } from '@cartographer/machinery';
import { createControllerMetrics, createLog, serveHealth } from '@cartographer/runtime';
import { type RunningScanner, SCANNER_NAMES, startScanner } from '@cartographer/scanning';
import { postgresDatabase, type SqlDatabase, sqliteDatabase } from '@cartographer/store';
import { apiServerAddresses } from './api-server-addresses.ts';
import { type ClusterOptions, connect, USER_AGENT } from './cluster-client.ts';
import { parseAddress } from './controller-flags.ts';
import { electorOf, systemNamespace } from './leader-election.ts';
import { logLevel } from './log-level.ts';
import { createQuestions } from './scanner-questions.ts';
import { stopOnSignals } from './stop-signal.ts';

/** Flags of `carto scanner`. */
export type ScannerFlags = ClusterOptions & {
  readonly metricsAddress: string;
  readonly logLevel: string;
  readonly store: string;
  readonly sourceHosts: readonly string[];
  readonly allowDestination: readonly string[];
  readonly plainHttp: readonly string[];
  readonly keepBills: number;
  readonly questionsAddress?: string;
  readonly questionsCertDir?: string;
  readonly leaderElect?: boolean;
  readonly leaderElectionNamespace?: string;
};

const clock = systemClock;
const DAY_MS = 86_400_000;

/** `carto scanner`: the scanner alone, until it is told to stop or a part of it fails for good. */
export async function runScanner(flags: ScannerFlags): Promise<void> {
  const log = createLog({ level: logLevel(flags.logLevel) });
  const database = databaseOf(flags.store, log);
  const health = parseAddress('--metrics-address', flags.metricsAddress);
  const address =
    flags.questionsAddress === undefined ? undefined : parseAddress('--questions-address', flags.questionsAddress);
  const stop = stopOnSignals();
  const undo: (() => Promise<void>)[] = [async () => stop.dispose()];
  try {
    const connection = await connect({ ...flags, preferPod: true });
    undo.unshift(() => connection.close());
    const metrics = createControllerMetrics();
    const refused = await apiServerAddresses({ ...connection, log, signal: stop.signal });
    const elector = electorOf(SCANNER_NAMES.lease, flags, { connection, log, metrics });
    const transport = elector === undefined ? connection.transport : fenced(connection.transport, elector);
    const client = createClient({ transport, clock, userAgent: USER_AGENT });
    const namespace = systemNamespace(flags, connection);
    let running: RunningScanner | undefined;
    const questions =
      address === undefined
        ? undefined
        : await createQuestions({
            ...address,
            client: connection.client,
            leaderClient: client,
            namespace,
            certDir: flags.questionsCertDir,
            scanner: () => running,
            log,
            metrics,
          });
    const scanner = await startScanner({
      client,
      namespace,
      database,
      clock,
      log,
      metrics,
      sourceHosts: flags.sourceHosts,
      destinations: { allowed: flags.allowDestination, plainHttp: flags.plainHttp, refused },
      keepBillsMs: flags.keepBills * DAY_MS,
      ...(elector === undefined ? {} : { elector }),
      ...(questions === undefined ? {} : { parts: questions.parts, leaderParts: questions.leaderParts }),
    });
    running = scanner;
    if (questions !== undefined) log.info({ ...address, port: questions.port }, 'answering questions');
    // How it ended is told by `ended`.
    undo.unshift(() => scanner.stop().catch(() => undefined));
    const ready = [{ name: 'scanner', ask: () => scanner.notReady() ?? questions?.notReady() }];
    const server = await serveHealth({ ...health, live: [], ready, metrics });
    undo.unshift(() => server.close());
    log.info({ ...health, port: server.port }, 'serving health and metrics');
    await Promise.race([whenAborted(stop.signal), scanner.ended]);
    log.info({}, 'stopping');
  } finally {
    for (const end of undo) await end();
  }
}

/** A file of SQLite, or a database of PostgreSQL by its URL. */
function databaseOf(store: string, log: Log): SqlDatabase {
  return /^postgres(?:ql)?:\/\//.test(store) ? postgresDatabase({ url: store, log }) : sqliteDatabase(store);
}
