import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '@cartographer/kube';
import { type Condition, findCondition, type KubeObject } from '@cartographer/machinery';
import { createRegistryClient, type RegistryClient } from '@cartographer/oci';
import { scanningKinds } from '@cartographer/scanning';
import {
  type AuditEntry,
  applyObjects,
  isAuditedWrite,
  objectsIn,
  readObjects,
  startCluster,
  type TestCluster,
} from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestImages } from '../../packages/scanning/src/inventory/layers/testing/image-of.ts';
import { npmAdvisory } from '../../packages/scanning/src/scanner/testing/scan-stage.ts';
import { type PostgresServer, startPostgres } from '../../packages/store/src/testing/postgres-server.ts';
import { until } from '../carto-process.ts';
import { CONFIG_MAPS, installCarto, type StartedPart, startCartoController, startCartoScanner } from './carto.ts';
import { type DockerRegistry, startDockerRegistry } from './docker-registry.ts';

const run = promisify(execFile);
const { signal } = new AbortController();
const SCANNER = 'system:serviceaccount:cartographer-system:cartographer-scanner';
const EVENTS = { group: '', version: 'v1', kind: 'Event', resource: 'events', namespaced: true };
const ADVISORY = 'GHSA-0000-0000-0001';

let cluster: TestCluster;
let registry: DockerRegistry;
let registries: RegistryClient;
let postgres: PostgresServer;
let advisories: string;
let scanner: StartedPart;
let database: string;

beforeAll(async () => {
  [cluster, registry, postgres] = await Promise.all([startCluster(), startDockerRegistry(), startPostgres()]);
  const destinations = { allowed: [registry.host], plainHttp: [registry.host] };
  registries = createRegistryClient({ clock: systemClock, random: Math.random, destinations });
  advisories = join(cluster.folder, 'advisories');
  await mkdir(advisories);
  await installCarto(cluster, '--with', 'scanner');
  await startCartoController(cluster);
  database = await postgres.createDatabase();
  scanner = await startScanner('scanner-1');
}, 300_000);
afterAll(async () => {
  await Promise.allSettled([cluster?.stop(), registry?.stop(), postgres?.stop(), registries?.close()]);
});

function startScanner(name: string): Promise<StartedPart> {
  const flags = ['--allow-destination', registry.host, '--plain-http', registry.host];
  return startCartoScanner(cluster, name, flags, { CARTO_STORE: database });
}

const apply = (yaml: string): Promise<void> => applyObjects(cluster.client, systemClock, objectsIn(yaml));

/** Pushes an image of an npm app with this package. @returns its name with its digest. */
async function push(app: string, packageName: string, version: string): Promise<string> {
  const images = createTestImages();
  const manifest = { name: packageName, version };
  const { digest } = images.add([[`app/node_modules/${packageName}/package.json`, JSON.stringify(manifest)]]);
  const repository = registries.repository({ registry: registry.host, repository: `team/${app}` }, [registry.login]);
  const { bytes, content } = await images.manifest(digest, signal);
  const blobs = 'layers' in content ? [content.config, ...content.layers] : [];
  for (const blob of blobs) {
    await repository.push.blob(blob, images.blobs.get(blob.digest) ?? Buffer.alloc(0), signal);
  }
  await repository.push.manifest({ mediaType: content.mediaType, bytes }, signal);
  return `${registry.host}/team/${app}@${digest}`;
}

type Status = {
  readonly conditions?: readonly Condition[];
  readonly compliantArtifact?: { readonly registry: { readonly image: string } };
  readonly verdict?: { readonly number: number; readonly result: string };
};

async function scanOf(name: string): Promise<KubeObject> {
  return cluster.client.get(scanningKinds.ImageScan, { namespace: 'shop', name });
}

async function statusOf(name: string): Promise<Status> {
  return ((await scanOf(name))['status'] ?? {}) as Status;
}

async function reasonOf(name: string, type = 'PolicySucceeded'): Promise<Condition | undefined> {
  return findCondition((await statusOf(name)).conditions, type);
}

async function reasonOfSource(name: string): Promise<Condition | undefined> {
  const { status } = await cluster.client.get(scanningKinds.ClusterVulnerabilitySource, { name });
  return findCondition((status as Status | undefined)?.conditions, 'Fetched');
}

/** Waits until a scan's verdict is that; says what it is instead. */
async function untilVerdict(name: string, result: string): Promise<void> {
  let last: Status | undefined;
  try {
    await until(
      `${name} is ${result}`,
      async () => {
        last = await statusOf(name).catch(() => undefined);
        return last?.verdict?.result === result;
      },
      100_000,
    );
  } catch (error) {
    throw new Error(`scan ${name} says ${JSON.stringify(last)}\n${scanner.process.logTail()}`, { cause: error });
  }
}

