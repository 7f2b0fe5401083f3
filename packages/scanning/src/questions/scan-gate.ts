import { LABELS } from '@cartographer/api';
import { findCondition, type KubeObject } from '@cartographer/machinery';
import type { SCAN_REASONS } from '../kinds/reasons.ts';
import type { ScanStatus } from '../verdict/scan-status.ts';
import type { VerdictResult } from '../verdict/verdict.ts';

/** Whose scan it is, and whether what was asked about gets through it. */
export type ScanGate = {
  /** What the chain stamped it for, as the scan's labels say it. */
  readonly owner?: { readonly kind: 'Workload' | 'Deliverable' | 'Runnable'; readonly name: string };
  /** What the policies say of it now. */
  readonly verdict: VerdictResult;
  /** The verdict in words; empty for what passed before, of which the scan tells no more than the verdict. */
  readonly message: string;
};

/** What an answer looked at: nothing that could not be read counts as free of anything. */
export type Looked = {
  /** Scans that the asker may read. */
  readonly scans: number;
  /** How many of them are not read and matched whole, as they stand now. */
  readonly openCount: number;
  /** The first of them. */
  readonly open: readonly OpenScan[];
};

/** A scan that cannot be relied on yet, and why. */
export type OpenScan = {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly why: string;
};

const OWNERS = [
  ['Workload', LABELS.workloadName],
  ['Deliverable', LABELS.deliverableName],
  ['Runnable', LABELS.runnableName],
] as const;
const MOST_NAMED = 10;

/** The gate of a scan, for what it scans now or for what passed before. */
export function gateOf(scan: KubeObject | undefined, holds: 'scanned' | 'lastCompliant'): ScanGate {
  const status = (scan?.['status'] ?? {}) as ScanStatus;
  const labels = scan?.metadata.labels ?? {};
  const [owner] = OWNERS.flatMap(([kind, label]) => {
    const name = labels[label];
    return name === undefined ? [] : [{ kind, name }];
  });
  const said = holds === 'scanned' ? status.verdict?.result : status.lastCompliant?.verdict;
  return {
    ...(owner === undefined ? {} : { owner }),
    verdict: (said as VerdictResult | undefined) ?? 'Unknown',
    message: holds === 'scanned' ? (status.message ?? '') : '',
  };
}

/** Sums up the scans that were looked at. */
export function lookedAt(scans: readonly KubeObject[]): Looked {
  const open = scans.flatMap((scan) => {
    const why = whyOpen(scan);
    const { namespace = '', name = '' } = scan.metadata;
    return why === undefined ? [] : [{ kind: scan.kind, namespace, name, why }];
  });
  return { scans: scans.length, openCount: open.length, open: open.slice(0, MOST_NAMED) };
}

/** Why a scan does not tell all yet; undefined where it does. */
export function whyOpen(scan: KubeObject): string | undefined {
  const status = (scan['status'] ?? {}) as ScanStatus;
  if (status.observedGeneration !== scan.metadata.generation) return 'the scanner has not looked at it yet';
  for (const type of ['Inventoried', 'Matched'] as const) {
    const condition = findCondition(status.conditions, type);
    if (condition?.status !== 'True') return condition?.message || `its condition ${type} is not True`;
    // What could not be read may have anything in it.
    if (condition.reason === ('Incomplete' satisfies keyof (typeof SCAN_REASONS)['Inventoried']))
      return condition.message;
  }
  return undefined;
}
