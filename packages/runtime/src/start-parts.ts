import type { Informer, LeaderElector } from '@cartographer/kube';
import { CartoError, type Clock, type Log } from '@cartographer/machinery';
import { withoutLease } from './candidacy.ts';
import type { Controller } from './controller.ts';
import { type Runnable, runInOrder } from './manager.ts';
import type { ControllerMetrics } from './metrics.ts';
import { failingMs, type PartTroubles, withoutCurrentList } from './part-troubles.ts';

/** Kinds that are watched from start to end, with their caches. */
export type WatchedCaches = readonly (readonly [
  kind: string,
  informer: Pick<Informer, 'run' | 'synced' | 'hasSynced' | 'state'>,
])[];

/** Caches as parts: what comes after them starts when all are filled. */
export function informerParts(caches: WatchedCaches): readonly Runnable[] {
  return caches.map(([kind, informer]) => ({
    name: `informer of ${kind}`,
    run: (until) => informer.run(until),
    ready: () => informer.synced,
    trouble: () => informer.state().trouble,
  }));
}

/** Controllers as parts. */
export function controllerParts(controllers: readonly Controller[]): readonly Runnable[] {
  return controllers.map((controller) => ({
    name: `controller ${controller.name}`,
    run: (until) => controller.run(until),
  }));
}

/** What {@link startParts} runs, and what it stands on. */
export type PartsOptions = {
  /** Each starts when the one before it is ready; {@link candidacy} among them, where there is an elector. */
  readonly groups: readonly (readonly Runnable[])[];
  /** Caches that have to be current for the parts to be ready. */
  readonly caches: WatchedCaches;
  readonly isIdle: () => boolean;
  /** What is wrong with what is told apart; with each part of the groups where this is left out. */
  readonly troubles?: () => PartTroubles;
  /** Ends all parts. */
  readonly stop: AbortController;
  /** Called when all parts have ended. */
  readonly close?: () => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: Pick<ControllerMetrics, 'failing'> | undefined;
  readonly elector?: LeaderElector | undefined;
};

/** Parts at work. */
export interface RunningParts {
  /** Resolves when the last group has started. */
  readonly ready: Promise<void>;
  /** Resolves after a stop; rejects when a part failed for good. */
  readonly ended: Promise<void>;
  /** Nothing waits and nothing runs, retries that wait for their time left aside. */
  isIdle(): boolean;
  /** Says what keeps the parts from their work, or undefined when they do it. */
  notReady(): string | undefined;
  /** Takes no more work, lets what is in flight end, and ends all parts, the last started first. */
  stop(): Promise<void>;
}

/** Starts parts in order, tells how long each has been failing, and ends them in order. */
export function startParts(options: PartsOptions): RunningParts {
  const { groups, caches, stop, clock, log, elector } = options;
  const troubles =
    options.troubles ?? ((): PartTroubles => groups.flat().map(({ name, trouble }) => [name, trouble?.()]));
  const { promise: ready, resolve: becomeReady, reject: neverReady } = Promise.withResolvers<void>();
  ready.catch(() => undefined);
  let isReady = false;
  const onReady = (): void => {
    isReady = true;
    becomeReady();
  };
  options.metrics?.failing(() => failingMs(troubles(), clock));
  const run = async (): Promise<void> => {
    try {
      await runInOrder(groups, { clock, log, signal: stop.signal, onReady });
    } catch (error) {
      neverReady(error);
      throw error;
    } finally {
      await options.close?.();
    }
  };
  const ended = run();
  ended.catch(() => undefined);
  const unsynced = (): string | undefined =>
    withoutCurrentList(
      caches.map(([kind, informer]) => ({ kind, synced: informer.hasSynced(), trouble: informer.state().trouble })),
      clock,
    );
  return {
    ready,
    ended,
    isIdle: () => isReady && options.isIdle(),
    notReady: () =>
      withoutLease(elector) ??
      unsynced() ??
      (isReady || elector !== undefined ? undefined : 'the first lists have not arrived yet'),
    async stop() {
      stop.abort(new CartoError('CARTO_STOPPING', 'the process is stopping'));
      await ended;
    },
  };
}
