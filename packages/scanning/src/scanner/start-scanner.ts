import { type Client, type LeaderElector, SECRETS, SERVICE_ACCOUNTS, WrittenObjects } from '@cartographer/kube';
import { type Clock, type Log, whenAborted } from '@cartographer/machinery';
import type { DestinationRules } from '@cartographer/oci';
import {
  type Controller,
  type ControllerMetrics,
  candidacy,
  controllerParts,
  createController,
  createRateLimiter,
  informerParts,
  NamespaceWatches,
  type Reconcile,
  type Runnable,
  type RunningParts,
  startParts,
  watchClock,
} from '@cartographer/runtime';
import type { SqlDatabase } from '@cartographer/store';
import { Portfolio } from '../portfolio/portfolio.ts';
import { createSourceAccess } from '../sources/source-access.ts';
import { exceptionName } from '../verdict/exceptions.ts';
import { createExceptionReconciler, ExceptionUses, exceptionKey } from './exception-reconciler.ts';
import { FirstSights } from './first-sights.ts';
import { createFollowedFolders } from './followed-folders.ts';
import { keepHouse } from './housekeeping.ts';
import { createInventories } from './inventories/inventories.ts';
import type { Inventories } from './inventories/inventory.ts';
import { showScannerMetrics } from './metrics/scanner-metrics.ts';
import { createPolicyReconciler } from './policy-reconciler.ts';
import { ScanIndex } from './scan-index.ts';
import { createScanReconciler } from './scan-reconciler.ts';
import { scanKey } from './scan-request.ts';
import { createScannerCaches, type ScannerCaches } from './scanner-caches.ts';
import { Settlement } from './settlement.ts';
import { SourceBook } from './source-book.ts';
import { createSourceReconciler } from './source-reconciler.ts';
import { SourceRounds } from './source-rounds.ts';
import { wakeByChanges } from './wake-ups.ts';

/** What {@link startScanner} needs. */
export type ScannerOptions = {
  /** Acts as the scanner: reads its kinds and namespaces, writes their status, and events. */
  readonly client: Client;
  /** Where its account is. */
  readonly namespace: string;
  readonly database: SqlDatabase;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: ControllerMetrics;
  /** Hosts that archives of sources are fetched from. */
  readonly sourceHosts?: readonly string[];
  readonly destinations?: DestinationRules;
  /** How long bills that no scan has any more are kept. */
  readonly keepBillsMs?: number;
  /** Gives inventories in the place of registries and archives: tests count. */
  readonly inventories?: (portfolio: Portfolio) => Inventories;
  /** Until this candidate is elected, nothing is judged. The client has to be fenced by it. */
  readonly elector?: LeaderElector;
  /** Further parts that run from start to end, and parts that run only while this process leads. */
  readonly parts?: readonly Runnable[];
  readonly leaderParts?: readonly Runnable[];
  readonly random?: () => number;
};

/** A scanner at work. */
export interface RunningScanner extends RunningParts {
  readonly portfolio: Portfolio;
  readonly caches: Pick<ScannerCaches, 'informer' | 'policies' | 'exceptions' | 'namespaceLabels'>;
}

const SCANS_AT_ONCE = 4;
/** A source waits for the scans that it touches, and they for all sources: all have to be under way. */
const SOURCES_AT_ONCE = 64;
const LONGEST_RETRY_MS = 600_000;
const DAY_MS = 86_400_000;
const KEEP_BILLS_MS = 30 * DAY_MS;

/** Opens the store and starts the scanner against a cluster: caches first, then what judges. */
export async function startScanner(options: ScannerOptions): Promise<RunningScanner> {
  const { clock, log, database, elector } = options;
  const portfolio = await Portfolio.open({ database, clock });
  const parts = assemble(options, portfolio);
  const election = elector === undefined ? [] : [candidacy(elector)];
  const { parts: further = [], leaderParts = [] } = options;
  const groups = [
    [...informerParts(parts.caches.all()), ...further],
    election,
    [parts.store],
    [...parts.loops, ...leaderParts],
  ];
  const running = startParts({
    groups,
    caches: parts.caches.all(),
    isIdle: parts.isIdle,
    stop: new AbortController(),
    close: parts.close,
    clock,
    log,
    metrics: options.metrics,
    elector,
  });
  return { ...running, portfolio, caches: parts.caches };
}

type Parts = {
  readonly caches: ScannerCaches;
  /** Read when this replica leads: whoever led before it went on with it. */
  readonly store: Runnable;
  readonly loops: readonly Runnable[];
  readonly isIdle: () => boolean;
  close(): Promise<void>;
};

