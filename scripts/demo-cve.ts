/** `npm run demo:cve`: an advisory lands, and only what it touches moves. Ends with 0 if all counts are as promised, else with 1. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '@cartographer/kube';
import { getPath, type Json, type KubeObject, type ResourceType, rfc3339 } from '@cartographer/machinery';
import { type CartoProcess, readAudit, stampWrites, startCarto, until } from '../e2e/carto-process.ts';

const run = promisify(execFile);

const APPS = ['one', 'two', 'three', 'four', 'five'] as const;
/** Those that carry the package. */
const CARRIERS = ['two', 'four'] as const;
const [PACKAGE, BROKEN, FIXED] = ['minimist', '1.2.5', '1.2.6'];
const OTHER = ['ms', '2.1.3'] as const;
const EXCEPTION_SECONDS = 15;
const SETTLE_MS = 2_500;

/** CVE-2021-44906 as OSV has it, cut to what matching reads. */
const ADVISORY = {
  schema_version: '1.6.0',
  id: 'GHSA-xvch-5gv4-984h',
  aliases: ['CVE-2021-44906'],
  modified: '2024-06-24T21:23:25Z',
  published: '2022-03-18T00:01:09Z',
  summary: 'Prototype Pollution in minimist',
  severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
  affected: [
    {
      package: { ecosystem: 'npm', name: 'minimist' },
      ranges: [
        { type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '0.2.4' }] },
        { type: 'SEMVER', events: [{ introduced: '1.0.0' }, { fixed: '1.2.6' }] },
      ],
    },
  ],
};

const SCANNING = 'scanning.carto.run';
const SCANS = type(SCANNING, 'v1alpha1', 'imagescans');
const EXCEPTIONS = type(SCANNING, 'v1alpha1', 'vulnerabilityexceptions');
const IMAGES = type('kpack.io', 'v1alpha2', 'images');
const WORKLOADS = type('carto.run', 'v1alpha1', 'workloads');

function type(group: string, version: string, resource: string): ResourceType {
  return { group, version, resource, kind: '', namespaced: true };
}

async function git(repository: string, ...args: readonly string[]): Promise<void> {
  const author = ['-c', 'user.name=Demo', '-c', 'user.email=demo@carto.invalid'];
  await run('git', ['-C', repository, ...author, ...args]);
}

/** An app of one page that carries a package, as `npm install` leaves it. */
async function writePackage(repository: string, name: string, version: string): Promise<void> {
  const folder = join(repository, 'node_modules', name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name, version, main: 'index.js' }));
  await writeFile(join(folder, 'index.js'), '');
}

async function makeRepository(root: string, app: string): Promise<string> {
  const repository = join(root, app);
  await mkdir(repository, { recursive: true });
  await writeFile(
    join(repository, 'package.json'),
    JSON.stringify({ name: app, version: '1.0.0', private: true, scripts: { start: 'node server.js' } }),
  );
  const server =
    "require('node:http').createServer((_, response) => response.end('up')).listen(process.env.PORT, '127.0.0.1');\n";
  await writeFile(join(repository, 'server.js'), server);
  await writePackage(repository, ...OTHER);
  if (isCarrier(app)) await writePackage(repository, PACKAGE, BROKEN);
  await git(repository, 'init', '--quiet', '--initial-branch=main');
  await git(repository, 'add', '--all', '--force');
  await git(repository, 'commit', '--quiet', '-m', 'First');
  return repository;
}

const isCarrier = (app: string): boolean => (CARRIERS as readonly string[]).includes(app);

const get = async ({ client }: CartoProcess, of: ResourceType, name: string): Promise<KubeObject | undefined> =>
  client.get(of, { namespace: 'default', name }).catch(() => undefined);

const resultOf = async (carto: CartoProcess, app: string): Promise<Json | undefined> =>
  getPath((await get(carto, SCANS, app))?.['status'], 'verdict', 'result');

async function isReady(carto: CartoProcess, app: string): Promise<boolean> {
  const conditions = getPath((await get(carto, WORKLOADS, app))?.['status'], 'conditions');
  const list = (conditions ?? []) as readonly { readonly type: string; readonly status: string }[];
  return list.some(({ type: name, status }) => name === 'Ready' && status === 'True');
}

/** Which images were built, and how often. */
async function builds(carto: CartoProcess): Promise<string> {
  const counts = await Promise.all(
    APPS.map(async (app) => getPath((await get(carto, IMAGES, app))?.['status'], 'buildCounter')),
  );
  return counts.map(String).join(' ');
}

async function versions(carto: CartoProcess): Promise<string> {
  const others = APPS.filter((app) => !isCarrier(app));
  return (await Promise.all(others.map(async (app) => (await get(carto, SCANS, app))?.metadata.resourceVersion))).join(
    ' ',
  );
}

/** What the scanner wrote since a mark: `update imagescans/status`, counted. */
function scannerWrites(dataDir: string, since: number): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { user, verb, objectRef, responseStatus } of readAudit(dataDir).slice(since)) {
    if (
      !user.username.endsWith(':cartographer-scanner') ||
      ['get', 'list', 'watch'].includes(verb) ||
      responseStatus.code >= 300
    )
      continue;
    const { resource = '', subresource = '' } = objectRef ?? {};
    const what = `${verb} ${resource}${subresource === '' ? '' : `/${subresource}`}`;
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
}

const failures: string[] = [];

