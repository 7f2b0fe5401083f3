import { FIELD_MANAGER } from '@cartographer/api';
import type { Write } from '@cartographer/engine';
import { ApiError, type Client, isUnauthorized, replaceManagedFields } from '@cartographer/kube';
import { isOwnEntry } from './managed-fields.ts';

/**
 * A server keeps what a manager applied at the version that it was applied at, and looks there again for what an apply at
 * another version takes away. Where nothing converts and the versions have different fields, it cannot, and answers 500
 * (`failed to convert merged object to last applied version`, `field not declared in schema`) for good. So our entry is
 * moved to the version of the write; nothing else of the object changes. The same where a webhook cannot convert a part of an
 * object.
 * @returns whether it was moved: then the same apply can be sent again.
 */
export async function moveFields(client: Client, { type, object }: Write, signal: AbortSignal): Promise<boolean> {
  const { namespace, name = '' } = object.metadata;
  const key = { namespace, name };
  try {
    const { metadata } = await client.get(type, key, { signal });
    const { managedFields = [] } = metadata;
    const at = managedFields.findIndex(isOwnEntry);
    const own = managedFields[at];
    if (own === undefined || own.apiVersion === object.apiVersion) return false;
    const moved = managedFields.with(at, { ...own, apiVersion: object.apiVersion });
    await replaceManagedFields(client, { type, key, metadata }, moved, { fieldManager: FIELD_MANAGER, signal });
    return true;
  } catch (error) {
    if (!(error instanceof ApiError) || isUnauthorized(error)) throw error;
    return false; // the refusal of the apply says more
  }
}
