import type { Clock, KubeObject, Log, ResourceType } from '@cartographer/machinery';
import { createRetryBackoff, qualifiedResource } from '@cartographer/machinery';
import type { Client, Selection } from '../client/client.ts';
import type { CompleteList } from '../client/list-pages.ts';
import { listPages } from '../client/list-pages.ts';
import { isOlder } from '../client/resource-version.ts';
import { ApiError, isNotFound, isStorageStarting, TransportError } from '../transport/api-error.ts';
import { createDeadline, noSignOfLife } from '../transport/deadline.ts';
import type { Trouble } from '../transport/trouble.ts';
import { createTroubleLog } from '../transport/trouble.ts';
import type { Change, ObjectMirror } from './object-mirror.ts';
import type { WatchEnd } from './watch-once.ts';
import { watchOnce } from './watch-once.ts';

/** Times and sizes of a reflector; tests and benchmarks change them, others need not. */
export type ReflectorBounds = {
  readonly pageSize: number;
  /** How long one page of a list may take. */
  readonly listTimeoutMs: number;
  /**
   * How long the server is asked to keep a watch open. It ends a healthy watch by then, and sends a bookmark shortly
   * before; so a watch that is silent for longer is dead, however quiet the objects are. This is how a half-open
   * connection is found within a minute, where TCP needs ten.
   */
  readonly watchSeconds: number;
  /** How much longer than that a watch may be silent before it counts as dead. */
  readonly stallGraceMs: number;
  readonly firstRetryMs: number;
  readonly longestRetryMs: number;
};

/** The usual {@link ReflectorBounds}. */
export const defaultReflectorBounds: ReflectorBounds = {
  pageSize: 500,
  listTimeoutMs: 60_000,
  watchSeconds: 40,
  stallGraceMs: 5_000,
  firstRetryMs: 200,
  longestRetryMs: 10_000,
};

/** What a reflector is doing. `missing`: the server does not know the type (its CRD is gone, or not there yet). */
export type ReflectorState = {
  readonly phase: 'idle' | 'listing' | 'watching' | 'retrying' | 'missing' | 'stopped';
  /** Why it is retrying or missing. */
  readonly error?: unknown;
  readonly sinceMs: number;
  /** How often it has listed and opened a watch: how quiet it is. */
  readonly lists: number;
  readonly watches: number;
  /** What has kept it from a current state, and since when. */
  readonly trouble?: Trouble;
};

/** What {@link createReflector} needs. */
export type ReflectorOptions = {
  readonly client: Client;
  readonly type: ResourceType;
  readonly selection: Selection;
  readonly mirror: ObjectMirror;
  readonly transform: (object: KubeObject) => KubeObject;
  readonly onList: (changes: readonly Change[]) => void;
  readonly onChange: (change: Change) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly bounds: ReflectorBounds;
};

/** Keeps a mirror up to date with the server. */
export interface Reflector {
  /** Lists and watches until the signal fires; whatever happens, it goes on trying. */
  run(signal: AbortSignal): Promise<void>;
  /** One consistent list, folded into the mirror. */
  relist(signal: AbortSignal): Promise<void>;
  state(): ReflectorState;
}

/** A watch that has been open for so long after a list is well, although nothing may have happened that it could tell. */
const WELL_AFTER_MS = 5_000;
/** How soon a kind is asked for again whose storage is about to be ready; after that, as the server says. */
const STORAGE_START_WAITS_MS = [100, 200, 400];
const FAILED_WATCHES_BEFORE_RELIST = 5;
const LISTS_THAT_CONFIRM_A_RESTORE = 3;
const TIME_THAT_CONFIRMS_A_RESTORE_MS = 1_000;

/**
 * Makes a {@link Reflector}: list, then watch from the list's version with bookmarks, for ever. Every way a watch or a
 * list can fail leads back into the loop, with jittered backoff; the position is kept, so nothing is missed and
 * nothing is listed again without need.
 */
