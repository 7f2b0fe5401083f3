import { LABELS } from '@cartographer/api';
import type { ListAnswer, ObjectKey, ObjectsKey, Observation } from '@cartographer/engine';
import { type Client, createInformer, type InformerEvent, type Trouble } from '@cartographer/kube';
import {
  type Clock,
  type KubeObject,
  type Log,
  labelSelectorOf,
  objectKey,
  qualifiedResource,
  type ResourceType,
} from '@cartographer/machinery';
import { CacheHolders } from './cache-holders.ts';
import { CatchUp } from './catch-up.ts';
import { withoutOtherManagers } from './slim-objects.ts';
import {
  catchUpWith,
  controllerUid,
  firstSync,
  listedIn,
  observedIn,
  ownerNames,
  type StampedCache,
} from './stamped-cache.ts';
import { WritesInFlight } from './writes-in-flight.ts';

/**
 * The caches of stamped objects: one informer for each version of a kind that somebody reads, of labelled objects only.
 * An object is the same at every version, so what we write at one is made known to the caches of the others.
 */
export interface StampedCaches {
  /** Begins a reconcile of this holder: what it reads is kept until the next one has read something else. */
  reading(holder: string): StampedReading;
  /** The holder is gone. */
  release(holder: string): void;
  /** All cached objects whose controller has this uid, each once. */
  ownedBy(uid: string): readonly KubeObject[];
  /** To be called before an object is written; what it returns takes the answer, if there is one, and folds it in. */
  writing(type: ResourceType, key: Pick<ObjectKey, 'namespace'> & { name?: string }): (answer?: KubeObject) => void;
  deleted(key: ObjectKey): void;
  /** Makes sure that a list is no older than our last own write. */
  refresh(key: ObjectsKey, signal: AbortSignal): Promise<void>;
  /** What keeps the informers from a current state, by their names. */
  troubles(): readonly (readonly [part: string, trouble: Trouble | undefined])[];
  /** A kind's definition changed: look again at kinds that failed. */
  forgetFailures(): void;
}

/** What one reconcile reads. */
interface StampedReading {
  /** Undefined until {@link ensure} was called for the kind, and while the cache lags behind an own write. */
  observed(key: ObjectKey): Observation | undefined;
  listed(key: ObjectsKey): ListAnswer | undefined;
  /**
   * Starts the informer that answers the key and waits for its first list, or reads a list that is no older than our own
   * writes. A first list that does not come is told by {@link observed}.
   * @throws what the list after an own write fails with.
   */
  ensure(key: ObjectKey | ObjectsKey, signal: AbortSignal): Promise<void>;
  /** The reconcile came to its end: besides what it read, the holder needs the caches that show objects of this owner. */
  settled(uid: string | undefined): void;
}

type Deps = {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends every informer. */
  readonly signal: AbortSignal;
  /**
   * `isEcho`: the event only brings back our own write, whose answer the owner's reconcile already has. `concerns`: whether
   * a holder sees the object in this cache; one that reads another version of the kind is told by that version's cache.
   */
  readonly onEvent: (
    event: InformerEvent,
    type: ResourceType,
    isEcho: boolean,
    concerns: (holder: string) => boolean,
  ) => void;
};

