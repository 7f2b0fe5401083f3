import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiServer, createApiServer } from '@cartographer/apiserver';
import { type Bill, type BillPackage, billOf } from '@cartographer/bills';
import { type Client, createClient, createInProcessTransport, createRestMapper, systemClock } from '@cartographer/kube';
import { type KubeObject, parseYamlDocuments, silentLog } from '@cartographer/machinery';
import { createControllerMetrics } from '@cartographer/runtime';
import {
  AdvisoryIndex,
  advisoryOf,
  findings,
  type Inventories,
  Portfolio,
  type RunningScanner,
  scanningCrds,
  startScanner,
} from '@cartographer/scanning';
import { sqliteDatabase } from '@cartographer/store';
import { keptInventory, subjectOf } from '../packages/scanning/src/scanner/inventories/inventory.ts';
import {
  digestFor,
  imageScan,
  npmAdvisory,
  npmPackage,
  policy,
  source,
} from '../packages/scanning/src/scanner/testing/scan-stage.ts';
import { cpuMs, type Row } from './row.ts';

const BILLS = 10_000;
const PACKAGES = 200;
/** One bill in so many has the package of the advisory that arrives. */
const TOUCHED_EACH = 100;
const POLL_MS = 5;
/** A metric costs a look at all scans. */
const METRIC_POLL_MS = 100;
const MATCHED = 'carto_scanner_matched_revision{';

/** What a scanner stands on here, and what it wrote. */
type Stage = {
  readonly server: ApiServer;
  readonly client: Client;
  readonly folder: string;
  readonly advisories: string;
  readonly writes: { count: number };
  /** Starts a scanner, and waits until its metric says that every scan is as of the source's revision. */
  start(): Promise<RunningScanner>;
};

/** An advisory that touches one bill in a hundred, and a restart; beside matching every bill again. */
export async function measureRescan(scale: number): Promise<readonly Row[]> {
  const count = Math.max(TOUCHED_EACH, Math.round(BILLS * scale));
  const touched = Math.floor(count / TOUCHED_EACH);
  const stage = await stageWith(count);
  const first = await stage.start();
  await quiet(first, stage.writes);
  const naiveMs = await naiveRescan(stage, count);

  const { writes } = stage;
  writes.count = 0;
  const changedMs = cpuMs();
  await writeFile(join(stage.advisories, 'new.json'), JSON.stringify(npmAdvisory('GHSA-0000-0000-0002', 'common')));
  // A status and an event of each, and the source.
  await until(() => writes.count > 2 * touched);
  await quiet(first, writes);
  const changeMs = cpuMs() - changedMs;
  const changeWrites = writes.count;
  await first.stop();

  writes.count = 0;
  const restartedMs = cpuMs();
  const second = await stage.start();
  const restartMs = cpuMs() - restartedMs;
  await quiet(second, writes);
  const restartWrites = writes.count;
  await second.stop();
  await stage.server.close();
  await rm(stage.folder, { recursive: true, force: true });
  const what = `${count} bills of ${PACKAGES} packages`;
  return [
    {
      name: `${what}, an advisory that touches ${touched}: CPU, the server's own included`,
      value: changeMs,
      unit: 'ms',
      floor: { name: 'all bills matched again', value: naiveMs },
      goal: { of: 'value', atMost: 2_000 },
    },
    {
      name: 'of that, writes (a status and an event of each scan, at most two of the source)',
      value: changeWrites,
      unit: '',
      goal: { of: 'value', atMost: 2 * touched + 2 },
    },
    {
      name: `restart with ${count} bills, until carto_scanner_matched_revision stands: CPU, the server's own included`,
      value: restartMs,
      unit: 'ms',
      floor: { name: 'all bills matched again', value: naiveMs },
      goal: { of: 'value', atMost: 5_000 },
    },
    { name: 'of that, writes', value: restartWrites, unit: '', goal: { of: 'value', atMost: 0 } },
  ];
}