export function createReflector(options: ReflectorOptions): Reflector {
  const { client, type, mirror, clock, log, bounds } = options;
  const name = qualifiedResource(type);
  const backoff = createRetryBackoff({
    firstMs: bounds.firstRetryMs,
    capMs: bounds.longestRetryMs,
    random: options.random,
  });
  const trouble = createTroubleLog({ clock, log, text: 'list or watch failed; trying again' });
  let state: ReflectorState = { phase: 'idle', sinceMs: clock.monotonicMs(), lists: 0, watches: 0 };
  let mustList = true;
  let mustVerify = false;
  let failedWatches = 0;
  let storageStarts = 0;
  let past: { readonly sinceMs: number; lists: number } | undefined;

  const enter = (phase: ReflectorState['phase'], error?: unknown): void => {
    const { lists, watches } = state;
    state = { phase, error, sinceMs: clock.monotonicMs(), lists, watches };
  };

  const isWell = (): boolean => state.phase === 'watching' && clock.monotonicMs() - state.sinceMs >= WELL_AFTER_MS;

  const progress = (): void => {
    failedWatches = 0;
    storageStarts = 0;
    backoff.reset();
    trouble.worked();
  };

  const readList = (signal: AbortSignal): Promise<CompleteList> => {
    state = { ...state, lists: state.lists + 1 };
    const { selection, transform } = options;
    const { pageSize, listTimeoutMs: timeoutMs } = bounds;
    return listPages({ client, type, selection, clock, pageSize, timeoutMs, transform, signal });
  };

  /**
   * A list that is older than what we have seen is either a lagging server or one restored from a backup. The first
   * must not be believed, the second must; a lagging one does not stay behind for several lists and a while.
   */
  const isRestored = (resourceVersion: string | undefined, before: string | undefined): boolean => {
    if (!isOlder(resourceVersion, before)) {
      past = undefined;
      return false;
    }
    past ??= { sinceMs: clock.monotonicMs(), lists: 0 };
    past.lists++;
    if (
      past.lists < LISTS_THAT_CONFIRM_A_RESTORE ||
      clock.monotonicMs() - past.sinceMs < TIME_THAT_CONFIRMS_A_RESTORE_MS
    ) {
      const versions = `the server is at resource version ${resourceVersion}, which is older than ${before}`;
      throw new TransportError('CARTO_STALE_ANSWER', `listing ${name}: ${versions}`);
    }
    log.warn({ type: name, before, resourceVersion }, 'the server went back in time; taking its state over');
    past = undefined;
    return true;
  };

  const relist = async (signal: AbortSignal): Promise<void> => {
    const before = mirror.position;
    const { objects, resourceVersion } = await readList(signal);
    options.onList(mirror.replace(objects, resourceVersion, isRestored(resourceVersion, before)));
  };

  /** After an unclean end the server may have been restored; a watch from a version in its future would stay silent for ever. */
  const verify = async (signal: AbortSignal): Promise<void> => {
    const { listTimeoutMs: limitMs } = bounds;
    const expire = (): Error => noSignOfLife(`listing ${name}`, limitMs);
    const deadline = createDeadline({ clock, limitMs, parent: signal, expire });
    try {
      // Without selectors, so that one object is enough for the server to answer.
      const probe = { namespace: options.selection.namespace, limit: 1, signal: deadline.signal };
      const { metadata } = await client.list(type, probe);
      if (isOlder(metadata.resourceVersion, mirror.position)) mustList = true;
      mustVerify = false;
    } finally {
      deadline.end();
    }
  };

  const watch = async (signal: AbortSignal): Promise<WatchEnd> => {
    state = { ...state, watches: state.watches + 1 };
    const { watchSeconds, stallGraceMs } = bounds;
    enter('watching');
    try {
      return await watchOnce({ ...options, watchSeconds, stallGraceMs, progress, signal });
    } finally {
      if (isWell()) trouble.worked(); // what fails from here on is something new
    }
  };

  /** One round of the loop; its answer is how long to wait before the next. */
  const round = async (signal: AbortSignal): Promise<number> => {
    if (mustVerify && !mustList) await verify(signal);
    if (mustList) {
      if (state.phase !== 'missing' && state.phase !== 'retrying') enter('listing');
      await relist(signal);
      mustList = false;
      mustVerify = false;
    }
    const startedMs = clock.monotonicMs();
    const end = await watch(signal);
    if (end === 'done') {
      progress();
      return 0;
    }
    if (end === 'early') {
      mustVerify = true;
      // A server that closes every watch at once must not be asked in a tight loop.
      return clock.monotonicMs() - startedMs < bounds.firstRetryMs ? backoff.next() : 0;
    }
    log.info({ type: name, position: mirror.position, why: end }, 'listing again');
    mustList = true;
    return failedWatches++ === 0 ? 0 : backoff.next();
  };

  /** How long to wait after a failure. */
  const failed = (error: unknown): number => {
    const soonMs = isStorageStarting(error) ? STORAGE_START_WAITS_MS[storageStarts++] : undefined;
    if (soonMs !== undefined) {
      enter('retrying', error);
      log.debug({ type: name, waitMs: soonMs }, 'the server is not ready for the kind yet');
      return soonMs;
    }
    mustVerify = true;
    if (isNotFound(error)) {
      mustList = true;
      enter('missing', error);
    } else {
      // A poisonous event would come again after each reconnect; a list goes around it.
      if (++failedWatches % FAILED_WATCHES_BEFORE_RELIST === 0) mustList = true;
      enter('retrying', error);
    }
    const waitMs = backoff.next(error instanceof ApiError ? error.afterMs : undefined);
    trouble.failed(error, { type: name, waitMs });
    return waitMs;
  };

  return {
    async run(signal) {
      while (!signal.aborted) {
        const waitMs = await round(signal).catch((error: unknown) => (signal.aborted ? 0 : failed(error)));
        if (waitMs > 0) await clock.sleep(waitMs, signal).catch(() => undefined); // only the signal ends it early
      }
      enter('stopped');
    },
    relist,
    state: () => (isWell() ? state : { ...state, trouble: trouble.current() }),
  };
}
