/** `npm run demo:cve`: an advisory lands, and only what it touches moves. Ends with 0 if all counts are as promised, else with 1. */
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cartographer/kube';
import { rfc3339 } from '@cartographer/machinery';
import { SCANNING_API_VERSION, scanningKinds } from '@cartographer/scanning';
import { type CartoProcess, readAudit, stampWrites, startCarto, until } from '../e2e/carto-process.ts';
import {
  ADVISORIES,
  ALL,
  APPS,
  type App,
  CARRIERS,
  CHAIN,
  commitFix,
  makeRepository,
  OTHERS,
} from './demo-cve/apps.ts';
import {
  applyFolder,
  builds,
  createWorkload,
  isReady,
  scannerWrites,
  untouched,
  verdictOf,
} from './demo-cve/cluster.ts';

const EXCEPTION_SECONDS = 15;
/** So long is waited for writes that should not come. */
const SETTLE_MS = 2_500;

const failures: string[] = [];

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function expectEqual(what: string, actual: unknown, expected: unknown): void {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  const isAsPromised = left === right;
  print(`  ${isAsPromised ? 'ok    ' : 'FAILED'} ${what}: ${left}${isAsPromised ? '' : `, not ${right}`}`);
  if (!isAsPromised) failures.push(what);
}

/** A running demonstration. */
type Demo = {
  readonly carto: CartoProcess;
  readonly dataDir: string;
  readonly repositories: ReadonlyMap<App, string>;
};

/** Does something, waits until the carriers are judged so, and prints who moved, in order; answers with the audit's mark. */
async function movedBy({ carto, dataDir }: Demo, result: string, act?: () => Promise<unknown>): Promise<number> {
  const [mark, startedMs] = [readAudit(dataDir).length, Date.now()];
  await act?.();
  const open = new Set<App>(CARRIERS);
  await until(`${[...open].join(' and ')} are ${result}`, async () => {
    for (const app of open) {
      const verdict = await verdictOf(carto, app);
      if (verdict.result !== result) continue;
      open.delete(app);
      print(`  ${app.padEnd(5)} after ${Date.now() - startedMs} ms: ${verdict.message}`);
    }
    return open.size === 0;
  });
  return mark;
}

async function untilAll(carto: CartoProcess, apps: readonly App[], ready: boolean): Promise<void> {
  for (const app of apps) {
    await until(`workload ${app} is ${ready ? '' : 'not '}ready`, async () => (await isReady(carto, app)) === ready);
  }
}

async function begin(carto: CartoProcess, dataDir: string): Promise<Demo> {
  await copyFile(ADVISORIES.unrelated, join(dataDir, 'advisories', 'unrelated.json'));
  await applyFolder(carto, CHAIN);
  const repositories = new Map<App, string>();
  for (const app of ALL) {
    const repository = await makeRepository(join(dataDir, 'apps'), app);
    repositories.set(app, repository);
    await createWorkload(carto, app, repository);
  }
  await untilAll(carto, ALL, true);
  for (const app of ALL) {
    await until(`${app} has passed`, async () => (await verdictOf(carto, app)).result === 'Passed');
    print(`  ${app.padEnd(5)} ${APPS[app].padEnd(10)} runs, ${(await verdictOf(carto, app)).message}`);
  }
  await systemClock.sleep(SETTLE_MS);
  return { carto, dataDir, repositories };
}

async function advisoryLands(demo: Demo, built: string): Promise<void> {
  const { carto, dataDir } = demo;
  print(
    '\nCVE-2021-44906 lands: it is in minimist 1.2.5. Two asks for that; four does not know that it has it, mkdirp brings it',
  );
  const mark = await movedBy(demo, 'Refused', () =>
    copyFile(ADVISORIES.new, join(dataDir, 'advisories', 'GHSA-xvch-5gv4-984h.json')),
  );
  await untilAll(carto, CARRIERS, false);
  await systemClock.sleep(SETTLE_MS);
  expectEqual('writes of the scanner', scannerWrites(dataDir, mark), {
    'create events': 2,
    'update sourcescans/status': 2,
    'update clustervulnerabilitysources/status': 1,
  });
  expectEqual('writes of the chain', stampWrites(readAudit(dataDir).slice(mark)).length, 0);
  expectEqual('builds of each app', await builds(carto), built);
  const stillReady = await Promise.all(OTHERS.map((app) => isReady(carto, app)));
  expectEqual('the other three that are ready', stillReady.filter(Boolean).length, OTHERS.length);
}

async function exceptionEnds(demo: Demo, built: string): Promise<void> {
  const { carto, dataDir } = demo;
  print(
    `\nthe operator excuses it for ${EXCEPTION_SECONDS} seconds: Critical is beyond what this policy lets a namespace excuse`,
  );
  const mark = await movedBy(demo, 'Passed', () =>
    carto.client.create(scanningKinds.ClusterVulnerabilityException, {
      apiVersion: SCANNING_API_VERSION,
      kind: 'ClusterVulnerabilityException',
      metadata: { name: 'minimist' },
      spec: {
        namespaceSelector: {},
        vulnerability: 'CVE-2021-44906',
        package: 'pkg:npm/minimist',
        status: 'not_affected',
        justification: 'vulnerable_code_not_in_execute_path',
        expires: rfc3339(Date.now() + EXCEPTION_SECONDS * 1_000),
      },
    }),
  );
  print('its end, which nobody does anything for');
  await movedBy(demo, 'Refused');
  await systemClock.sleep(SETTLE_MS);
  const { 'update sourcescans/status': scans, 'create events': events } = scannerWrites(dataDir, mark);
  expectEqual('writes to scans, for beginning and end', scans, 4);
  expectEqual('events', events, 4);
  expectEqual('builds of each app', await builds(carto), built);
}

async function fixIsCommitted(demo: Demo): Promise<void> {
  const { carto, repositories } = demo;
  print('\na commit with minimist 1.2.6 in each of the two');
  await movedBy(demo, 'Passed', async () => {
    for (const app of CARRIERS) await commitFix(repositories.get(app) ?? '', app);
  });
  await untilAll(carto, CARRIERS, true);
  await systemClock.sleep(SETTLE_MS);
  expectEqual('builds of each app', await builds(carto), '1 2 1 2 1');
}

async function demo(dataDir: string): Promise<void> {
  print('starting carto up, with five workloads of examples/cve');
  const carto = await startCarto(dataDir);
  try {
    const story = await begin(carto, dataDir);
    const [built, scans] = [await builds(carto), await untouched(carto)];
    await advisoryLands(story, built);
    await exceptionEnds(story, built);
    await fixIsCommitted(story);
    const isSame = (await untouched(carto)) === scans;
    expectEqual('writes to the scans of the other three, in all of this', isSame ? 0 : 'some', 0);
  } finally {
    print(`\nstopping: carto up ended with ${await carto.end('SIGINT')}`);
  }
}

const dataDir = await mkdtemp(join(tmpdir(), 'carto-demo-cve-'));
try {
  await demo(dataDir);
} catch (error) {
  failures.push(error instanceof Error ? error.message : String(error));
} finally {
  await rm(dataDir, { recursive: true, force: true });
}
for (const failure of failures) print(`FAILED: ${failure}`);
process.exitCode = failures.length === 0 ? 0 : 1;
