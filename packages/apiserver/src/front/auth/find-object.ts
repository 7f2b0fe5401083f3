import type { KubeObject } from '@cartographer/machinery';

import type { Core } from '../../core-api.ts';
import { StatusError } from '../../status-error.ts';

/** An object of core/v1, or undefined when there is none. */
export function findObject(
  core: Pick<Core, 'get' | 'registry'>,
  resource: string,
  namespace: string,
  name: string,
): KubeObject | undefined {
  const info = core.registry.find('', 'v1', resource);
  if (info === undefined) return undefined;
  try {
    return core.get(info, { namespace, name });
  } catch (error) {
    if (error instanceof StatusError && error.status.code === 404) return undefined;
    throw error;
  }
}
