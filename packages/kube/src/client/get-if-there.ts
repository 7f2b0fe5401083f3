import type { KubeObject, ResourceType } from '@cartographer/machinery';
import { isNotFound } from '../transport/api-error.ts';
import type { Client } from './client.ts';
import type { ObjectKey } from './resource-path.ts';

/**
 * Reads an object that may not be there. Only 404 says so; whatever else fails is thrown, since what would be done next
 * is a guess.
 */
export async function getIfThere(
  client: Pick<Client, 'get'>,
  type: ResourceType,
  key: ObjectKey,
  options?: { readonly signal?: AbortSignal },
): Promise<KubeObject | undefined> {
  try {
    return await client.get(type, key, options);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
