import { FIELD_MANAGER } from '@cartographer/api';
import type { KubeObject, ManagedFieldsEntry } from '@cartographer/machinery';

/**
 * Whether the first implementation's way of writing made this entry: by create and merge patch, so by an Update of the
 * object itself. What such an entry holds, an apply of ours owns too but can never remove.
 */
export function isLegacyEntry({ manager, operation, subresource }: ManagedFieldsEntry): boolean {
  return manager === FIELD_MANAGER && operation === 'Update' && subresource === undefined;
}

/** Whether an object still has fields that only the first implementation's entry keeps; see {@link isLegacyEntry}. */
export function hasLegacyFields({ metadata }: KubeObject): boolean {
  return metadata.managedFields?.some(isLegacyEntry) === true;
}
