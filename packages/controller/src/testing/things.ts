import { isObject, type JsonObject, type KubeObject } from '@cartographer/machinery';
import type { Stage } from './stage.ts';

/** The kind Thing of group test.carto.run: holds anything, its status is a field like any other. */
export const thingCrd: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.test.carto.run' },
  spec: {
    group: 'test.carto.run',
    scope: 'Namespaced',
    names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

/** The kinds that tests stamp. */
export const STAMPED = [
  { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true },
  { group: 'test.carto.run', version: 'v1', kind: 'Thing', resource: 'things', namespaced: true },
  { group: 'carto.run', version: 'v1alpha1', kind: 'Runnable', resource: 'runnables', namespaced: true },
] as const;

/** All objects that somebody owns, by kind and name. */
export async function stampedObjects({ client }: Stage): Promise<readonly KubeObject[]> {
  const lists = await Promise.all(
    STAMPED.map(async (type) => {
      const { items } = await client.list(type, { namespace: 'default' });
      return items.map((item) => ({ ...item, kind: type.kind }));
    }),
  );
  return lists.flat().filter(({ metadata }) => metadata.ownerReferences !== undefined);
}

/** What an object says, without what differs from server to server: uids, versions, times, and what is made of them. */
export function plain(object: KubeObject): JsonObject {
  const { metadata, apiVersion: _version, status, ...rest } = object as JsonObject & { metadata: JsonObject };
  const { name, labels } = metadata;
  const shown = { name: withoutHashes(name), labels, ...rest, ...(status === undefined ? {} : { status }) };
  return withoutTimes(shown) as JsonObject;
}

/** Text without the hashes that end the names of runs. */
function withoutHashes(text: unknown): string {
  return String(text).replaceAll(/-[0-9a-f]{10}\b/g, '-*');
}

function withoutTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTimes);
  if (typeof value === 'string') return withoutHashes(value);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([key]) => key !== 'lastTransitionTime' && key !== 'observedGeneration');
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutTimes(item)]));
}
