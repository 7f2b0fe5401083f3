import { spanMs } from '@cartographer/api';
import { CartoError, type Clock, findCondition, type KubeObject, messageOf } from '@cartographer/machinery';
import { done, type Reconcile } from '@cartographer/runtime';
import { isStoreFailure } from '@cartographer/store';
import { readVulnerabilitySource, type SourceSpec } from '../kinds/read.ts';
import type { ClusterVulnerabilitySourceStatus } from '../kinds/vulnerability-source.ts';
import type { ChangeCounts } from '../portfolio/change.ts';
import type { Portfolio } from '../portfolio/portfolio.ts';
import type { Reading } from '../sources/reading.ts';
import type { SourceAccess } from '../sources/source-access.ts';
import { type Source, type Taken, takeInSource } from '../sources/take-in.ts';
import type { ScanIndex } from './scan-index.ts';
import type { ScannerCaches } from './scanner-caches.ts';
import type { Settlement } from './settlement.ts';
import type { SourceBook } from './source-book.ts';
import type { SourceRounds } from './source-rounds.ts';
import { type LastChange, type SourceOutcome, sourceStatus } from './source-status.ts';
import { type StatusDeps, writeStatus } from './write-status.ts';

/** What a source reconciler reads from and writes to. */
export type SourceDeps = StatusDeps & {
  readonly caches: ScannerCaches;
  readonly portfolio: Portfolio;
  readonly book: SourceBook;
  readonly index: ScanIndex;
  readonly settlement: Settlement;
  /** Scans that are not as of the last change of a source yet, by its name. */
  readonly left: Map<string, readonly string[]>;
  readonly rounds: SourceRounds;
  readonly access: Pick<SourceAccess, 'open' | 'forget'>;
  /** Follows the folder of a source, as long as it has one. */
  readonly follow: (name: string, folder: string | undefined) => void;
  readonly wake: (keys: Iterable<string>) => void;
  /** Keys of all scans that there are. */
  readonly allScans: () => readonly string[];
  readonly clock: Clock;
};

const DEFAULT_INTERVAL_MS = 600_000;
const LEAST_INTERVAL_MS = 1_000;
const MOST_NEWS = 500;
const MOST_NAMED = 5;
/** So long the next change of a source waits for the scans of the one before. */
const MOST_WAIT_MS = 60_000;

/** Where so much lies between two askings of a source, verdicts may have called it too old meanwhile. */
const LONG_MS = 3_600_000;

/** One asking of a source: for all that it has, or for packages that it was never asked for. */
type Round = {
  readonly spec: SourceSpec;
  readonly which: 'all' | 'unasked';
  readonly startedMs: number;
  readonly signal: AbortSignal;
};

/** Keeps what is known of a source up to date, and lets the scans that a change touches be judged again, and no others. */
export function createSourceReconciler(deps: SourceDeps): Reconcile {
  const { caches, book, clock } = deps;
  return async (name, { signal }) => {
    const object = deps.written.newest(name, caches.informer('ClusterVulnerabilitySource').get(name));
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) {
      deps.follow(name, undefined);
      deps.written.forget(name);
      deps.rounds.forget(name);
      await deps.access.forget(name);
      await removed(deps, name);
      book.forget(name);
      await touchedByChange(deps); // all are woken
      deps.wake(deps.allScans());
      return done;
    }
    const spec = readVulnerabilitySource(object);
    if (spec.kind === 'wrong') {
      ask(deps, name);
      await report(
        deps,
        name,
        object,
        { kind: 'failed', reason: 'SpecInvalid', message: spec.errors.join('; ') },
        signal,
      );
      return done;
    }
    const startedMs = clock.now();
    const { generation = 0 } = object.metadata;
    const pauseMs = deps.rounds.pauseMs(name, generation, startedMs);
    if (pauseMs > 0) return { kind: 'again', afterMs: pauseMs };
    const intervalMs = Math.max(spanMs(spec.value.interval) ?? DEFAULT_INTERVAL_MS, LEAST_INTERVAL_MS);
    const dueInMs = deps.rounds.dueInMs(name, generation, intervalMs, startedMs);
    // What is asked for single packages is asked for new ones between its times.
    const which = spec.value.type === 'Api' && dueInMs > 0 ? 'unasked' : 'all';
    const outcome = await takeIn(deps, name, object, { spec: spec.value, which, startedMs, signal }).catch(
      (error: unknown) => storeFailed(deps, name, error),
    );
    await report(deps, name, object, outcome, signal);
    if (outcome.kind === 'failed') {
      const { afterMs = 0 } = outcome;
      const fromMs = clock.now();
      if (afterMs > 0) deps.rounds.paused(name, generation, { fromMs, untilMs: fromMs + afterMs });
      return { kind: 'retry', atLeastMs: afterMs };
    }
    if (which === 'all') deps.rounds.asked(name, generation, startedMs);
    if (outcome.kind === 'pending') return { kind: 'retry' };
    return { kind: 'again', afterMs: which === 'all' ? intervalMs : dueInMs };
  };
}

