import { Buffer } from 'node:buffer';
import { type Client, CONFIG_MAPS, getIfThere, SECRETS } from '@cartographer/kube';
import { CartoError, getPath, isObject, type ResourceType } from '@cartographer/machinery';
import type { EnvSource } from './env-sources.ts';

/** Looks up the values of variables, in their order. Rejects with what is missing. */
export type EnvValues = (
  namespace: string,
  sources: readonly EnvSource[],
  signal: AbortSignal,
) => Promise<readonly { readonly name: string; readonly value: string }[]>;

const TYPES: Readonly<Record<'secret' | 'configMap', ResourceType>> = {
  secret: SECRETS,
  configMap: CONFIG_MAPS,
};

/** Makes the look-up over an API server. Each start of an app reads anew, as a container's does. */
export function createEnvValues(client: Pick<Client, 'get'>): EnvValues {
  return async (namespace, sources, signal) => {
    const values: { name: string; value: string }[] = [];
    for (const source of sources) {
      if (source.kind === 'value') values.push(source);
      else values.push(...(await lookUp(client, namespace, source, signal)));
    }
    return values;
  };
}

async function lookUp(
  client: Pick<Client, 'get'>,
  namespace: string,
  source: EnvSource & { kind: 'secret' | 'configMap' },
  signal: AbortSignal,
): Promise<readonly { readonly name: string; readonly value: string }[]> {
  const { kind, name, object, key, optional } = source;
  const what = `${kind.toLowerCase()} "${object}"`;
  const found = await getIfThere(client, TYPES[kind], { namespace, name: object }, { signal });
  if (found === undefined) {
    if (optional) return [];
    throw new CartoError(
      'CARTO_ENV',
      `${what} not found; create it in namespace ${namespace}, or make the reference optional`,
    );
  }
  const decode = (value: string): string => (kind === 'secret' ? Buffer.from(value, 'base64').toString('utf8') : value);
  if (key === undefined) {
    const data = isObject(found['data']) ? Object.entries(found['data']) : [];
    return data.flatMap(([each, value]) =>
      typeof value === 'string' ? [{ name: `${name}${each}`, value: decode(value) }] : [],
    );
  }
  const value = getPath(found['data'], key);
  if (typeof value === 'string') return [{ name, value: decode(value) }];
  if (optional) return [];
  throw new CartoError('CARTO_ENV', `couldn't find key ${key} in ${what}; add it, or make the reference optional`);
}
