import { type Client, createEventRecorder, type LeaderElector, SECRETS, WrittenObjects } from '@cartographer/kube';
import { type Clock, type Log, objectKey } from '@cartographer/machinery';
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
} from '@cartographer/runtime';
import { type ConventionCaller, createConventionCaller } from '../webhook/convention-caller.ts';
import { Authorities } from './authorities.ts';
import { CallCounts } from './call-counts.ts';
import { type ConventionsCaches, createConventionsCaches } from './conventions-caches.ts';
import { showConventionsMetrics } from './conventions-metrics.ts';
import type { IntentImages } from './intent-images.ts';
import { createIntentReconciler } from './intent-reconciler.ts';
import { createMovedTagsReconciler } from './moved-tags.ts';
import { type Woken, wakeByAuthorities, wakeByChanges } from './wake-ups.ts';

/** What {@link startConventions} needs. */
export type ConventionsOptions = {
  /** Reads both kinds, service accounts and what holds certificates, writes what intents say, and events. */
  readonly client: Client;
  /** Where its account is. */
  readonly namespace: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: ControllerMetrics;
  /** Looks at images; ended by whoever made it. */
  readonly images: IntentImages;
  /** In the place of a network: tests count. */
  readonly caller?: ConventionCaller;
  /** All is computed again so often, in milliseconds; never without it. */
  readonly resyncMs?: number | undefined;
  /** Registries are asked so often whether tags have moved, in milliseconds; never without it. */
  readonly movedTagsMs?: number | undefined;
  /** Until this candidate is elected, nothing is computed. The client has to be fenced by it. */
  readonly elector?: LeaderElector;
  readonly random?: () => number;
};

/** What applies conventions, at work. */
export type RunningConventions = RunningParts;

/** Intents that wait for servers and registries wait for no processor: many are worked on at once. */
const INTENTS_AT_ONCE = 32;
const TAGS_AT_ONCE = 8;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 600_000;
const COMPONENT = 'carto-conventions';

/** Starts what applies conventions: caches first, then what computes. */
export function startConventions(options: ConventionsOptions): RunningConventions {
  const { clock, log, elector, metrics } = options;
  const stop = new AbortController();
  const parts = assemble(options, stop.signal);
  const groups = [informerParts(parts.caches.all()), elector === undefined ? [] : [candidacy(elector)], parts.loops];
  return startParts({
    groups,
    caches: parts.caches.all(),
    isIdle: parts.isIdle,
    stop,
    close: parts.close,
    clock,
    log,
    metrics,
    elector,
  });
}

type Parts = {
  readonly caches: ConventionsCaches;
  readonly loops: readonly Runnable[];
  readonly isIdle: () => boolean;
  close(): Promise<void>;
};

function assemble(options: ConventionsOptions, signal: AbortSignal): Parts {
  const { client, clock, log, metrics, namespace, images, resyncMs, movedTagsMs, random = Math.random } = options;
  const caches = createConventionsCaches({ client, clock, log });
  const written = new WrittenObjects();
  const counts = new CallCounts(clock);
  const caller = options.caller ?? createConventionCaller({ clock });
  const events = createEventRecorder({ client, component: COMPONENT, clock, log, signal, random });
  const loop = (name: string, reconcile: Reconcile, concurrency: number): Controller =>
    createController({
      name,
      reconcile,
      clock,
      log,
      concurrency,
      ...(metrics === undefined ? {} : { metrics }),
      rateLimiter: createRateLimiter({ clock, baseMs: FIRST_RETRY_MS, maxMs: LONGEST_RETRY_MS }),
    });
  const wakeAll = (keys: Iterable<string>): void => {
    for (const key of keys) intents.enqueue(key);
  };
  const logins = new NamespaceWatches({ client, clock, types: [SECRETS], wake: wakeAll });
  const authorities = new Authorities({
    client,
    clock,
    namespace,
    onChange: (keys) => wakeByAuthorities(woken, keys),
  });
  const intents = loop(
    'pod-intent',
    createIntentReconciler({
      caches,
      client,
      images,
      caller,
      authorities,
      counts,
      written,
      logins,
      events,
      clock,
      resyncMs,
    }),
    INTENTS_AT_ONCE,
  );
  const woken: Woken = { caches, intents, written, authorities, counts };
  wakeByChanges(woken);
  const tags =
    movedTagsMs === undefined
      ? []
      : [followTags({ caches, images, intervalMs: movedTagsMs, wake: (key) => intents.enqueue(key) }, loop, random)];
  if (metrics !== undefined) showConventionsMetrics(metrics, { caches, counts });
  return {
    caches,
    loops: [
      { name: 'logins that intents wait for', run: (until: AbortSignal) => logins.run(until) },
      { name: 'authorities of convention servers', run: (until: AbortSignal) => authorities.run(until) },
      ...controllerParts([intents, ...tags]),
    ],
    isIdle: () => [intents, ...tags].every((each) => each.isIdle()),
    async close() {
      await caller.close();
      await events.flush();
    },
  };
}

/** Spread over the interval, so that a start does not ask for all of them at once. */
function followTags(
  deps: Parameters<typeof createMovedTagsReconciler>[0] & { readonly caches: ConventionsCaches },
  loop: (name: string, reconcile: Reconcile, concurrency: number) => Controller,
  random: () => number,
): Controller {
  const tags = loop('moved-tags', createMovedTagsReconciler(deps), TAGS_AT_ONCE);
  deps.caches.intents.onEvent(({ type, object }) => {
    if (type === 'added') tags.enqueueAfter(objectKey(object.metadata), random() * deps.intervalMs);
  });
  return tags;
}