/** Forgets what a source said. Where our store does not, scans are judged by that it is not there all the same. */
async function removed({ book, portfolio, wake, allScans }: SourceDeps, name: string): Promise<void> {
  try {
    const isKept = book.of(name).revision !== '' || (await portfolio.digestsOf(name)).size > 0;
    if (isKept) await portfolio.removeSource(name);
  } catch (error) {
    wake(allScans());
    throw error;
  }
}

/** Whether the clock was set, so that what was judged by it between two askings may be wrong. */
function isOutOfTime(beforeMs: number | undefined, nowMs: number | undefined): boolean {
  if (beforeMs === undefined || nowMs === undefined) return false;
  return nowMs < beforeMs || nowMs - beforeMs > LONG_MS;
}

/** It was asked: whoever waits for that, or is stale, is judged again. */
function ask({ book, wake, allScans }: SourceDeps, name: string, fetchedMs?: number): void {
  const before = book.of(name);
  book.asked(name, fetchedMs);
  const isBack = fetchedMs !== undefined && before.fetchedMs === undefined;
  if (!before.isAsked || isBack || isOutOfTime(before.fetchedMs, fetchedMs)) wake(allScans());
}

async function takeIn(
  deps: SourceDeps,
  name: string,
  object: KubeObject,
  { spec, which, startedMs, signal }: Round,
): Promise<SourceOutcome> {
  const { book, clock } = deps;
  const source = sourceOf(name, spec, which);
  deps.follow(name, 'path' in source ? source.path : undefined);
  // Whoever led before may have been behind.
  if (!book.of(name).isAsked && wasStoreFailed(object)) book.fellBehind(name);
  await book.noteCoverage();
  const { revision, isBehind } = book.of(name);
  if (revision === '' && object['status'] === undefined) await report(deps, name, object, { kind: 'matching' }, signal);
  try {
    const fetched = await fetchSource(deps, source, spec, signal);
    if (fetched.kind === 'failed') return await failed(deps, name, fetched);
    const { taken } = fetched;
    await book.load();
    const touched = new Set([...(await touchedByChange(deps)), ...deps.index.waitingFor(name)]);
    if (revision === '' || isBehind) for (const key of deps.allScans()) touched.add(key);
    book.caughtUp(name);
    const { changed: changedScans, left } = await rejudged(deps, name, touched, { which, startedMs, signal });
    const more = { scans: touched.size, changedScans, tookMs: clock.now() - startedMs };
    const lastChange =
      taken.isChanged && taken.revision !== revision ? { lastChange: lastChangeOf(taken.counts, more) } : {};
    if (left.length > 0) return { kind: 'pending', scans: left, ...lastChange };
    book.settled(name);
    return { kind: 'matched', ...unreadOf(taken, which), ...lastChange };
  } catch (error) {
    // Which scans are touched is not known any more: all are looked at.
    book.forgetCoverage();
    deps.wake(deps.allScans());
    throw error;
  }
}

function wasStoreFailed({ status = {} }: KubeObject): boolean {
  const { conditions } = status as ClusterVulnerabilitySourceStatus;
  return findCondition(conditions, 'Fetched')?.reason === 'StoreFailed';
}

type Failed = Extract<SourceOutcome, { kind: 'failed' }>;

/** Asks a source, with its credentials, and takes in what it has. */
async function fetchSource(
  { access, portfolio, clock }: SourceDeps,
  source: Source,
  spec: SourceSpec,
  signal: AbortSignal,
): Promise<Failed | { readonly kind: 'taken'; readonly taken: Taken }> {
  try {
    const opened = await access.open(source.name, spec, signal);
    if (opened.kind === 'refused') return { ...opened, kind: 'failed' };
    const { fetch, authorization } = opened;
    const login = authorization === undefined ? {} : { authorization };
    return { kind: 'taken', taken: await takeInSource(portfolio, { ...source, ...login }, { fetch, clock, signal }) };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof CartoError) || error.code !== 'CARTO_ADVISORIES') throw error;
    const { afterMs } = error;
    const message = messageOf(error);
    return afterMs === undefined
      ? { kind: 'failed', reason: 'FetchFailed', message }
      : { kind: 'failed', reason: 'RateLimited', message, afterMs };
  }
}

