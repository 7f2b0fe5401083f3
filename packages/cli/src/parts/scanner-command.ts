import { systemClock } from '@cartographer/kube';
import type { Log } from '@cartographer/machinery';
import { type RunningScanner, SCANNER_NAMES, startScanner } from '@cartographer/scanning';
import { postgresDatabase, type SqlDatabase, sqliteDatabase } from '@cartographer/store';
import { apiServerAddresses } from '../process/api-server-addresses.ts';
import { type Address, type PartFlags, type PartWorld, parseAddress, type RunningPart, runPart } from './run-part.ts';
import { createQuestions } from './scanner-questions.ts';

/** Flags of `carto scanner`. */
export type ScannerFlags = PartFlags & {
  readonly store: string;
  readonly sourceHosts: readonly string[];
  readonly allowDestination: readonly string[];
  readonly plainHttp: readonly string[];
  readonly keepBills: number;
  readonly questionsAddress?: string;
  readonly questionsCertDir?: string;
};

const clock = systemClock;
const DAY_MS = 86_400_000;

/** `carto scanner`: the scanner alone, until it is told to stop or a part of it fails for good. */
export async function runScanner(flags: ScannerFlags): Promise<void> {
  const health = parseAddress('--metrics-address', flags.metricsAddress);
  const address =
    flags.questionsAddress === undefined ? undefined : parseAddress('--questions-address', flags.questionsAddress);
  await runPart(flags, { name: 'scanner', lease: SCANNER_NAMES.lease, health }, (world) =>
    start(flags, address, world),
  );
}

async function start(
  flags: ScannerFlags,
  address: Address | undefined,
  { connection, client, namespace, elector, log, metrics, signal }: PartWorld,
): Promise<RunningPart> {
  const database = databaseOf(flags.store, log);
  const refused = await apiServerAddresses({ ...connection, log, signal });
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
  return {
    ended: scanner.ended,
    notReady: () => scanner.notReady() ?? questions?.notReady(),
    stop: () => scanner.stop(),
  };
}

/** A file of SQLite, or a database of PostgreSQL by its URL. */
function databaseOf(store: string, log: Log): SqlDatabase {
  return /^postgres(?:ql)?:\/\//.test(store) ? postgresDatabase({ url: store, log }) : sqliteDatabase(store);
}
