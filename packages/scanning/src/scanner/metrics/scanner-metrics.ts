import type { KubeObject } from '@cartographer/machinery';
import type { ControllerMetrics, Sample } from '@cartographer/runtime';
import type { ScanStatus } from '../../verdict/scan-status.ts';
import type { VerdictResult } from '../../verdict/verdict.ts';
import type { ScannerCaches } from '../scanner-caches.ts';
import type { Settlement } from '../settlement.ts';
import type { SourceBook } from '../source-book.ts';

const KINDS = ['ImageScan', 'SourceScan'] as const;
/** A scan without a verdict is `Pending`. */
const RESULTS = ['Passed', 'Warned', 'Refused', 'Unknown', 'Pending'] as const satisfies readonly (
  | VerdictResult
  | 'Pending'
)[];

/** What the metrics are read from. */
type Shown = {
  readonly caches: ScannerCaches;
  readonly book: SourceBook;
  readonly settlement: Pick<Settlement, 'hasSeenAll'>;
};

/** Shows how far sources are, and what scans say; queues and reconciles are shown by the controllers themselves. */
export function showScannerMetrics(
  metrics: Pick<ControllerMetrics, 'gauge'>,
  { caches, book, settlement }: Shown,
): void {
  const matched = () => caches.sources().filter((name) => book.of(name).revision !== '');
  metrics.gauge(
    {
      name: 'carto_scanner_matched_revision',
      help: 'The revision of a source that every scan is as of: 1 where there is one',
      labels: ['source', 'revision'],
    },
    () => (settlement.hasSeenAll ? matched().flatMap((source) => asOf(source, book)) : []),
  );
  metrics.gauge(
    {
      name: 'carto_scanner_source_advisories',
      help: 'How many advisories a source has',
      labels: ['source'],
    },
    () => matched().map((source) => ({ labels: { source }, value: book.of(source).advisories })),
  );
  metrics.gauge(
    {
      name: 'carto_scanner_source_fetched_timestamp_seconds',
      help: 'When a source was asked with success for the last time, in seconds since 1970',
      labels: ['source'],
    },
    () => matched().flatMap((source) => fetched(source, book)),
  );
  metrics.gauge(
    {
      name: 'carto_scanner_scans',
      help: 'Scans by what their status says; Pending has no verdict yet',
      labels: ['kind', 'result'],
    },
    () => KINDS.flatMap((kind) => scansByResult(kind, caches.informer(kind).list())),
  );
}

function asOf(source: string, book: SourceBook): readonly Sample[] {
  const revision = book.asOf(source);
  return revision === '' ? [] : [{ labels: { source, revision }, value: 1 }];
}

function fetched(source: string, book: SourceBook): readonly Sample[] {
  const { fetched: at } = book.facts(source);
  return at === undefined ? [] : [{ labels: { source }, value: Date.parse(at) / 1000 }];
}

function scansByResult(kind: string, scans: readonly KubeObject[]): readonly Sample[] {
  const counts = new Map<string, number>(RESULTS.map((result) => [result, 0]));
  for (const scan of scans) {
    const { verdict } = (scan['status'] ?? {}) as ScanStatus;
    const result = verdict?.result ?? 'Pending';
    counts.set(result, (counts.get(result) ?? 0) + 1);
  }
  return [...counts].map(([result, value]) => ({ labels: { kind, result }, value }));
}
