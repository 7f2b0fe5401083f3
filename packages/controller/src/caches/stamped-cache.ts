import { LABELS } from '@cartographer/api';
import type { ListAnswer, ObjectKey, ObjectsKey, Observation } from '@cartographer/engine';
import { ApiError, type Client, createDeadline, type Informer, isStorageStarting } from '@cartographer/kube';
import {
  type Clock,
  type KubeObject,
  labelSelectorOf,
  messageOf,
  type ObjectMeta,
  objectKey,
  orAborted,
  qualifiedResource,
  type ResourceType,
} from '@cartographer/machinery';
import type { CatchUp } from './catch-up.ts';

/** How long a plan waits for the first list of a kind before it says that the kind cannot be read. */
const SYNC_TIMEOUT_MS = 10_000;

/** The stamped objects of one version of a kind, with our own writes folded in. */
export type StampedCache = {
  readonly id: string;
  readonly type: ResourceType;
  readonly informer: Informer;
  readonly catchUp: CatchUp;
  /** Ends the informer. */
  readonly stop: () => void;
  /** Why the first list did not come. */
  failure: (Observation & { readonly kind: 'failed' }) | undefined;
};

/** What the cache says of one object; undefined while it lags behind a write at another version of the kind. */
export function observedIn(cache: StampedCache, key: ObjectKey): Observation | undefined {
  const { informer, catchUp, failure } = cache;
  if (!informer.hasSynced()) return failure;
  const name = objectKey(key);
  const cached = informer.get(name);
  if (catchUp.behind(name, cached, informer.resourceVersion) !== undefined) return undefined;
  const object = catchUp.resolve(name, cached, informer.resourceVersion);
  return object === undefined ? { kind: 'absent' } : { kind: 'present', object };
}

/** What the cache says of a list; undefined as for one object. */
export function listedIn(cache: StampedCache, key: ObjectsKey): ListAnswer | undefined {
  if (!cache.informer.hasSynced()) return cache.failure;
  return behind(cache, key).size > 0 ? undefined : { kind: 'listed', objects: matching(cache, key) };
}

/** Writes at another version of the kind that the answer to the key lacks, by name. */
function behind({ informer, catchUp }: StampedCache, key: ObjectKey | ObjectsKey): ReadonlyMap<string, ObjectMeta> {
  const found = new Map<string, ObjectMeta>();
  const elsewhere = catchUp.keysElsewhere();
  if (elsewhere.size === 0) return found;
  const isPart = 'labels' in key ? selectorFor(key) : () => true;
  for (const name of 'labels' in key ? [...elsewhere] : [objectKey(key)]) {
    const cached = informer.get(name);
    const metadata = catchUp.behind(name, cached, informer.resourceVersion);
    if (metadata === undefined) continue;
    if (isPart(metadata) || (cached !== undefined && isPart(cached.metadata))) found.set(name, metadata);
  }
  return found;
}

/** Whether an object belongs to a list. */
function selectorFor({ namespace, labels }: ObjectsKey): (metadata: ObjectMeta) => boolean {
  const selector = labelSelectorOf({ matchLabels: labels });
  return (metadata) =>
    (namespace === undefined || metadata.namespace === namespace) && selector.matches(metadata.labels);
}

/**
 * Reads a list that has our own writes at other versions, if the cache lags behind one that the key is about.
 * @throws what the list fails with.
 */
export async function catchUpWith(
  cache: StampedCache,
  key: ObjectKey | ObjectsKey,
  signal: AbortSignal,
): Promise<void> {
  const lacking = behind(cache, key);
  if (lacking.size === 0) return;
  const { informer, catchUp } = cache;
  await informer.refresh(signal);
  // A server whose versions cannot be compared leaves no trace of having been caught up with.
  for (const [name, metadata] of lacking) {
    if (catchUp.behind(name, informer.get(name), informer.resourceVersion) === metadata) catchUp.forget(name);
  }
}

/** Index of a cache: the uid of the object's controller. */
export function controllerUid(object: KubeObject): readonly string[] {
  const controller = object.metadata.ownerReferences?.find((reference) => reference.controller === true);
  return controller === undefined ? [] : [controller.uid];
}

/** Labels that name the owner of a stamped object, one for each kind of owner. */
const OWNER_LABELS = [LABELS.workloadName, LABELS.deliverableName, LABELS.runnableName] as const;

/** Index of a cache: the owners that the object's labels name. */
export function ownerNames({
  metadata: { namespace = '', labels = {} },
}: Pick<KubeObject, 'metadata'>): readonly string[] {
  const names: string[] = [];
  for (const label of OWNER_LABELS) {
    const name = labels[label];
    if (name !== undefined) names.push(`${label} ${namespace}/${name}`);
  }
  return names;
}

/** The objects of a key, found by their owner where the labels name one: a list never costs a walk over the whole kind. */
function matching({ informer, catchUp }: StampedCache, key: ObjectsKey): readonly KubeObject[] {
  const { namespace, labels } = key;
  const [owner] = ownerNames({ metadata: { namespace, labels } });
  const cached = owner === undefined ? informer.list() : informer.byIndex('owner', owner);
  const names = new Set(cached.map((object) => objectKey(object.metadata)));
  for (const name of catchUp.keys()) names.add(name);
  const isPart = selectorFor(key);
  return [...names]
    .flatMap((name) => catchUp.resolve(name, informer.get(name), informer.resourceVersion) ?? [])
    .filter(({ metadata }) => isPart(metadata));
}

/**
 * Waits for the first list; if it does not come, asks once directly, to have the server's own words: they are answered. A
 * kind that was listed before and is missing now is not waited for.
 */
export async function firstSync(
  { informer, type }: StampedCache,
  { client, clock, signal }: { readonly client: Client; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<StampedCache['failure']> {
  const deadline = createDeadline({ clock, limitMs: SYNC_TIMEOUT_MS, expire: () => new Error('timed out') });
  const probed = (): Promise<void> => probe(client, type, AbortSignal.any([signal, deadline.signal]));
  try {
    if (informer.resourceVersion !== undefined) {
      await probed();
      throw new Error('it was missing a moment ago and is about to be watched again');
    }
    await Promise.race([informer.synced, probed()]);
    await orAborted(informer.synced, deadline.signal);
    return undefined;
  } catch (error) {
    if (error instanceof ApiError) return { kind: 'failed', code: error.status.code, message: error.message };
    return { kind: 'failed', message: `cannot list ${qualifiedResource(type)}: ${messageOf(error)}` };
  } finally {
    deadline.end();
  }
}

async function probe(client: Client, type: ResourceType, signal: AbortSignal): Promise<void> {
  try {
    await client.list(type, { limit: 1, signal });
  } catch (error) {
    if (!isStorageStarting(error)) throw error; // the informer has its list in a moment
  }
}
