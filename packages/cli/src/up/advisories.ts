import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { INSTALL_NAMES } from '@cartographer/controller';
import { type Client, createClient, getIfThere } from '@cartographer/kube';
import type { Clock, Log, Transport } from '@cartographer/machinery';
import { type RunningScanner, SCANNING_API_VERSION, scanningKinds, startScanner } from '@cartographer/scanning';
import { sqliteDatabase } from '@cartographer/store';
import { VERSION } from '../version.ts';

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
  /** Where the laptop's tools serve sources and images. */
  readonly hosts?: { readonly sources: string; readonly images: string };
};

/** The scanner at work, and the folder that it follows. */
export type Scanning = { readonly scanner: RunningScanner; readonly folder: string };

const SOURCE = 'advisories';

/** Starts the scanner with a folder of advisories as its source; one that the user changed stays as it is. */
export async function startScanning(options: ScanningOptions): Promise<Scanning> {
  const { client, transport, clock, log, dir, hosts } = options;
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
  const own = hosts === undefined ? [] : [hosts.sources, hosts.images];
  const scanner = await startScanner({
    client: createClient({ transport, clock, userAgent: `carto-scanner/${VERSION}` }),
    namespace: INSTALL_NAMES.namespace,
    database: sqliteDatabase(join(dir, 'scanning.db')),
    clock,
    log: log.child({ part: 'scanner' }),
    sourceHosts: hosts === undefined ? [] : [hosts.sources],
    destinations: { allowed: own, plainHttp: own },
  });
  return { scanner, folder };
}
