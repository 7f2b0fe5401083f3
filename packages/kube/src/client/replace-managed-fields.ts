import type { Json, KubeObject, ManagedFieldsEntry, ObjectMeta, ResourceType } from '@cartographer/machinery';
import type { Client } from './client.ts';
import type { ObjectKey } from './resource-path.ts';

/** One object as it was read: its managed fields are those of this resource version. */
export type ReadObject = { readonly type: ResourceType; readonly key: ObjectKey; readonly metadata: ObjectMeta };

/**
 * Replaces the managed fields of an object, of which nothing else changes.
 * @throws ApiError also when somebody wrote in between: 422 of a test that fails, 409 when the write comes after the test.
 */
export async function replaceManagedFields(
  client: Pick<Client, 'patch'>,
  { type, key, metadata }: ReadObject,
  entries: readonly ManagedFieldsEntry[],
  options: { readonly fieldManager: string; readonly signal: AbortSignal },
): Promise<KubeObject> {
  const body: Json = [
    { op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion ?? '' },
    { op: 'replace', path: '/metadata/managedFields', value: entries },
  ];
  return client.patch(type, key, { kind: 'json', body, ...options });
}
