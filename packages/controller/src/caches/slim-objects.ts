import { FIELD_MANAGER } from '@cartographer/api';
import { hasLegacyFields } from '@cartographer/engine';
import { withoutManagedFields } from '@cartographer/kube';
import type { KubeObject, ManagedFieldsEntry } from '@cartographer/machinery';

/** What a cache keeps of the entries that {@link hasLegacyFields} looks for: that there are some. */
const LEGACY_MARK: readonly ManagedFieldsEntry[] = [{ manager: FIELD_MANAGER, operation: 'Update' }];

/** The transform of a cache of stamped objects: managed fields go, but whether the first implementation has some stays. */
export function withoutOtherManagers(object: KubeObject): KubeObject {
  const slim = withoutManagedFields(object);
  return hasLegacyFields(object) ? { ...slim, metadata: { ...slim.metadata, managedFields: LEGACY_MARK } } : slim;
}
