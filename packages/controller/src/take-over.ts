import { FIELD_MANAGER } from '@cartographer/api';
import { type Client, isConflict, isNotFound } from '@cartographer/kube';
import {
  createMergePatch,
  deepEqual,
  getKey,
  isObject,
  type Json,
  type JsonObject,
  type KubeObject,
  type ManagedFieldsEntry,
  type MutableJsonObject,
  type ResourceType,
  setKey,
} from '@cartographer/machinery';

/**
 * The first implementation wrote by create and merge patch, so the fields that it set belong to `cartographer`, operation
 * Update. An apply as `cartographer` then owns them too, but can never remove one: the old entry still holds it. So the
 * old entry becomes part of ours, once for each object (as client-go's csaupgrade does for kubectl).
 */
function isLegacy({ manager, operation }: ManagedFieldsEntry): boolean {
  return manager === FIELD_MANAGER && operation === 'Update';
}

function legacyEntry(object: KubeObject, subresource?: string): ManagedFieldsEntry | undefined {
  return object.metadata.managedFields?.find((entry) => isLegacy(entry) && entry.subresource === subresource);
}

/**
 * Takes over what the first implementation owns of an object that was just applied. True when it did: then the same
 * apply has to be sent again, which removes what the template no longer has. When someone else writes at the same time
 * nothing is taken over, and the next apply tries again.
 */
export async function takeOver(
  client: Client,
  type: ResourceType,
  applied: KubeObject,
  signal: AbortSignal,
): Promise<boolean> {
  const { managedFields = [], namespace, name = '', resourceVersion = '' } = applied.metadata;
  const legacy = legacyEntry(applied);
  const own = managedFields.find(
    ({ manager, operation, subresource }) =>
      manager === FIELD_MANAGER && operation === 'Apply' && subresource === undefined,
  );
  if (legacy?.fieldsV1 === undefined || own?.fieldsV1 === undefined) return false;
  const merged = { ...own, fieldsV1: union(own.fieldsV1, legacy.fieldsV1) };
  const entries = managedFields.flatMap((entry) => (entry === legacy ? [] : [entry === own ? merged : entry]));
  const body: Json = [
    { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
    { op: 'replace', path: '/metadata/managedFields', value: entries },
  ];
  const key = namespace === undefined ? { name } : { namespace, name };
  try {
    await client.patch(type, key, { kind: 'json', body, fieldManager: FIELD_MANAGER, signal });
    return true;
  } catch (error) {
    if (isConflict(error) || isNotFound(error)) return false;
    throw error;
  }
}

/**
 * What is left in a status that the first implementation wrote and ours no longer says. Ownership cannot be changed
 * through a subresource, so it is removed by a patch. Undefined when nothing is left.
 */
export function leftInStatus(written: KubeObject, wanted: JsonObject): Json | undefined {
  if (legacyEntry(written, 'status') === undefined) return undefined;
  const status = (written['status'] ?? {}) as JsonObject;
  return deepEqual(status, wanted) ? undefined : { status: createMergePatch(status, wanted) };
}

/** The union of two field sets in their wire form: a tree whose keys are path elements. */
function union(left: JsonObject, right: JsonObject): JsonObject {
  const result: MutableJsonObject = { ...left };
  for (const key of Object.keys(right)) {
    const [mine, theirs] = [getKey(left, key), getKey(right, key)];
    setKey(result, key, isObject(mine) && isObject(theirs) ? union(mine, theirs) : (mine ?? theirs));
  }
  return result;
}