/** It could not be asked. What was taken in until then counts. */
async function failed(deps: SourceDeps, name: string, outcome: Failed): Promise<Failed> {
  deps.wake(await touchedByChange(deps));
  // What is kept of it stands as it stood before the start.
  if (deps.book.asOf(name) === '' && !deps.left.has(name)) deps.book.settled(name);
  return notAsked(deps, name, outcome);
}

function notAsked(deps: SourceDeps, name: string, outcome: Failed): Failed {
  deps.book.failed(name);
  ask(deps, name);
  return outcome;
}

/** Our own store does not take in what it has; what it had is as old as it is, and lets nothing more pass. */
function storeFailed(deps: SourceDeps, name: string, error: unknown): SourceOutcome {
  if (!isStoreFailure(error)) throw error;
  deps.book.fellBehind(name);
  return notAsked(deps, name, { kind: 'failed', reason: 'StoreFailed', message: messageOf(error) });
}

/** What could not be read; where only new packages were asked for, what is told of the others stays. */
function unreadOf(taken: Taken, which: Round['which']): { readonly unread?: readonly string[] } {
  if (!taken.isChanged || (which === 'unasked' && taken.reading.unreadCount === 0)) return {};
  return { unread: unreadIn(taken.reading) };
}

function unreadIn({ unread, unreadCount }: Reading): readonly string[] {
  const named = unread.slice(0, MOST_NAMED).map(({ what, why }) => `${what} ${why}`);
  return unreadCount > named.length ? [...named, `and ${unreadCount - named.length} more`] : named;
}

/** The source that a spec asks for; the schema has seen to it that its place is there. */
function sourceOf(name: string, spec: SourceSpec, which: Round['which']): Source {
  const { type, path = '', url = '', ecosystems } = spec;
  const some = { name, ...(ecosystems === undefined ? {} : { ecosystems }) };
  switch (type) {
    case 'Directory':
      return { ...some, type, path };
    case 'Archive':
      return { ...some, type, from: url };
    case 'Api':
      return { ...some, type, url, which };
  }
}

/** Lets scans be judged, those that a change before left as well, and waits until they were. */
async function rejudged(
  deps: SourceDeps,
  name: string,
  keys: Iterable<string>,
  { which, startedMs, signal }: Omit<Round, 'spec'>,
): Promise<{ readonly changed: number; readonly left: readonly string[] }> {
  const { settlement, clock, left } = deps;
  const touched = new Set([...keys, ...(left.get(name) ?? [])]);
  const settled = settlement.of(touched, { clock, mostMs: MOST_WAIT_MS, signal });
  ask(deps, name, which === 'all' ? startedMs : undefined);
  deps.wake(touched);
  const done = await settled;
  if (done.left.length > 0) left.set(name, done.left);
  else left.delete(name);
  return done;
}

function lastChangeOf(
  { added, changed, withdrawn, packages }: ChangeCounts,
  more: Pick<LastChange, 'scans' | 'changedScans' | 'tookMs'>,
): LastChange {
  return { added, changed, withdrawn, packages, ...more };
}

/** The scans that what was taken in touches. It stands already: whoever is woken now sees it. */
async function touchedByChange(deps: SourceDeps): Promise<readonly string[]> {
  return [...(await touchedByNews(deps)), ...(await touchedByCoverage(deps))];
}

/** The scans of bills that findings changed of. */
async function touchedByNews({ portfolio, index }: SourceDeps): Promise<readonly string[]> {
  const touched = new Set<string>();
  for (;;) {
    const news = await portfolio.news(MOST_NEWS);
    const keys = news
      .filter(({ differences }) => differences.length > 0)
      .flatMap(({ bill }) => [...index.ofBill(bill)]);
    for (const key of keys) touched.add(key);
    await portfolio.toldNews(news);
    if (news.length < MOST_NEWS) return [...touched];
  }
}

/** Scans with an ecosystem that has its first records now, or has lost its last. */
async function touchedByCoverage({ book, index }: SourceDeps): Promise<readonly string[]> {
  const turned = await book.turned();
  return [...index.all()].filter(([, { ecosystems }]) => ecosystems.some(turned)).map(([key]) => key);
}

async function report(
  deps: SourceDeps,
  name: string,
  object: KubeObject,
  outcome: SourceOutcome,
  signal: AbortSignal,
): Promise<void> {
  const { book, written, clock } = deps;
  const current = written.newest(name, object) ?? object;
  const previous = current['status'] as ClusterVulnerabilitySourceStatus | undefined;
  const { generation = 0 } = current.metadata;
  const status = sourceStatus(outcome, { generation, progress: book.of(name), previous, nowMs: clock.now() });
  await writeStatus(deps, { kind: 'ClusterVulnerabilitySource', key: name, object: current }, status, signal);
}