function expectEqual(what: string, actual: unknown, expected: unknown): void {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  print(`  ${left === right ? 'ok    ' : 'FAILED'} ${what}: ${left}${left === right ? '' : `, not ${right}`}`);
  if (left !== right) failures.push(what);
}

/** Waits until the carriers are judged so; prints who moved, in order. */
async function moved(carto: CartoProcess, result: string, startedMs: number): Promise<void> {
  const open = new Set<string>(CARRIERS);
  await until(`${[...open].join(' and ')} are ${result}`, async () => {
    for (const app of open) {
      if ((await resultOf(carto, app)) !== result) continue;
      open.delete(app);
      print(`  ${app.padEnd(6)} ${result} after ${Date.now() - startedMs} ms`);
    }
    return open.size === 0;
  });
}

async function demo(dataDir: string): Promise<void> {
  print('starting carto up, with five workloads');
  const carto = await startCarto(dataDir);
  try {
    // So that every ecosystem has records, and nothing but the new advisory matters.
    const advisories = join(dataDir, 'advisories');
    const unrelated = {
      ...ADVISORY,
      id: 'GHSA-0000-0000-0000',
      aliases: [],
      affected: [{ ...ADVISORY.affected[0], package: { ecosystem: 'npm', name: 'nothing-here' } }],
    };
    await writeFile(join(advisories, 'unrelated.json'), JSON.stringify(unrelated));
    const repositories = new Map<string, string>();
    for (const app of APPS) {
      const repository = await makeRepository(join(dataDir, 'apps'), app);
      repositories.set(app, repository);
      const metadata = { name: app, namespace: 'default', labels: { 'carto.run/type': 'web' } };
      const spec = { source: { git: { url: repository, ref: { branch: 'main' } } }, env: [] };
      await carto.client.create(WORKLOADS, { apiVersion: 'carto.run/v1alpha1', kind: 'Workload', metadata, spec });
    }
    for (const app of APPS) {
      await until(
        `workload ${app} is ready and passed`,
        async () => (await isReady(carto, app)) && (await resultOf(carto, app)) === 'Passed',
      );
    }
    await systemClock.sleep(SETTLE_MS);
    const [built, untouched] = [await builds(carto), await versions(carto)];

    print(`\n${ADVISORY.aliases[0]} lands: ${PACKAGE} ${BROKEN} is in ${CARRIERS.join(' and ')}`);
    let [mark, startedMs] = [readAudit(dataDir).length, Date.now()];
    await writeFile(join(advisories, 'new.json'), JSON.stringify(ADVISORY));
    await moved(carto, 'Refused', startedMs);
    await until('the workloads show it', async () => !(await isReady(carto, 'two')) && !(await isReady(carto, 'four')));
    await systemClock.sleep(SETTLE_MS);
    expectEqual('writes of the scanner', scannerWrites(dataDir, mark), {
      'create events': 2,
      'update imagescans/status': 2,
      'update clustervulnerabilitysources/status': 1,
    });
    expectEqual('writes of the chain', stampWrites(readAudit(dataDir).slice(mark)).length, 0);
    expectEqual('builds', await builds(carto), built);
    expectEqual(
      'the other three are ready',
      (await Promise.all(['one', 'three', 'five'].map((app) => isReady(carto, app)))).every(Boolean),
      true,
    );

    print(`\nan exception for ${EXCEPTION_SECONDS} seconds`);
    [mark, startedMs] = [readAudit(dataDir).length, Date.now()];
    const expires = rfc3339(Date.now() + EXCEPTION_SECONDS * 1_000);
    const spec = {
      vulnerability: 'CVE-2021-44906',
      package: 'pkg:npm/minimist',
      status: 'not_affected',
      justification: 'vulnerable_code_not_in_execute_path',
      expires,
    };
    const metadata = { name: 'minimist', namespace: 'default' };
    // The scale of the policy: Critical is beyond what a namespace may excuse, so the operator does.
    const cluster = {
      apiVersion: `${SCANNING}/v1alpha1`,
      kind: 'ClusterVulnerabilityException',
      metadata: { name: metadata.name },
      spec: { ...spec, namespaceSelector: {} },
    };
    await carto.client.create(
      { ...EXCEPTIONS, resource: 'clustervulnerabilityexceptions', namespaced: false },
      cluster,
    );
    await moved(carto, 'Passed', startedMs);
    print('and its end');
    await moved(carto, 'Refused', startedMs);
    await systemClock.sleep(SETTLE_MS);
    expectEqual('writes to scans by the scanner', scannerWrites(dataDir, mark)['update imagescans/status'], 4);
    expectEqual('events by the scanner', scannerWrites(dataDir, mark)['create events'], 4);
    expectEqual('builds', await builds(carto), built);

    print(`\na commit with ${PACKAGE} ${FIXED} in each`);
    [mark, startedMs] = [readAudit(dataDir).length, Date.now()];
    for (const app of CARRIERS) {
      const repository = repositories.get(app) ?? '';
      await writePackage(repository, PACKAGE, FIXED);
      await git(repository, 'commit', '--quiet', '--all', '-m', 'Fix');
    }
    await moved(carto, 'Passed', startedMs);
    for (const app of CARRIERS) await until(`workload ${app} is ready`, () => isReady(carto, app));
    await systemClock.sleep(SETTLE_MS);
    expectEqual(
      'scans of the other three that were ever written',
      (await versions(carto)) === untouched ? 0 : 'some',
      0,
    );
  } finally {
    print(`\nstopping: carto up ended with ${await carto.end('SIGINT')}`);
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
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
