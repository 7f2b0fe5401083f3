import { FIELD_MANAGER } from '@cartographer/api';
import type { ManagedFieldsEntry } from '@cartographer/machinery';

/** Whether an entry holds what we applied to the object itself. */
export function isOwnEntry({ manager, operation, subresource }: ManagedFieldsEntry): boolean {
  return manager === FIELD_MANAGER && operation === 'Apply' && subresource === undefined;
}
