import type { ListAnswer, ObjectKey, ObjectsKey, Observation } from '@cartographer/engine';
import {
  ApiError,
  type Client,
  createInformer,
  type Informer,
  type InformerEvent,
  isStorageStarting,
  type Trouble,
} from '@cartographer/kube';
import {
  type Clock,
  type KubeObject,
  type Log,
  labelSelectorOf,
  objectKey,
  qualifiedResource,
  type ResourceType,
} from '@cartographer/machinery';
import { CatchUp } from './catch-up.ts';
import { withoutOtherManagers } from './take-over.ts';
import { WritesInFlight } from './writes-in-flight.ts';

const RUNNABLE_NAME = 'carto.run/runnable-name';
const RESOURCE_NAME = 'carto.run/resource-name';
/** How long a plan waits for the first list of a kind before it says that the kind cannot be read. */
const SYNC_TIMEOUT_MS = 10_000;

/** One kind's stamped objects, with our own writes folded in. */
type StampedCache = {
  readonly type: ResourceType;
  readonly informer: Informer;
  readonly catchUp: CatchUp;
  failure: (Observation & { readonly kind: 'failed' }) | undefined;
};

/** The caches of stamped objects: one informer for each kind, started when it is first needed, of labelled objects only. */
export interface StampedCaches {
  /** Starts the informer that answers the key and waits for its first list; never throws for what the server says. */
  ensure(key: ObjectKey | ObjectsKey): Promise<void>;
  /** Undefined until {@link ensure} was called for the kind. */
  observed(key: ObjectKey): Observation | undefined;
  listed(key: ObjectsKey): ListAnswer | undefined;
  /** All cached objects whose controller has this uid. */
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

type Deps = {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends every informer. */
  readonly signal: AbortSignal;
  /** `isEcho`: the event only brings back our own write, whose answer the owner's reconcile already has. */
  readonly onEvent: (event: InformerEvent, type: ResourceType, isEcho: boolean) => void;
};

/** Makes {@link StampedCaches}. */
export function createStampedCaches(deps: Deps): StampedCaches {
  const caches = new Map<string, StampedCache>();
  const inFlight = new WritesInFlight();

  function start(type: ResourceType, selector: Selector): StampedCache {
    const log = deps.log.child({ stamped: qualifiedResource(type) });
    const { client, clock } = deps;
    const informer = createInformer({
      client,
      clock,
      log,
      type,
      ...selector,
      transform: withoutOtherManagers,
      indexes: { controller: controllerUid, owner: ownerNames },
    });
    const catchUp = new CatchUp();
    informer.onEvent((event) => {
      const key = objectKey(event.object.metadata);
      const isDelete = event.type === 'deleted';
      const tell = (isEcho: boolean): void => deps.onEvent(event, type, isEcho);
      const isKnown = !isDelete && catchUp.isOwn(key, event.object);
      catchUp.observed(key, event.object, isDelete);
      if (isKnown || isDelete || !inFlight.hold(flightKey(type, key), event.object, tell)) tell(isKnown);
    });
    void informer.run(deps.signal).catch((error: unknown) => {
      if (!deps.signal.aborted) log.error({ err: error }, 'informer of stamped objects ended');
    });
    return { type, informer, catchUp, failure: undefined };
  }

  function cachesOf({ group, resource }: ResourceType): readonly StampedCache[] {
    return [...caches.values()].filter(({ type }) => type.resource === resource && type.group === group);
  }

  function cacheOf(key: ObjectKey | ObjectsKey): StampedCache | undefined {
    return caches.get(cacheKey(key.type, selectorOf(key)));
  }

  return {
    async ensure(key) {
      const selector = selectorOf(key);
      const id = cacheKey(key.type, selector);
      const cache = caches.get(id) ?? start(key.type, selector);
      caches.set(id, cache);
      if (cache.informer.hasSynced()) return;
      cache.failure = await firstSync(cache, deps);
    },
    observed(key) {
      const cache = cacheOf(key);
      if (cache === undefined) return undefined;
      if (!cache.informer.hasSynced()) return cache.failure;
      const name = objectKey(key);
      const object = cache.catchUp.resolve(name, cache.informer.get(name), cache.informer.resourceVersion);
      return object === undefined ? { kind: 'absent' } : { kind: 'present', object };
    },
    listed(key) {
      const cache = cacheOf(key);
      if (cache === undefined) return undefined;
      if (!cache.informer.hasSynced()) return cache.failure;
      return { kind: 'listed', objects: matching(cache, key) };
    },
    ownedBy(uid) {
      return [...caches.values()].flatMap(({ informer, catchUp }) =>
        informer
          .byIndex('controller', uid)
          .flatMap((object) => catchUp.resolve(objectKey(object.metadata), object, informer.resourceVersion) ?? []),
      );
    },
    writing(type, key) {
      const name = objectKey(key);
      const flight = flightKey(type, name);
      inFlight.begin(flight);
      return (answer) => {
        if (answer !== undefined) for (const { catchUp } of cachesOf(type)) catchUp.wrote(name, answer);
        inFlight.end(flight, answer);
      };
    },
    deleted(key) {
      const cache = cacheOf(key);
      const name = objectKey(key);
      cache?.catchUp.deleted(name, cache.informer.get(name));
    },
    async refresh(key, signal) {
      const cache = cacheOf(key);
      if (cache?.catchUp.lagging === true) await cache.informer.refresh(signal);
    },
    troubles: () =>
      [...caches.values()].map(({ type, informer }) => [
        `informer of ${qualifiedResource(type)}`,
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
  if (!('labels' in key) || Object.hasOwn(key.labels, RESOURCE_NAME)) return { labelSelector: RESOURCE_NAME };
  if (Object.hasOwn(key.labels, RUNNABLE_NAME)) return { labelSelector: RUNNABLE_NAME };
  return {
    labelSelector: labelSelectorOf({ matchLabels: key.labels }).toString(),
    ...(key.namespace === undefined ? {} : { namespace: key.namespace }),
  };
}

function cacheKey(type: ResourceType, { namespace = '', labelSelector = '' }: Selector): string {
  return `${type.group}/${type.resource} ${namespace} ${labelSelector}`;
}

function flightKey({ group, resource }: ResourceType, name: string): string {
  return `${group}/${resource} ${name}`;
}

function controllerUid(object: KubeObject): readonly string[] {
  const controller = object.metadata.ownerReferences?.find((reference) => reference.controller === true);
  return controller === undefined ? [] : [controller.uid];
}

/** Labels that name the owner of a stamped object, one for each kind of owner. */
const OWNER_LABELS = ['carto.run/workload-name', 'carto.run/deliverable-name', RUNNABLE_NAME] as const;

function ownerNames({ metadata: { namespace = '', labels = {} } }: Pick<KubeObject, 'metadata'>): readonly string[] {
  const names: string[] = [];
  for (const label of OWNER_LABELS) {
    const name = labels[label];
    if (name !== undefined) names.push(`${label} ${namespace}/${name}`);
  }
  return names;
}

/** The objects of a key, found by their owner where the labels name one: a list never costs a walk over the whole kind. */
function matching({ informer, catchUp }: StampedCache, { namespace, labels }: ObjectsKey): readonly KubeObject[] {
  const [owner] = ownerNames({ metadata: { namespace, labels } });
  const cached = owner === undefined ? informer.list() : informer.byIndex('owner', owner);
  const names = new Set(cached.map((object) => objectKey(object.metadata)));
  for (const key of catchUp.keys()) names.add(key);
  const selector = labelSelectorOf({ matchLabels: labels });
  return [...names]
    .flatMap((name) => catchUp.resolve(name, informer.get(name), informer.resourceVersion) ?? [])
    .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
    .filter(({ metadata }) => selector.matches(metadata.labels));
}

/** Waits for the first list; if it does not come, asks once directly, to have the server's own words. */
async function firstSync(
  { informer, type }: StampedCache,
  { client, clock, signal }: Deps,
): Promise<StampedCache['failure']> {
  const timeout = new AbortController();
  const cancel = clock.schedule(SYNC_TIMEOUT_MS, () => timeout.abort(new Error('timed out')));
  try {
    await Promise.race([informer.synced, probe(client, type, AbortSignal.any([signal, timeout.signal]))]);
    await Promise.race([informer.synced, whenAborted(timeout.signal)]);
    return undefined;
  } catch (error) {
    if (error instanceof ApiError) return { kind: 'failed', code: error.status.code, message: error.message };
    return { kind: 'failed', message: `cannot list ${qualifiedResource(type)}: ${String(error)}` };
  } finally {
    cancel();
  }
}

async function probe(client: Client, type: ResourceType, signal: AbortSignal): Promise<void> {
  try {
    await client.list(type, { limit: 1, signal });
  } catch (error) {
    if (!isStorageStarting(error)) throw error; // the informer has its list in a moment
  }
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
