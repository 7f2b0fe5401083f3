import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { INSTALL_NAMES } from '@cartographer/controller';
import { type Client, createClient, getIfThere } from '@cartographer/kube';
import type { Clock, Log, Transport } from '@cartographer/machinery';
import { createControllerMetrics } from '@cartographer/runtime';
import { type RunningScanner, SCANNING_API_VERSION, scanningKinds, startScanner } from '@cartographer/scanning';
import { sqliteDatabase } from '@cartographer/store';
import { createQuestions, type Questions } from '../../parts/scanner-questions.ts';
import { VERSION } from '../../running/version.ts';

/** What {@link startScanning} needs. */
export type ScanningOptions = {
  /** Acts as the admin. */
  readonly client: Client;
  /** Acts as the scanner. */
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Log;
  /** Holds the scanner's store and the folder of advisories. */
  readonly dir: string;
  /** The port on 127.0.0.1 where questions about scans are answered, 0 for a free one. */
  readonly questionsPort: number;
  /** Where the laptop's tools serve sources and images. */
  readonly hosts?: { readonly sources: string; readonly images: string };
};

/** The scanner at work, the folder that it follows, and who answers questions about it. */
export type Scanning = {
  readonly scanner: RunningScanner;
  readonly folder: string;
  /** Where questions are answered. */
  readonly questions: Questions;
};

const SOURCE = 'advisories';

/** Starts the scanner with a folder of advisories as its source; one that the user changed stays as it is. */
export async function startScanning(options: ScanningOptions): Promise<Scanning> {
  const { client, transport, clock, log, dir, hosts, questionsPort } = options;
  const folder = join(dir, 'advisories');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const source = {
    apiVersion: SCANNING_API_VERSION,
    kind: 'ClusterVulnerabilitySource',
    metadata: { name: SOURCE },
    spec: { type: 'Directory', path: folder },
  };
  const type = scanningKinds.ClusterVulnerabilitySource;
  const there = await getIfThere(client, type, { name: SOURCE });
  if (there === undefined) await client.create(type, source, { fieldManager: 'carto-up' });
  const scannerClient = createClient({ transport, clock, userAgent: `carto-scanner/${VERSION}` });
  const { namespace } = INSTALL_NAMES;
  let running: RunningScanner | undefined;
  const questions = await createQuestions({
    host: '127.0.0.1',
    port: questionsPort,
    client: scannerClient,
    leaderClient: scannerClient,
    namespace,
    certDir: undefined,
    scanner: () => running,
    log,
    metrics: createControllerMetrics(),
  });
  const own = hosts === undefined ? [] : [hosts.sources, hosts.images];
  const scanner = await startScanner({
    client: scannerClient,
    namespace,
    database: sqliteDatabase(join(dir, 'scanning.db')),
    clock,
    log: log.child({ part: 'scanner' }),
    sourceHosts: hosts === undefined ? [] : [hosts.sources],
    destinations: { allowed: own, plainHttp: own },
    parts: questions.parts,
    leaderParts: questions.leaderParts,
  });
  running = scanner;
  return { scanner, folder, questions };
}