async function stageWith(count: number): Promise<Stage> {
  const writes = { count: 0 };
  const server = await createApiServer({
    customResources: scanningCrds(),
    authorization: 'AlwaysAllow',
    clock: systemClock,
    log: silentLog,
    audit: ({ verb, userAgent }) => {
      if (userAgent === 'scanner' && !['get', 'list', 'watch'].includes(verb)) writes.count += 1;
    },
  });
  const transport = createInProcessTransport((request) => server.request(request), server.adminToken);
  const client = createClient({ transport, clock: systemClock, userAgent: 'bench' });
  const mapper = createRestMapper({ client, clock: systemClock });
  const folder = await mkdtemp(join(tmpdir(), 'carto-bench-'));
  const advisories = join(folder, 'advisories');
  await mkdir(advisories);
  await writeFile(join(advisories, 'old.json'), JSON.stringify(npmAdvisory('GHSA-0000-0000-0001', 'package-0')));
  const apply = async (yaml: string): Promise<void> => {
    for (const document of parseYamlDocuments(yaml)) {
      const object = document as KubeObject;
      await client.apply(await mapper.resourceFor(object), object, { fieldManager: 'bench', force: true });
    }
  };
  await apply(policy() + source('folder', advisories));
  for (let at = 0; at < count; at += 1) await apply(imageScan(`app-${at}`, at));
  return {
    server,
    client,
    folder,
    advisories,
    writes,
    async start() {
      const metrics = createControllerMetrics();
      const scanner = await startScanner({
        client: createClient({ transport, clock: systemClock, userAgent: 'scanner' }),
        database: sqliteDatabase(join(folder, 'store.db')),
        clock: systemClock,
        log: silentLog,
        namespace: 'cartographer-system',
        inventories: made,
        metrics,
      });
      await scanner.ready;
      while (!(await metrics.expose()).text.includes(MATCHED)) await systemClock.sleep(METRIC_POLL_MS);
      return scanner;
    },
  };
}

/** The inventories of images that nobody has to read. */
function made(portfolio: Portfolio): Inventories {
  return async (target, ask) => {
    const kept = await keptInventory(portfolio, target, ask);
    if (kept !== undefined) return kept;
    const at = Number.parseInt((target.digest ?? '').slice(-12), 16);
    await portfolio.putBill({ ...subjectOf(target, ask), said: { platforms: [], from: ['layers'] } }, billFor(at));
    return (await keptInventory(portfolio, target, ask)) ?? { kind: 'failed', reason: 'StoreEmptied', message: '' };
  };
}

/** Each bill is another one; packages are shared, as in reality. */
function billFor(at: number): Bill {
  const packages: BillPackage[] = Array.from({ length: PACKAGES - 1 }, (_, place) =>
    npmPackage(`package-${(at * 7 + place * 13) % 5_000}`, `3.${at % 10}.${place}`),
  );
  packages.push(npmPackage(at % TOUCHED_EACH === 0 ? 'common' : `own-${at}`, '1.0.0'));
  return billOf(packages);
}

/** What whoever keeps no index does: reads every bill, and matches it against all advisories. */
async function naiveRescan({ folder }: Stage, count: number): Promise<number> {
  const portfolio = await Portfolio.open({ database: sqliteDatabase(join(folder, 'store.db')), clock: systemClock });
  const index = new AdvisoryIndex();
  for (const record of [
    npmAdvisory('GHSA-0000-0000-0001', 'package-0'),
    npmAdvisory('GHSA-0000-0000-0002', 'common'),
  ]) {
    const read = advisoryOf(record);
    if ('why' in read) throw new Error(read.why);
    index.add(read.advisory);
  }
  const startedMs = cpuMs();
  for (let at = 0; at < count; at += 1) {
    const repository = `registry.example.com/team/app-${at}`;
    const kept = await portfolio.billOf({ digest: digestFor(at), repository });
    if (kept === undefined) throw new Error(`there is no bill ${at}`);
    findings(kept.bill.packages, index);
  }
  const ms = cpuMs() - startedMs;
  await portfolio.close();
  return ms;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await systemClock.sleep(POLL_MS);
}

/** Until nothing waits and nothing was written for some moments. */
async function quiet(scanner: RunningScanner, writes: { readonly count: number }): Promise<void> {
  for (let calm = 0; calm < 3; ) {
    const before = writes.count;
    await systemClock.sleep(POLL_MS);
    calm = scanner.isIdle() && writes.count === before ? calm + 1 : 0;
  }
}