function assemble(options: ScannerOptions, portfolio: Portfolio): Parts {
  const { client, clock, log, metrics, keepBillsMs = KEEP_BILLS_MS } = options;
  const caches = createScannerCaches({ client, clock, log });
  const index = new ScanIndex();
  const settlement = new Settlement();
  const book = new SourceBook(portfolio);
  const sights = new FirstSights({ portfolio, exceptions: () => caches.exceptions(), clock });
  const reading =
    options.inventories === undefined
      ? createInventories({ ...options, portfolio })
      : { read: options.inventories(portfolio), close: () => Promise.resolve() };
  const written = {
    scans: new WrittenObjects(),
    sources: new WrittenObjects(),
    exceptions: new WrittenObjects(),
    policies: new WrittenObjects(),
  };
  if (metrics !== undefined) showScannerMetrics(metrics, { caches, book, settlement });
  const logins = new NamespaceWatches({
    client,
    clock,
    types: [SECRETS, SERVICE_ACCOUNTS],
    wake: (keys) => {
      for (const key of keys) scans.enqueue(key);
    },
  });
  const uses = new ExceptionUses((exception) => exceptions.enqueue(exceptionKey(exception)));

  const loop = (name: string, reconcile: Reconcile, concurrency: number): Controller =>
    createController({
      name,
      reconcile,
      clock,
      log,
      concurrency,
      ...(metrics === undefined ? {} : { metrics }),
      rateLimiter: createRateLimiter({ clock, maxMs: LONGEST_RETRY_MS }),
    });
  const scans = loop(
    'scan',
    createScanReconciler({
      caches,
      client,
      portfolio,
      inventories: reading.read,
      sources: book,
      index,
      settlement,
      written: written.scans,
      askSource: (name) => sources.enqueue(name),
      askedSources: () => caches.askedSources(),
      sights,
      logins,
      noteUses: (key, list) => uses.note(key, list),
      clock,
    }),
    SCANS_AT_ONCE,
  );
  const folders = createFollowedFolders({ clock, onChange: (name) => sources.enqueue(name) });
  const access = createSourceAccess(client, options.destinations);
  const allScans = (): readonly string[] =>
    (['ImageScan', 'SourceScan'] as const).flatMap((kind) => caches.informer(kind).list().map(scanKey));
  const sources = loop(
    'vulnerability-source',
    createSourceReconciler({
      caches,
      client,
      portfolio,
      book,
      index,
      settlement,
      left: new Map(),
      written: written.sources,
      rounds: new SourceRounds(),
      access,
      follow: folders.follow,
      wake(keys) {
        for (const key of keys) scans.enqueue(key);
      },
      allScans,
      clock,
    }),
    SOURCES_AT_ONCE,
  );
  const exceptions = loop(
    'vulnerability-exception',
    createExceptionReconciler({
      caches,
      client,
      uses,
      written: written.exceptions,
      isJudging: () => !scans.isIdle(),
      clock,
    }),
    1,
  );
  const policies = loop('scan-policy', createPolicyReconciler({ caches, client, written: written.policies, clock }), 1);
  wakeByChanges({ caches, index, scans, sources, exceptions, policies, writtenScans: written.scans });

  const begin: Runnable = {
    name: 'what is kept of sources',
    async run(signal) {
      settlement.start(allScans());
      // Those that were deleted while nobody looked.
      for (const name of book.matched()) sources.enqueue(name, 'background');
      const namespaces = (): readonly string[] =>
        caches
          .informer('Namespace')
          .list()
          .map(({ metadata }) => metadata.name ?? '');
      await keepHouse({ portfolio, index, clock, log, keepBillsMs, allScans, sights, namespaces }, signal);
    },
  };
  const watch: Runnable = {
    name: 'watch over the clock',
    run: (signal) =>
      watchClock({ clock, signal }, (jumpMs) => {
        log.warn({ jumpMs }, 'the clock was set: sources are asked, and all scans and exceptions are judged again');
        for (const { metadata } of caches.informer('ClusterVulnerabilitySource').list()) {
          sources.enqueue(metadata.name ?? '');
        }
        for (const key of allScans()) scans.enqueue(key);
        for (const exception of caches.exceptions()) exceptions.enqueue(exceptionKey(exceptionName(exception)));
      }),
  };
  return {
    caches,
    store: { name: 'store', run: whenAborted, ready: () => book.load() },
    loops: [
      begin,
      watch,
      { name: 'logins that scans wait for', run: (until: AbortSignal) => logins.run(until) },
      ...controllerParts([scans, sources, exceptions, policies]),
    ],
    isIdle: () =>
      scans.isIdle() &&
      exceptions.isIdle() &&
      policies.isIdle() &&
      // Those that wait for scans whose retries wait for their time are idle, too.
      (sources.queue.depth === 0 || sources.queue.processing > 0) &&
      sources.queue.processing <= settlement.waiting,
    async close() {
      folders.close();
      await Promise.allSettled([reading.close(), access.close()]);
      await portfolio.close();
    },
  };
}
