import { FIELD_MANAGER } from '@cartographer/api';
import { isLegacyEntry, type Write } from '@cartographer/engine';
import { type Client, isConflict, isForbidden, isInvalid, isNotFound, replaceManagedFields } from '@cartographer/kube';
import {
  createMergePatch,
  deepEqual,
  type Json,
  type JsonObject,
  type KubeObject,
  type ManagedFieldsEntry,
  withTakenEntries,
} from '@cartographer/machinery';
import { isOwnEntry } from './managed-fields.ts';

/** Whoever writes an object more often than this while it is taken over has to be waited for: the next write tries again. */
const MAX_TRIES = 3;

/**
 * Makes the fields ours that the first implementation owns of an object, as client-go's csaupgrade does for kubectl: its
 * entries become part of our entry of operation Apply. Nothing else of the object changes, so neither does its
 * generation; the next apply then removes what the template no longer has. `seen` is the object as the server just
 * answered with it; without it, it is read. True when it did; false when there was nothing to take over, or when the
 * server did not let us.
 */
export async function takeOver(
  client: Client,
  { type, object }: Pick<Write, 'type' | 'object'>,
  signal: AbortSignal,
  seen?: KubeObject,
): Promise<boolean> {
  const { namespace, name = '' } = object.metadata;
  const key = { namespace, name };
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    try {
      const { metadata } = tries === 0 && seen !== undefined ? seen : await client.get(type, key, { signal });
      const entries = takenOver(metadata.managedFields ?? []);
      if (entries === undefined) return false;
      await replaceManagedFields(client, { type, key, metadata }, entries, { fieldManager: FIELD_MANAGER, signal });
      return true;
    } catch (error) {
      if (isNotFound(error) || isForbidden(error)) return false;
      // Somebody wrote in between.
      if (!isConflict(error) && !isInvalid(error)) throw error;
    }
  }
  return false;
}

/** The entries with those of the first implementation merged into ours; undefined when it has none. */
function takenOver(entries: readonly ManagedFieldsEntry[]): readonly ManagedFieldsEntry[] | undefined {
  const own = entries.find(isOwnEntry);
  return withTakenEntries(entries, { own, taken: entries.filter(isLegacyEntry) });
}

/**
 * What is left in a status that the first implementation wrote and ours no longer says. Ownership cannot be changed
 * through a subresource, so it is removed by a patch. Undefined when nothing is left.
 */
export function leftInStatus(written: KubeObject, wanted: JsonObject): Json | undefined {
  const { managedFields = [] } = written.metadata;
  const isLegacy = ({ manager, operation, subresource }: ManagedFieldsEntry): boolean =>
    manager === FIELD_MANAGER && operation === 'Update' && subresource === 'status';
  if (!managedFields.some(isLegacy)) return undefined;
  const status = (written['status'] ?? {}) as JsonObject;
  return deepEqual(status, wanted) ? undefined : { status: createMergePatch(status, wanted) };
}
