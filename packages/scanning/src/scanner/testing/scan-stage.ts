import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bill, type BillPackage, billOf } from '@cartographer/bills';
import { type Client, createClient } from '@cartographer/kube';
import { type KubeObject, silentLog } from '@cartographer/machinery';
import type { ControllerMetrics } from '@cartographer/runtime';
import { type SqlDatabase, sqliteDatabase } from '@cartographer/store';
import { cuttable, type FakeClock, type FaultTransport, stageServer } from '@cartographer/testkit';
import { scanningCrds } from '../../kinds/kinds.ts';
import type { Portfolio } from '../../portfolio/portfolio.ts';
import type { ScanStatus } from '../../verdict/scan-status.ts';
import { type Inventories, keptInventory, subjectOf } from '../inventories/inventory.ts';
import { type RunningScanner, type ScannerOptions, startScanner } from '../start-scanner.ts';

/** A request as the server's audit has it. */
type Entry = {
  readonly verb: string;
  readonly userAgent?: string;
  readonly objectRef?: { readonly resource?: string; readonly name?: string; readonly subresource?: string };
  readonly responseStatus: { readonly code: number };
};

/** A scanner against an embedded server on a clock that stands still, with bills by digest and a folder of advisories. */
export type ScanStage = AsyncDisposable & {
  readonly clock: FakeClock;
  readonly client: Client;
  readonly faults: FaultTransport;
  readonly audit: readonly Entry[];
  /** What images have in them, by digest, or what happens while they are read. A digest that is not there cannot be read. */
  readonly bills: Map<string, Bill | (() => Promise<Bill>)>;
  /** How often each digest was read. */
  readonly reads: Map<string, number>;
  readonly folder: string;
  readonly scanner: () => RunningScanner;
  /** Ends the running scanner in order, if there is one, and starts another on the same store. */
  restart(): Promise<void>;
  /** Nothing of the running scanner arrives any more; it is not ended in order. */
  crash(): Promise<void>;
  /** Ends the running scanner in order, and loses its store. */
  loseStore(): Promise<void>;
  apply(yaml: string): Promise<void>;
  delete(kind: string, name: string, namespace?: string): Promise<void>;
  get(kind: string, name: string, namespace?: string): Promise<KubeObject>;
  status(name: string, kind?: string): Promise<ScanStatus>;
  /** Writes an advisory file, without a record takes it away. */
  advisory(file: string, record?: object | string): Promise<void>;
  /** Lets the interval of sources pass, and everything settle. */
  interval(): Promise<void>;
  settled(): Promise<void>;
};

const USER = 'user/1';
const READS = new Set(['get', 'list', 'watch']);

/** What of the world a stage lets the scanner reach, and where it counts. */
export type StageWorld = Pick<ScannerOptions, 'sourceHosts' | 'destinations'> & {
  /** Those of the next scanner. */
  readonly metrics?: () => ControllerMetrics;
  /** Registries and archives are asked over the network, in the place of {@link ScanStage.bills}. */
  readonly isOverNetwork?: boolean;
  /** The store in a file, in the place of SQLite as it is. */
  readonly database?: (file: string) => SqlDatabase;
};

/** Sets a {@link ScanStage} up; the scanner starts with `restart`. */
export async function createScanStage({
  isOverNetwork = false,
  database = sqliteDatabase,
  metrics,
  ...world
}: StageWorld = {}): Promise<ScanStage> {
  let running: { scanner: RunningScanner; cut: () => void } | undefined;
  const staged = await stageServer({
    crds: scanningCrds(),
    authorization: 'AlwaysAllow',
    userAgent: USER,
    holds: () => running !== undefined && !running.scanner.isIdle(),
  });
  const { server, clock, audit, client, mapper, faults } = staged;
  const root = await mkdtemp(join(tmpdir(), 'carto-scan-'));
  const folder = join(root, 'advisories');
  await mkdir(folder);
  const bills: ScanStage['bills'] = new Map();
  const reads = new Map<string, number>();
  const typeOf = (kind: string) => mapper.resourceFor({ kind, apiVersion: kind === 'Namespace' ? 'v1' : API });

  const stage: ScanStage = {
    clock,
    client,
    faults,
    audit,
    bills,
    reads,
    folder,
    scanner() {
      if (running === undefined) throw new Error('no scanner runs');
      return running.scanner;
    },
    async restart() {
      await running?.scanner.stop();
      running = undefined;
      const { transport, cut } = cuttable(faults);
      const scanner = await startScanner({
        client: createClient({ transport, clock, userAgent: 'scanner/1' }),
        namespace: 'cartographer-system',
        database: database(join(root, 'scanner.db')),
        clock,
        log: silentLog,
        ...world,
        ...(metrics === undefined ? {} : { metrics: metrics() }),
        ...(isOverNetwork ? {} : { inventories: (portfolio: Portfolio) => played(portfolio, bills, reads) }),
      });
      await clock.advanceUntil(() => scanner.notReady() === undefined, 60_000, 10);
      await scanner.ready;
      running = { scanner, cut };
      await stage.settled();
    },
    async crash() {
      const dead = running;
      running = undefined;
      dead?.cut();
      await dead?.scanner.stop().catch(() => undefined);
      await staged.ended();
      await clock.settle();
    },
    async loseStore() {
      await running?.scanner.stop();
      running = undefined;
      for (const file of await readdir(root)) if (file.startsWith('scanner.db')) await rm(join(root, file));
    },
    apply: staged.apply,
    async delete(kind, name, namespace = 'default') {
      const type = await typeOf(kind);
      await client.delete(type, type.namespaced ? { namespace, name } : { name });
    },
    async get(kind, name, namespace = 'default') {
      const type = await typeOf(kind);
      return client.get(type, type.namespaced ? { namespace, name } : { name });
    },
    async status(name, kind = 'ImageScan') {
      return ((await stage.get(kind, name))['status'] ?? {}) as ScanStatus;
    },
    async advisory(file, record) {
      const path = join(folder, file);
      if (record === undefined) await rm(path);
      else await writeFile(path, typeof record === 'string' ? record : JSON.stringify(record));
    },
    async interval() {
      await clock.advance(600_000);
      await stage.settled();
    },
    async settled() {
      for (let quiet = 0; quiet < 3; ) {
        const before = audit.length;
        await clock.advance(500);
        await server.settled();
        quiet = audit.slice(before).every(({ verb }) => READS.has(verb)) ? quiet + 1 : 0;
      }
    },
    async [Symbol.asyncDispose]() {
      await running?.scanner.stop();
      await server.close();
      await rm(root, { recursive: true, force: true });
    },
  };
  await mkdir(folder, { recursive: true });
  return stage;
}

