import type { InformerEvent, WrittenObjects } from '@cartographer/kube';
import { deepEqual, type KubeObject, labelSelectorOf, objectKey } from '@cartographer/machinery';
import type { Controller } from '@cartographer/runtime';
import type { ScanPolicy } from '../kinds/read.ts';
import type { ScanHoldings, ScanIndex } from './scan-index.ts';
import { scanKey } from './scan-request.ts';
import { exceptionOf, policyOf, type ScannerCaches } from './scanner-caches.ts';

/** Who is woken, and what of them is known. */
export type Woken = {
  readonly caches: ScannerCaches;
  readonly index: ScanIndex;
  readonly scans: Pick<Controller, 'enqueue'>;
  readonly sources: Pick<Controller, 'enqueue'>;
  readonly exceptions: Pick<Controller, 'enqueue'>;
  readonly policies: Pick<Controller, 'enqueue'>;
  readonly writtenScans: WrittenObjects;
};

/**
 * Lets every change wake the scans that it can affect, and no others. A scan that was not judged yet holds nothing, and
 * needs no waking: it is in the queue.
 */
export function wakeByChanges(woken: Woken): void {
  const { caches, scans } = woken;
  for (const kind of ['ImageScan', 'SourceScan'] as const) {
    caches.informer(kind).onEvent((event) => wakeScan(woken, event));
  }
  caches.informer('ClusterVulnerabilitySource').onEvent(({ type, object, old, initial }) => {
    if (isSame({ type, object, old })) return;
    woken.sources.enqueue(object.metadata.name ?? '', initial ? 'background' : 'live');
  });
  caches.informer('ClusterScanPolicy').onEvent((event) => {
    if (isSame(event)) return;
    for (const key of scansOfPolicy(woken, event)) scans.enqueue(key);
    woken.policies.enqueue(event.object.metadata.name ?? '', event.initial ? 'background' : 'live');
  });
  for (const kind of ['VulnerabilityException', 'ClusterVulnerabilityException'] as const) {
    caches.informer(kind).onEvent((event) => {
      if (isSame(event)) return;
      // The scans first: what it does is not known before.
      for (const key of scansOfException(woken, event)) scans.enqueue(key);
      woken.exceptions.enqueue(`${kind}/${objectKey(event.object.metadata)}`, event.initial ? 'background' : 'live');
    });
  }
  caches.informer('Namespace').onEvent(({ object, old }) => {
    if (old !== undefined && deepEqual(old.metadata.labels ?? {}, object.metadata.labels ?? {})) return;
    for (const [key, { namespace }] of woken.index.all()) {
      if (namespace === object.metadata.name) scans.enqueue(key);
    }
  });
}

function wakeScan({ scans, writtenScans }: Woken, { type, object, initial }: InformerEvent): void {
  const key = scanKey(object);
  // The echo of our own write; whatever else changes, its status included, is looked at.
  if (type !== 'deleted' && writtenScans.isOwn(key, object)) return;
  scans.enqueue(key, initial ? 'background' : 'live');
}

/** A change of what only we write is none. */
function isSame({ type, object, old }: Pick<InformerEvent, 'type' | 'object' | 'old'>): boolean {
  return type === 'updated' && old !== undefined && essence(old) === essence(object);
}

function essence({ metadata: { uid, generation, deletionTimestamp } }: KubeObject): string {
  return JSON.stringify([uid, generation, deletionTimestamp]);
}

function scansOfPolicy({ caches, index }: Woken, { object, old }: InformerEvent): readonly string[] {
  const versions = [object, ...(old === undefined ? [] : [old])].map(policyOf);
  const concerns = ({ namespace, policy }: ScanHoldings): boolean =>
    versions.some((version) => policy === version.name || selects(version, caches.namespaceLabels(namespace)));
  return [...index.all()].filter(([, holdings]) => concerns(holdings)).map(([key]) => key);
}

/** One that cannot be read might be for every namespace. */
function selects(policy: ScanPolicy, labels: Readonly<Record<string, string>>): boolean {
  if (!('spec' in policy)) return true;
  try {
    return labelSelectorOf(policy.spec.namespaceSelector).matches(labels);
  } catch {
    return true;
  }
}

/** Which namespaces and artifacts it is for, the verdict asks; a name that a scan does not show cannot touch it. */
function scansOfException({ index }: Woken, { object, old }: InformerEvent): readonly string[] {
  const versions = [object, ...(old === undefined ? [] : [old])]
    .map(exceptionOf)
    .flatMap((read) => (read.kind === 'read' ? [read.value] : []));
  const concerns = ({ namespace, names }: ScanHoldings): boolean =>
    versions.some(
      (version) =>
        (version.kind === 'ClusterVulnerabilityException' || version.namespace === namespace) &&
        names.has(version.spec.vulnerability.toUpperCase()),
    );
  return [...index.all()].filter(([, holdings]) => concerns(holdings)).map(([key]) => key);
}
