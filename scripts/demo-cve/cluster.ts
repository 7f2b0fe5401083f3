import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRestMapper, systemClock } from '@cartographer/kube';
import { getPath, type KubeObject, parseYamlDocuments, type ResourceType, textAt } from '@cartographer/machinery';
import { scanningKinds } from '@cartographer/scanning';
import { type CartoProcess, readAudit } from '../../e2e/carto-process.ts';
import { ALL, type App, OTHERS } from './apps.ts';

const IMAGES = type('kpack.io', 'v1alpha2', 'images');
const WORKLOADS = type('carto.run', 'v1alpha1', 'workloads');

function type(group: string, version: string, resource: string): ResourceType {
  return { group, version, resource, kind: '', namespaced: true };
}

const get = async ({ client }: CartoProcess, of: ResourceType, name: string): Promise<KubeObject | undefined> =>
  client.get(of, { namespace: 'default', name }).catch(() => undefined);

/** Applies the files of a folder, in order. */
export async function applyFolder({ client }: CartoProcess, folder: string): Promise<void> {
  const mapper = createRestMapper({ client, clock: systemClock });
  for (const file of (await readdir(folder)).toSorted()) {
    for (const document of parseYamlDocuments(await readFile(join(folder, file), 'utf8'))) {
      const object = document as KubeObject;
      await client.apply(await mapper.resourceFor(object), object, { fieldManager: 'demo' });
    }
  }
}

/** Makes the workload of a repository. */
export async function createWorkload({ client }: CartoProcess, app: App, repository: string): Promise<void> {
  const metadata = { name: app, namespace: 'default', labels: { 'carto.run/type': 'web-locked' } };
  const spec = { source: { git: { url: repository, ref: { branch: 'main' } } }, env: [] };
  await client.create(WORKLOADS, { apiVersion: 'carto.run/v1alpha1', kind: 'Workload', metadata, spec });
}

/** What the scan of a workload's source says: its result, and why. */
export async function verdictOf(carto: CartoProcess, app: App): Promise<{ result: string; message: string }> {
  const status = (await get(carto, scanningKinds.SourceScan, app))?.['status'];
  return { result: textAt(status, 'verdict', 'result'), message: textAt(status, 'message') };
}

/** Whether a workload has reached the end of its chain. */
export async function isReady(carto: CartoProcess, app: App): Promise<boolean> {
  const conditions = getPath((await get(carto, WORKLOADS, app))?.['status'], 'conditions');
  const list = (conditions ?? []) as readonly { readonly type: string; readonly status: string }[];
  return list.some(({ type: name, status }) => name === 'Ready' && status === 'True');
}

/** How often each image was built. */
export async function builds(carto: CartoProcess): Promise<string> {
  const counts = await Promise.all(
    ALL.map(async (app) => getPath((await get(carto, IMAGES, app))?.['status'], 'buildCounter')),
  );
  return counts.map(String).join(' ');
}

/** The versions of the scans of those that the CVE does not touch: they change with any write. */
export async function untouched(carto: CartoProcess): Promise<string> {
  const scans = OTHERS.map((app) => get(carto, scanningKinds.SourceScan, app));
  return (await Promise.all(scans)).map((scan) => scan?.metadata.resourceVersion).join(' ');
}

const READS = ['get', 'list', 'watch'];

/** What the scanner wrote since a mark in the audit log: `update sourcescans/status`, counted. */
export function scannerWrites(dataDir: string, since: number): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { user, verb, objectRef, responseStatus } of readAudit(dataDir).slice(since)) {
    const isOurs = user.username.endsWith(':cartographer-scanner');
    if (!isOurs || READS.includes(verb) || responseStatus.code >= 300) continue;
    const { resource = '', subresource = '' } = objectRef ?? {};
    const what = `${verb} ${resource}${subresource === '' ? '' : `/${subresource}`}`;
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
}
