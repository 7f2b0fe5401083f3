import { FIELD_MANAGER } from '@cartographer/api';
import type { Client, ObjectKey } from '@cartographer/kube';
import type { Json, ManagedFieldsEntry, ObjectMeta, ResourceType } from '@cartographer/machinery';

/** Whether an entry holds what we applied to the object itself. */
export function isOwnEntry({ manager, operation, subresource }: ManagedFieldsEntry): boolean {
  return manager === FIELD_MANAGER && operation === 'Apply' && subresource === undefined;
}

/** One object as it was read: its managed fields are those of this resource version. */
export type ReadObject = { readonly type: ResourceType; readonly key: ObjectKey; readonly metadata: ObjectMeta };

/**
 * Replaces the managed fields of an object, of which nothing else changes.
 * @throws ApiError also when somebody wrote in between: 422 of a test that fails, 409 when the write comes after the test.
 */
export async function replaceManagedFields(
  client: Client,
  { type, key, metadata }: ReadObject,
  entries: readonly ManagedFieldsEntry[],
  signal: AbortSignal,
): Promise<void> {
  const body: Json = [
    { op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion ?? '' },
    { op: 'replace', path: '/metadata/managedFields', value: entries },
  ];
  await client.patch(type, key, { kind: 'json', body, fieldManager: FIELD_MANAGER, signal });
}
