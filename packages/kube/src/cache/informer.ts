import type { Clock, KubeObject, Log, ResourceType } from '@cartographer/machinery';
import { deepFreeze, messageOf, objectKey, orAborted, qualifiedResource } from '@cartographer/machinery';
import type { Client, Selection } from '../client/client.ts';
import { apiVersionOf } from '../client/resource-path.ts';
import { createSharedRun } from '../transport/shared-run.ts';
import type { Change } from './object-mirror.ts';
import { createObjectMirror } from './object-mirror.ts';
import type { IndexFunction } from './object-store.ts';
import { createObjectStore } from './object-store.ts';
import type { ReflectorBounds, ReflectorState } from './reflector.ts';
import { createReflector, defaultReflectorBounds } from './reflector.ts';

/** Tells a handler what changed. `initial`: the object was there when the informer, or the handler, started. */
export type InformerEvent = Change & { readonly initial: boolean };

/** A local, indexed copy of the objects of one type, kept up to date by a watch. */
export interface Informer {
  /** Lists and watches until the signal fires. May be called once. */
  run(signal: AbortSignal): Promise<void>;
  /** Resolves when the first list has been taken over. */
  readonly synced: Promise<void>;
  /** True once listed, and as long as the server knows the type. */
  hasSynced(): boolean;
  /** The object with this `namespace/name`. */
  get(key: string): KubeObject | undefined;
  list(): readonly KubeObject[];
  /**
   * The objects that an index function gave this value.
   * @throws RangeError when there is no such index.
   */
  byIndex(index: string, value: string): readonly KubeObject[];
  /**
   * Calls the handler for each change, in order, once the store has it; first for each object that is there already.
   * A handler must not wait; one that throws is logged and does not disturb the others. Returns how to stop.
   */
  onEvent(handler: (event: InformerEvent) => void): () => void;
  /**
   * One live, consistent list, folded into the store: what a caller does before it deletes or creates for good.
   * Callers at the same time share a list that began after the call of each.
   */
  refresh(signal?: AbortSignal): Promise<void>;
  /** Everything up to here is in the store. */
  readonly resourceVersion: string | undefined;
  /** What it is doing, for health checks and for naming the culprit when it does not sync. */
  state(): ReflectorState;
}

/** What {@link createInformer} needs. */
export type InformerOptions = Selection & {
  readonly client: Client;
  readonly type: ResourceType;
  readonly indexes?: Readonly<Record<string, IndexFunction>>;
  /** Reduces an object before it is stored; must not change its argument. By default `metadata.managedFields` goes. */
  readonly transform?: (object: KubeObject) => KubeObject;
  /** Freezes what is stored: for tests and development, as it costs a walk of each object. */
  readonly freeze?: boolean;
  readonly clock: Clock;
  readonly log: Log;
  /** A number in [0, 1), for jitter. */
  readonly random?: () => number;
  readonly bounds?: Partial<ReflectorBounds>;
};

/** Makes an {@link Informer}; nothing happens until `run`. */
export function createInformer(options: InformerOptions): Informer {
  const { client, type, clock, log } = options;
  const { namespace, labelSelector, fieldSelector } = options;
  const name = qualifiedResource(type);
  const store = createObjectStore(options.indexes ?? {}, (index, key, error) =>
    log.error({ type: name, index, key, error: messageOf(error) }, 'index function failed'),
  );
  const mirror = createObjectMirror(store);
  const handlers = new Set<(event: InformerEvent) => void>();
  const first = Promise.withResolvers<void>();
  const lifetime = new AbortController();
  let listed = false;
  let started = false;

  const tell = (handler: (event: InformerEvent) => void, event: InformerEvent): void => {
    try {
      handler(event);
    } catch (error) {
      log.error({ type: name, key: objectKey(event.object.metadata), error: messageOf(error) }, 'event handler failed');
    }
  };
  const publish = (change: Change, initial: boolean): void => {
    for (const handler of handlers) tell(handler, { ...change, initial });
  };

  const reflector = createReflector({
    client,
    type,
    mirror,
    clock,
    log,
    selection: { namespace, labelSelector, fieldSelector },
    transform: transformOf(options),
    random: options.random ?? Math.random,
    bounds: { ...defaultReflectorBounds, ...options.bounds },
    onChange: (change) => publish(change, false),
    onList: (changes) => {
      const initial = !listed;
      listed = true;
      for (const change of changes) publish(change, initial);
      first.resolve();
    },
  });
  const refresh = createSharedRun(() => reflector.relist(lifetime.signal));

  return {
    async run(signal) {
      if (started) throw new Error(`the informer of ${name} runs already`);
      started = true;
      await reflector.run(signal);
      lifetime.abort(signal.reason);
    },
    synced: first.promise,
    hasSynced: () => listed && reflector.state().phase !== 'missing',
    get: (key) => store.get(key),
    list: () => store.list(),
    byIndex: (index, value) => store.byIndex(index, value),
    onEvent(handler) {
      handlers.add(handler);
      for (const object of store.list()) tell(handler, { type: 'added', object, initial: true });
      return () => void handlers.delete(handler);
    },
    refresh: (signal) => orAborted(refresh(), signal),
    get resourceVersion() {
      return mirror.position;
    },
    state: () => reflector.state(),
  };
}

/**
 * Items of a list of a built-in kind come without apiVersion and kind; every stored object has them. A transform that
 * fails on one object must not keep all others out, so that one is stored whole.
 */
function transformOf({ type, log, transform = withoutManagedFields, freeze = false }: InformerOptions) {
  const apiVersion = apiVersionOf(type);
  const { kind } = type;
  const reduced = (object: KubeObject): KubeObject => {
    try {
      return transform(object);
    } catch (error) {
      log.error({ type: kind, key: objectKey(object.metadata), error: messageOf(error) }, 'transform failed');
      return object;
    }
  };
  return (object: KubeObject): KubeObject => {
    const stored = reduced(object.kind === undefined ? { ...object, apiVersion, kind } : object);
    return freeze ? deepFreeze(stored) : stored;
  };
}

/** The usual transform: managed fields are often half of an object, and nobody reads them from a cache. */
export function withoutManagedFields(object: KubeObject): KubeObject {
  if (object.metadata.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
