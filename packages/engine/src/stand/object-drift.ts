import type { Json, JsonObject, KubeObject, MutableJsonObject, OwnerReference } from '@cartographer/machinery';
import { deepEqual, getKey, isList, isObject, parseApiVersion, setKey } from '@cartographer/machinery';
import { valueDigest } from '../paths/digests.ts';

const known = new WeakMap<KubeObject, { readonly desired: KubeObject; readonly drifted: boolean }>();

/**
 * Whether the live object holds a field of ours differently. `status` never counts, fields that we do not set never
 * count, and an unset or empty field that the server left out is no difference.
 */
export function hasDrifted(desired: KubeObject, live: KubeObject): boolean {
  const last = known.get(live);
  if (last?.desired === desired) return last.drifted;
  const drifted = !objectHolds(desired, live);
  known.set(live, { desired, drifted });
  return drifted;
}

function objectHolds(desired: JsonObject, live: JsonObject): boolean {
  for (const key of Object.keys(desired)) {
    if (key === 'status' || key === 'apiVersion' || key === 'kind') continue;
    const holdsField = key === 'metadata' ? metadataHolds : holds;
    if (!holdsField(getKey(desired, key), getKey(live, key))) return false;
  }
  return true;
}

/** In metadata, finalizers and owner references are sets that others may add to. */
function metadataHolds(desired: Json | undefined, live: Json | undefined): boolean {
  if (!isObject(desired) || !isObject(live)) return false;
  for (const key of Object.keys(desired)) {
    if (key === 'namespace' || key === 'name' || key === 'generateName') continue;
    const holdsField = key === 'finalizers' || key === 'ownerReferences' ? setHolds : holds;
    if (!holdsField(getKey(desired, key), getKey(live, key))) return false;
  }
  return true;
}

function setHolds(desired: Json | undefined, live: Json | undefined): boolean {
  if (!isList(desired)) return holds(desired, live);
  const items = isList(live) ? live : [];
  return desired.every((item) => items.some((candidate) => deepEqual(item, candidate)));
}

function holds(desired: Json | undefined, live: Json | undefined): boolean {
  if (desired === live) return true;
  if (desired === undefined || desired === null) return isNothing(live);
  if (isObject(desired)) {
    if (live === undefined) return Object.values(desired).every((item) => isNothing(item));
    return isObject(live) && Object.keys(desired).every((key) => holds(getKey(desired, key), getKey(live, key)));
  }
  if (isList(desired)) {
    if (live === undefined) return desired.length === 0;
    return isList(live) && live.length === desired.length && desired.every((item, i) => holds(item, live[i]));
  }
  return deepEqual(desired, live);
}

/** Whether a value says nothing: unset, null, empty, or made of such alone. */
export function isNothing(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === '') return true;
  if (isList(value)) return value.length === 0;
  return isObject(value) && Object.values(value).every((item) => isNothing(item));
}

/** What the live object holds in the fields that we set, as a digest: remembered to tell notation from drift. */
export function projectionDigest(desired: KubeObject, live: KubeObject): string {
  return valueDigest(project(desired, live));
}

function project(desired: Json | undefined, live: Json | undefined): Json {
  if (isObject(desired) && isObject(live)) {
    const result: MutableJsonObject = {};
    for (const key of Object.keys(desired)) {
      if (key !== 'status') setKey(result, key, project(getKey(desired, key), getKey(live, key)));
    }
    return result;
  }
  if (isList(desired) && isList(live) && desired.length === live.length) {
    return desired.map((item, i) => project(item, live[i]));
  }
  return live ?? null;
}

/** The controller of a live object other than this owner; an earlier life of the same owner does not count. */
export function foreignController(live: KubeObject, owner: KubeObject): OwnerReference | undefined {
  const { ownerReferences = [] } = live.metadata;
  return ownerReferences.find(
    (reference) =>
      reference.controller === true &&
      reference.uid !== owner.metadata.uid &&
      !(
        reference.kind === owner.kind &&
        reference.name === owner.metadata.name &&
        parseApiVersion(reference.apiVersion).group === parseApiVersion(owner.apiVersion).group
      ),
  );
}
