import type { ResourceType } from '@cartographer/machinery';
import { formatApiVersion } from '@cartographer/machinery';

/** Names one object. */
export type ObjectKey = { readonly namespace?: string; readonly name: string };

/** Which object, or which collection when `name` is absent. */
export type ResourceKey = { readonly namespace?: string; readonly name?: string };

/** The URL path of a collection, an object or a subresource. A namespaced type without a namespace means all of them. */
export function resourcePath(type: ResourceType, key: ResourceKey, subresource?: string): string {
  const root = groupVersionPath(type.group, type.version);
  const scope = namespaced(type, key) ? `/namespaces/${encodeURIComponent(key.namespace ?? '')}` : '';
  const object = key.name === undefined ? '' : `/${encodeURIComponent(key.name)}`;
  const rest = subresource === undefined ? '' : `/${subresource}`;
  return `${root}${scope}/${type.resource}${object}${rest}`;
}

/** `/api/v1` or `/apis/group/version`. */
export function groupVersionPath(group: string, version: string): string {
  const encoded = encodeURIComponent(version);
  return group === '' ? `/api/${encoded}` : `/apis/${encodeURIComponent(group)}/${encoded}`;
}

function namespaced(type: ResourceType, key: ResourceKey): boolean {
  return type.namespaced && key.namespace !== undefined && key.namespace !== '';
}

/** The `apiVersion` of a resource, as objects of it carry it. */
export function apiVersionOf(type: Pick<ResourceType, 'group' | 'version'>): string {
  return formatApiVersion(type.group, type.version);
}

/** The query of a URL: without what is not set. */
export function queryOf(
  values: Readonly<Record<string, string | number | boolean | undefined>>,
): Record<string, string> | undefined {
  let query: Record<string, string> | undefined;
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === '') continue;
    query ??= {};
    query[name] = String(value);
  }
  return query;
}
