import type { KubeObject } from '@cartographer/machinery';
import type { Subject } from '../portfolio/kept-bills.ts';
import type { KeptFinding } from '../portfolio/kept-findings.ts';
import { keysOf } from '../scanner/inventories/finding-looks.ts';
import { artifactKey, subjectOf, trustAskOf } from '../scanner/inventories/inventory.ts';
import { judgeFindings } from '../scanner/judge-scan.ts';
import { earlierTarget, lastCompliantIn, type ScanKind, scanKey, scanRequest } from '../scanner/scan-request.ts';
import type { ScannerCaches } from '../scanner/scanner-caches.ts';
import type { Artifact, ScanStatus } from '../verdict/scan-status.ts';
import type { VerdictFinding } from '../verdict/verdict.ts';

/** A scan that shows a bill, as what it scans now or as what passed last. */
export type Holder = {
  readonly key: string;
  readonly kind: ScanKind;
  readonly namespace: string;
  readonly name: string;
  readonly artifact: Artifact;
  readonly holds: 'scanned' | 'lastCompliant';
};

/** The scans of the cluster by what their status shows: that was given to them by the scanner, what they ask for was not. */
export type KnownScans = {
  readonly namespaces: (kind: ScanKind) => readonly string[];
  /** In the order of their keys. */
  readonly holdersOf: (bill: string, subjects: readonly Subject[]) => readonly Holder[];
  /** What is kept of the artifact of a holder, and by which keys findings are believed that are attached to it; undefined for none. */
  readonly believed: (
    holder: Pick<Holder, 'kind' | 'namespace' | 'name' | 'artifact'>,
  ) => { readonly subject: Required<Subject>; readonly keys: readonly string[] } | undefined;
  readonly get: (kind: ScanKind, namespace: string, name: string) => KubeObject | undefined;
  readonly all: () => readonly KubeObject[];
  /** What policies and exceptions make of findings of a scan, by when each vulnerability was first seen in its namespace. */
  readonly judged: (
    scan: KubeObject,
    findings: readonly KeptFinding[],
    { sights, nowMs }: { readonly sights: ReadonlyMap<string, string>; readonly nowMs: number },
  ) => readonly VerdictFinding[];
};

const KINDS = ['ImageScan', 'SourceScan'] as const;

/** What is known of scans and policies. */
type QuestionCaches = Pick<ScannerCaches, 'informer' | 'policies' | 'exceptions' | 'namespaceLabels'>;

/** Looks at all scans as they are now, once for each question: 10,000 of them take some milliseconds. */
export function knownScans(caches: QuestionCaches): KnownScans {
  const scans = KINDS.flatMap((kind) => caches.informer(kind).list());
  const byBill = new Map<string, Holder[]>();
  const bySubject = new Map<string, Holder[]>();
  const add = (map: Map<string, Holder[]>, key: string, holder: Holder): void => {
    const there = map.get(key);
    if (there === undefined) map.set(key, [holder]);
    else there.push(holder);
  };
  for (const scan of scans) {
    const status = (scan['status'] ?? {}) as ScanStatus;
    const { digest } = status.inventory ?? {};
    if (digest !== undefined && status.artifact !== undefined)
      add(byBill, digest, holderOf(scan, status.artifact, 'scanned'));
    const before = lastCompliantIn(status);
    if (before === undefined || JSON.stringify(before.artifact) === JSON.stringify(status.artifact)) continue;
    const target = earlierTarget(before.artifact, scanRequest(scan));
    if (target.kind === 'wrong') continue;
    const subject = subjectOf(target, { namespace: scan.metadata.namespace ?? '' });
    add(bySubject, artifactKey(subject), holderOf(scan, before.artifact, 'lastCompliant'));
  }
  return {
    namespaces: (kind) => [
      ...new Set(scans.filter((scan) => scan.kind === kind).map(({ metadata }) => metadata.namespace ?? '')),
    ],
    holdersOf: (bill, subjects) =>
      [
        ...(byBill.get(bill) ?? []),
        ...subjects.flatMap((subject) => bySubject.get(artifactKey(subject)) ?? []),
      ].toSorted(byKey),
    believed({ kind, namespace, name, artifact }) {
      const scan = caches.informer(kind).get(`${namespace}/${name}`);
      if (scan === undefined) return undefined;
      const request = scanRequest(scan);
      const target = earlierTarget(artifact, request);
      const namespaceLabels = caches.namespaceLabels(namespace);
      const { trust, findings } = trustAskOf(caches.policies(), { policy: request.policy, namespaceLabels });
      if (findings === undefined || target.kind !== 'image') return undefined;
      const subject = subjectOf(target, { namespace, ...(trust === undefined ? {} : { trust }) });
      return { subject, keys: keysOf(findings) };
    },
    get: (kind, namespace, name) => caches.informer(kind).get(`${namespace}/${name}`),
    all: () => scans,
    judged(scan, findings, { sights, nowMs }) {
      const { namespace = '' } = scan.metadata;
      const previous = scan['status'] as ScanStatus | undefined;
      const world = {
        policies: caches.policies(),
        exceptions: caches.exceptions(),
        sources: [],
        namespaceLabels: caches.namespaceLabels(namespace),
        sights,
      };
      return judgeFindings({ request: scanRequest(scan), namespace, previous, findings }, world, nowMs);
    },
  };
}

function holderOf(scan: KubeObject, artifact: Artifact, holds: Holder['holds']): Holder {
  const { namespace = '', name = '' } = scan.metadata;
  return { key: `${scanKey(scan)}/${holds}`, kind: scan.kind as ScanKind, namespace, name, artifact, holds };
}

function byKey(left: Holder, right: Holder): number {
  return left.key < right.key ? -1 : left.key > right.key ? 1 : 0;
}