const API = 'scanning.carto.run/v1alpha1';

/** Gives bills by digest, as registries would. */
function played(portfolio: Portfolio, bills: ScanStage['bills'], reads: Map<string, number>): Inventories {
  return async (target, ask) => {
    const kept = await keptInventory(portfolio, target, ask);
    if (kept !== undefined) return kept;
    const subject = subjectOf(target, ask);
    const given = bills.get(target.digest ?? '');
    const bill = typeof given === 'function' ? await given() : given;
    if (bill === undefined) return { kind: 'failed', reason: 'ImageNotFound', message: `there is no ${target.digest}` };
    reads.set(subject.digest, (reads.get(subject.digest) ?? 0) + 1);
    await portfolio.putBill({ ...subject, said: { platforms: ['linux/amd64'], from: ['layers'] } }, bill);
    return (await keptInventory(portfolio, target, ask)) ?? { kind: 'failed', reason: 'StoreEmptied', message: '' };
  };
}

/** What the scanner wrote since, counted: `update imagescans/status`. */
export function scannerWrites({ audit }: ScanStage, since = 0): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { verb, userAgent, objectRef, responseStatus } of audit.slice(since)) {
    if (userAgent === USER || READS.has(verb)) continue;
    const { resource = '', subresource } = objectRef ?? {};
    const failed = responseStatus.code < 300 ? '' : ` ${responseStatus.code}`;
    const what = `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}${failed}`;
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
}

/** A digest for a number. */
export function digestFor(number: number): string {
  return `sha256:${number.toString(16).padStart(64, '0')}`;
}

/** A package of npm. */
export function npmPackage(name: string, version: string): BillPackage {
  return { name, version, purl: `pkg:npm/${name}@${version}`, ecosystem: 'npm' };
}

/** A bill of these packages. */
export function npmBill(...packages: readonly (readonly [name: string, version: string])[]): Bill {
  return billOf(packages.map(([name, version]) => npmPackage(name, version)));
}

/** An advisory for versions of an npm package below the fixed one. */
export function npmAdvisory(
  id: string,
  name: string,
  more: { fixed?: string; severity?: string; summary?: string } = {},
): object {
  const { fixed = '2.0.0', severity = 'HIGH', summary = 'it is broken' } = more;
  return {
    schema_version: '1.6.0',
    id,
    modified: '2026-01-01T00:00:00Z',
    published: '2026-01-01T00:00:00Z',
    summary,
    affected: [
      { package: { ecosystem: 'npm', name }, ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed }] }] },
    ],
    database_specific: { severity },
  };
}

/** A scan of the image of a number. */
export function imageScan(name: string, number: number, policy = 'gate'): string {
  return `
apiVersion: ${API}
kind: ImageScan
metadata: {name: ${name}, namespace: default}
spec: {image: 'registry.example.com/team/${name}@${digestFor(number)}', policyRef: {name: ${policy}}}
---
`;
}

/** A policy for all namespaces that refuses what is high. */
export function policy(name = 'gate', more = ''): string {
  return `
apiVersion: ${API}
kind: ClusterScanPolicy
metadata: {name: ${name}}
spec: {namespaceSelector: {}, deny: [{severityAtLeast: High}]${more}}
---
`;
}

/** A source that is a folder. */
export function source(name: string, path: string): string {
  return `
apiVersion: ${API}
kind: ClusterVulnerabilitySource
metadata: {name: ${name}}
spec: {type: Directory, path: ${JSON.stringify(path)}}
---
`;
}