async function releasedOf(name: string): Promise<string | undefined> {
  const where = { namespace: 'shop', fieldSelector: `metadata.name=${name}-release` };
  const { items } = await cluster.client.list(CONFIG_MAPS, where);
  return (items[0]?.['data'] as { image?: string } | undefined)?.image;
}

const workload = (name: string, image: string): string => `
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: ${name}, namespace: shop, labels: {chain: scanned}}
spec: {image: "${image}", serviceAccountName: supply-chain}
`;

const byScanner = ({ user }: AuditEntry): boolean => user.username === SCANNER;

/** What the scanner wrote since a place in the audit log, leases left aside: `update imagescans/status app`. */
async function written(mark: { readonly byte: number }): Promise<readonly string[]> {
  return (await cluster.audit.since(mark))
    .filter((entry) => byScanner(entry) && isAuditedWrite(entry) && entry.objectRef?.resource !== 'leases')
    .map(
      ({ verb, objectRef }) =>
        `${verb} ${objectRef?.resource}/${objectRef?.subresource ?? ''} ${objectRef?.name ?? ''}`,
    );
}

describe('the scanner with its own account, a registry that asks for a login, and PostgreSQL', () => {
  let good: string;

  it('names the command that lets it read pull secrets, and goes on once that was run', async () => {
    await applyObjects(cluster.client, systemClock, readObjects(join(import.meta.dirname, 'scanner.yaml')));
    const auth = Buffer.from(`${registry.login.username}:${registry.login.password.reveal()}`).toString('base64');
    const config = JSON.stringify({ auths: { [registry.host]: { auth } } });
    await apply(`
apiVersion: v1
kind: Secret
metadata: {name: registry, namespace: shop}
type: kubernetes.io/dockerconfigjson
stringData: {.dockerconfigjson: '${config}'}
---
apiVersion: scanning.carto.run/v1alpha1
kind: ClusterVulnerabilitySource
metadata: {name: folder}
spec: {type: Directory, path: ${advisories}, interval: 1s}
`);
    await writeFile(join(advisories, 'other.json'), JSON.stringify(npmAdvisory('GHSA-0000-0000-0009', 'other')));
    good = await push('app', 'left', '1.2.3');
    await apply(workload('app', good));
    await until(
      'the registry refuses',
      async () => (await reasonOf('app', 'Inventoried').catch(() => undefined))?.reason === 'RegistryForbidden',
    );
    const { message = '' } = (await reasonOf('app', 'Inventoried')) ?? {};
    const command = /kubectl [^;]*/.exec(message)?.[0] ?? message;
    await run(cluster.programs.pathOf('kubectl'), command.split(' ').slice(1), {
      env: { ...process.env, KUBECONFIG: cluster.kubeconfig() },
    });
    await untilVerdict('app', 'Passed');
    await until('the image is released', async () => (await releasedOf('app')) === good);
  });

  it('closes the gate when an advisory lands, says so by an event, and touches nothing that runs', async () => {
    const clean = await push('clean', 'right', '1.0.0');
    await apply(workload('clean', clean));
    await untilVerdict('clean', 'Passed');
    const mark = await cluster.audit.mark();
    await writeFile(join(advisories, 'left.json'), JSON.stringify(npmAdvisory(ADVISORY, 'left')));
    await untilVerdict('app', 'Refused');
    expect((await statusOf('app')).compliantArtifact).toBeUndefined();
    await until('the owner says so', async () => {
      const { status } = await cluster.client.get(
        { group: 'carto.run', version: 'v1alpha1', kind: 'Workload', resource: 'workloads', namespaced: true },
        { namespace: 'shop', name: 'app' },
      );
      return JSON.stringify(status).includes('StepRefused');
    });
    expect(await releasedOf('app')).toBe(good);
    await until('the source says that all is matched', async () =>
      (await written(mark)).some((line) => line.includes('clustervulnerabilitysources')),
    );
    const writes = await written(mark);
    expect(writes.filter((line) => line.startsWith('update imagescans'))).toEqual(['update imagescans/status app']);
    expect(writes.filter((line) => line.startsWith('create events'))).toHaveLength(1);
    expect(writes.filter((line) => line.includes('clustervulnerabilitysources')).length).toBeLessThanOrEqual(2);
    const events = await cluster.client.list(EVENTS, { namespace: 'shop' });
    const said = events.items.filter((event) => JSON.stringify(event).includes(ADVISORY));
    expect(said.map((event) => [event['type'], event['reason']])).toEqual([['Warning', 'PolicyViolation']]);
  });

  it('opens it for an image that is fixed', async () => {
    const fixed = await push('app', 'left', '2.0.0');
    await apply(workload('app', fixed));
    await until('the fixed image is released', async () => (await releasedOf('app')) === fixed);
    await untilVerdict('app', 'Passed');
    good = fixed;
  });

  it('says in its metrics which revision all scans are matched against', async () => {
    const text = await (await fetch(scanner.metricsUrl)).text();
    const { status } = await cluster.client.get(scanningKinds.ClusterVulnerabilitySource, { name: 'folder' });
    const { revision } = status as { revision: string };
    expect(text).toContain(`carto_scanner_matched_revision{source="folder",revision="${revision}"} 1`);
    expect(text).toContain('carto_scanner_scans{kind="ImageScan",result="Passed"} 2');
    expect(text).toContain('leader_election_master_status{name="cartographer-scanner"} 1');
  });

  it('leaves scans as they are while the database is away, and takes up what came meanwhile', async () => {
    const before = await Promise.all(['app', 'clean'].map(scanOf));
    const mark = await cluster.audit.mark();
    await postgres.kill();
    await writeFile(join(advisories, 'right.json'), JSON.stringify(npmAdvisory('GHSA-0000-0000-0002', 'right')));
    const late = await push('late', 'right', '1.0.0');
    await apply(workload('late', late));
    await until('the scanner has tried', async () =>
      /CARTO_STORE_UNREACHABLE|database 127/.test(scanner.process.logTail()),
    );
    await until(
      'the scan that waits says why',
      async () => (await reasonOf('late').catch(() => undefined))?.reason === 'StoreFailed',
    );
    await until('the source says so', async () => (await reasonOfSource('folder'))?.reason === 'StoreFailed');
    // It is the running process that lives on, and judges nothing without its store.
    expect(scanner.process.pid).toBeDefined();
    expect((await written(mark)).filter((line) => line.startsWith('update imagescans'))).toEqual([
      'update imagescans/status late',
    ]);
    expect(await Promise.all(['app', 'clean'].map(scanOf))).toEqual(before);
    expect((await statusOf('late')).compliantArtifact).toBeUndefined();
    await postgres.start();
    await untilVerdict('late', 'Refused');
    await untilVerdict('clean', 'Refused');
    expect((await statusOf('app')).verdict).toEqual((before[0]?.['status'] as Status | undefined)?.verdict);
    expect(await releasedOf('clean')).toBeDefined();
    expect(await releasedOf('late')).toBeUndefined();
  });

  it('writes nothing when another replica takes over, and goes on', async () => {
    const standby = await startScanner('scanner-2');
    // The standby has read the store before there was this source.
    const more = join(cluster.folder, 'more');
    await mkdir(more);
    await writeFile(join(more, 'more.json'), JSON.stringify(npmAdvisory('GHSA-0000-0000-0008', 'more')));
    await apply(`
apiVersion: scanning.carto.run/v1alpha1
kind: ClusterVulnerabilitySource
metadata: {name: more}
spec: {type: Directory, path: ${more}, interval: 1s}
`);
    await until('the leader has matched it', async () =>
      (await (await fetch(scanner.metricsUrl)).text()).includes('carto_scanner_matched_revision{source="more"'),
    );
    await rm(join(advisories, 'right.json'));
    await untilVerdict('clean', 'Passed');
    await untilVerdict('late', 'Passed');
    await until('the source rests', async () => {
      const mark = await cluster.audit.mark();
      await systemClock.sleep(2_500);
      return (await written(mark)).length === 0;
    });
    const mark = await cluster.audit.mark();
    await scanner.process.end('SIGTERM');
    await until('the standby leads', async () =>
      (await (await fetch(standby.metricsUrl)).text()).includes(
        'leader_election_master_status{name="cartographer-scanner"} 1',
      ),
    );
    await until('it has matched', async () =>
      (await (await fetch(standby.metricsUrl)).text()).includes('carto_scanner_matched_revision{'),
    );
    await until('it rests', async () =>
      /workqueue_depth\{name="scan"\} 0/.test(await (await fetch(standby.metricsUrl)).text()),
    );
    scanner = standby;
    await systemClock.sleep(2_500);
    expect(await written(mark)).toEqual([]);
    await writeFile(join(advisories, 'right.json'), JSON.stringify(npmAdvisory('GHSA-0000-0000-0002', 'right')));
    await untilVerdict('clean', 'Refused');
  });

  it('asked for nothing that it may not, but for the Secrets before it was let, and whether it may follow them', async () => {
    const refused = (await cluster.audit.since({ byte: 0 })).filter(
      (entry) => byScanner(entry) && entry.responseStatus?.code === 403,
    );
    expect(new Set(refused.map(({ verb, objectRef }) => `${verb} ${objectRef?.resource}`))).toEqual(
      new Set(['get secrets', 'watch secrets']),
    );
  });
});
