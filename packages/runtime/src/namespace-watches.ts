import { type Client, isForbidden, isNotFound } from '@cartographer/kube';
import { type Clock, type ResourceType, textAt, type WatchEvent, whenAborted } from '@cartographer/machinery';

/** What {@link NamespaceWatches} stand on. */
export type NamespaceWatchDeps = {
  readonly client: Pick<Client, 'watch'>;
  readonly clock: Clock;
  /** What is followed in a namespace; nothing of the others is asked where the first may not be followed. */
  readonly types: readonly [first: ResourceType, ...others: ResourceType[]];
  /** What was waited for may be there now: these keys are to be tried. */
  readonly wake: (keys: Iterable<string>) => void;
};

/** So many namespaces are followed at once; those who wait in others wait for their next try. */
const MOST_FOLLOWED = 100;
const WATCH_SECONDS = 300;
/** A server that does not end a watch in time is gone. */
const MOST_WATCH_MS = (WATCH_SECONDS + 30) * 1_000;
/** What is refused or is no kind of the cluster, or breaks off, is tried again after that. */
const REFUSED_MS = 600_000;
const BROKEN_MS = 10_000;
/** Changes that come together wake once, and Secrets that never rest do not ask a registry without end. */
const TOGETHER_MS = 1_000;
const LEAST_BETWEEN_MS = 30_000;

/** A namespace in which somebody waits. */
type Followed = {
  readonly waiting: Set<string>;
  readonly stop: AbortController;
  /** Versions of what is there, by kind and name. */
  readonly seen: Map<string, string>;
  wokenMs: number;
  cancel?: () => void;
};

/**
 * Wakes those who wait for something in a namespace, for a login or a certificate, as soon as an object of some kinds changes
 * there: where the namespace lets us `watch` them. No other namespace is followed, and none while nobody waits.
 */
export class NamespaceWatches {
  readonly #deps: NamespaceWatchDeps;
  readonly #followed = new Map<string, Followed>();
  readonly #under = new Set<Promise<void>>();

  constructor(deps: NamespaceWatchDeps) {
    this.#deps = deps;
  }

  /** Somebody waits in a namespace, or does no longer. */
  note(key: string, namespace: string, isWaiting: boolean): void {
    const followed = this.#followed.get(namespace);
    if (isWaiting) {
      if (followed !== undefined) followed.waiting.add(key);
      else if (this.#followed.size < MOST_FOLLOWED) this.#begin(namespace, key);
    } else if (followed?.waiting.delete(key) === true && followed.waiting.size === 0) {
      this.#end(namespace, followed);
    }
  }

  /** Follows until the signal ends it. */
  async run(signal: AbortSignal): Promise<void> {
    await whenAborted(signal);
    for (const [namespace, followed] of this.#followed) this.#end(namespace, followed);
    await Promise.all(this.#under);
  }

  #begin(namespace: string, key: string): void {
    const stop = new AbortController();
    const followed: Followed = { waiting: new Set([key]), stop, seen: new Map(), wokenMs: Number.NEGATIVE_INFINITY };
    this.#followed.set(namespace, followed);
    const under: Promise<void> = this.#follow(namespace, followed).finally(() => this.#under.delete(under));
    this.#under.add(under);
  }

  #end(namespace: string, { stop, cancel }: Followed): void {
    this.#followed.delete(namespace);
    cancel?.();
    stop.abort(new Error('nobody waits here'));
  }

  async #follow(namespace: string, followed: Followed): Promise<void> {
    const { signal } = followed.stop;
    const { clock, types } = this.#deps;
    const [first, ...others] = types;
    while (!signal.aborted) {
      const round = new AbortController();
      const late = clock.schedule(MOST_WATCH_MS, () => round.abort(new Error('no sign of life')));
      const both = AbortSignal.any([signal, round.signal]);
      const leading = this.#watch(namespace, first, followed, both);
      const led = others.map((type) =>
        clock.sleep(TOGETHER_MS, both).then(() => this.#watch(namespace, type, followed, both)),
      );
      for (const each of led) each.catch(() => undefined);
      const pauseMs = await leading;
      late();
      round.abort(new Error('all is asked anew'));
      await Promise.allSettled(led);
      await clock.sleep(pauseMs, signal).catch(() => undefined);
    }
  }

  /** Follows one kind until it ends. @returns how long to leave it alone. */
  async #watch(namespace: string, type: ResourceType, followed: Followed, signal: AbortSignal): Promise<number> {
    try {
      const events = this.#deps.client.watch(type, { namespace, timeoutSeconds: WATCH_SECONDS, signal });
      for await (const event of events) this.#take(type, event, followed);
      return TOGETHER_MS;
    } catch (error) {
      return isForbidden(error) || isNotFound(error) ? REFUSED_MS : BROKEN_MS;
    }
  }

  #take({ kind }: ResourceType, { type, object }: WatchEvent, followed: Followed): void {
    if (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED') return;
    const place = `${kind}/${textAt(object, 'metadata', 'name')}`;
    const resourceVersion = textAt(object, 'metadata', 'resourceVersion');
    if (followed.seen.get(place) === resourceVersion) return;
    if (type === 'DELETED') followed.seen.delete(place);
    else followed.seen.set(place, resourceVersion);
    this.#wake(followed);
  }

  #wake(followed: Followed): void {
    if (followed.cancel !== undefined) return;
    const { clock, wake } = this.#deps;
    const afterMs = Math.max(TOGETHER_MS, followed.wokenMs + LEAST_BETWEEN_MS - clock.monotonicMs());
    followed.cancel = clock.schedule(afterMs, () => {
      delete followed.cancel;
      followed.wokenMs = clock.monotonicMs();
      wake([...followed.waiting]);
    });
  }
}