/** Makes {@link StampedCaches}. */
export function createStampedCaches(deps: Deps): StampedCaches {
  const { clock } = deps;
  const caches = new Map<string, StampedCache>();
  const inFlight = new WritesInFlight();
  const holders = new CacheHolders(clock, (id) => {
    caches.get(id)?.stop();
    caches.delete(id);
  });

  function start(id: string, type: ResourceType, selector: Selector): StampedCache {
    const log = deps.log.child({ stamped: `${qualifiedResource(type)} ${type.version}` });
    const indexes = { controller: controllerUid, owner: ownerNames };
    const informer = createInformer({
      client: deps.client,
      clock,
      log,
      type,
      ...selector,
      transform: withoutOtherManagers,
      indexes,
    });
    const catchUp = new CatchUp();
    const concerns = (holder: string): boolean => {
      const held = holders.heldBy(holder);
      return held.includes(id) || !cachesOf(type).some((cache) => held.includes(cache.id));
    };
    const stopEvents = informer.onEvent((event) => {
      const key = objectKey(event.object.metadata);
      const isDelete = event.type === 'deleted';
      const tell = (isEcho: boolean): void => deps.onEvent(event, type, isEcho, concerns);
      const isKnown = !isDelete && catchUp.isOwn(key, event.object);
      catchUp.observed(key, event.object, isDelete);
      if (isKnown || isDelete || !inFlight.hold(flightKey(type, key), event.object, tell)) tell(isKnown);
    });
    const end = new AbortController();
    const signal = AbortSignal.any([deps.signal, end.signal]);
    // It ends by the signal or by a bug.
    void informer.run(signal).catch((error: unknown) => log.error({ err: error }, 'informer of stamped objects ended'));
    const stop = (): void => {
      stopEvents();
      end.abort(new Error(`nobody needs the cache of ${qualifiedResource(type)} any more`));
    };
    const cache = { id, type, informer, catchUp, stop, failure: undefined };
    caches.set(id, cache);
    return cache;
  }

  /** Every cache that may show an object of the resource. */
  function cachesOf({ group, resource }: ResourceType): readonly StampedCache[] {
    return [...caches.values()].filter(({ type }) => type.resource === resource && type.group === group);
  }

  function cacheOf(key: ObjectKey | ObjectsKey): StampedCache | undefined {
    return caches.get(cacheKey(key.type, selectorOf(key)));
  }

  function tellOfWrite(written: ResourceType, name: string, answer: KubeObject): void {
    for (const { type, catchUp } of cachesOf(written)) {
      if (type.version === written.version) catchUp.wrote(name, answer);
      else catchUp.wroteElsewhere(name, answer);
    }
  }

  /** The caches that show objects of an owner and are the only ones of their kind to do so besides those given. */
  function cachesWithOwned(uid: string, read: Iterable<string>): ReadonlySet<string> {
    const needed = new Set(read);
    const isRead = ({ id }: StampedCache): boolean => needed.has(id);
    const resources = new Set([...caches.values()].filter(isRead).map(({ type }) => qualifiedResource(type)));
    for (const { id, type, informer } of caches.values()) {
      const resource = qualifiedResource(type);
      if (resources.has(resource) || !informer.hasSynced() || informer.byIndex('controller', uid).length === 0)
        continue;
      needed.add(id);
      resources.add(resource);
    }
    return needed;
  }

  return {
    reading(holder) {
      const read = new Set<string>();
      const note = (key: ObjectKey | ObjectsKey): string => {
        const id = cacheKey(key.type, selectorOf(key));
        if (!read.has(id)) holders.hold(holder, id);
        read.add(id);
        return id;
      };
      return {
        observed(key) {
          const cache = caches.get(note(key));
          return cache === undefined ? undefined : observedIn(cache, key);
        },
        listed(key) {
          const cache = caches.get(note(key));
          return cache === undefined ? undefined : listedIn(cache, key);
        },
        async ensure(key, signal) {
          const id = note(key);
          const cache = caches.get(id) ?? start(id, key.type, selectorOf(key));
          if (cache.informer.hasSynced()) await catchUpWith(cache, key, signal);
          else cache.failure = await firstSync(cache, deps);
        },
        settled: (uid) => holders.settle(holder, [...(uid === undefined ? read : cachesWithOwned(uid, read))]),
      };
    },
    release: (holder) => holders.settle(holder, []),
    ownedBy(uid) {
      const found = new Map<string, KubeObject>();
      for (const { type, informer, catchUp } of caches.values()) {
        if (!informer.hasSynced()) continue;
        for (const cached of informer.byIndex('controller', uid)) {
          const key = objectKey(cached.metadata);
          const object = catchUp.resolve(key, cached, informer.resourceVersion);
          if (object !== undefined) found.set(flightKey(type, key), object);
        }
      }
      return [...found.values()];
    },
    writing(type, key) {
      const name = objectKey(key);
      const flight = flightKey(type, name);
      inFlight.begin(flight);
      return (answer) => {
        if (answer !== undefined) tellOfWrite(type, name, answer);
        inFlight.end(flight, answer);
      };
    },
    deleted(key) {
      const name = objectKey(key);
      for (const { catchUp, informer } of cachesOf(key.type)) catchUp.deleted(name, informer.get(name));
    },
    async refresh(key, signal) {
      const cache = cacheOf(key);
      if (cache?.catchUp.lagging === true) await cache.informer.refresh(signal);
    },
    troubles: () =>
      [...caches.values()].map(({ type, informer }) => [
        `informer of ${qualifiedResource(type)} ${type.version}`,
        informer.state().trouble,
      ]),
    forgetFailures() {
      for (const cache of caches.values()) cache.failure = undefined;
    },
  };
}

type Selector = { readonly namespace?: string; readonly labelSelector?: string };

/** Objects of owners and of Runnables carry labels of ours; what a Runnable selects is watched by its own labels. */
function selectorOf(key: ObjectKey | ObjectsKey): Selector {
  const { resourceName, runnableName } = LABELS;
  if (!('labels' in key) || Object.hasOwn(key.labels, resourceName)) return { labelSelector: resourceName };
  if (Object.hasOwn(key.labels, runnableName)) return { labelSelector: runnableName };
  return { namespace: key.namespace, labelSelector: labelSelectorOf({ matchLabels: key.labels }).toString() };
}

function cacheKey(type: ResourceType, { namespace = '', labelSelector = '' }: Selector): string {
  return `${type.group}/${type.version}/${type.resource} ${namespace} ${labelSelector}`;
}

function flightKey({ group, resource }: ResourceType, name: string): string {
  return `${group}/${resource} ${name}`;
}
