import { formatApiVersion } from '@cartographer/machinery';

import type { Registry, ResourceInfo } from '../core-api.ts';
import type { ServedResource } from './served-resource.ts';

/** The registry with its inside: the core looks resources up and changes what is served. */
export interface ResourceRegistry extends Registry {
  all(): readonly ServedResource[];
  find(group: string, version: string, resource: string): ServedResource | undefined;
  findKind(group: string, version: string, kind: string): ServedResource | undefined;
  /** All versions served for one plural and group, preferred first. */
  versions(group: string, resource: string): readonly ServedResource[];
  /** One version for each resource: what a sweep over all objects walks along. */
  preferred(): readonly ServedResource[];
  /** Replaces all versions of one resource; an empty list removes it. */
  replace(group: string, resource: string, versions: readonly ServedResource[]): void;
  onChange(listener: () => void): void;
}

/** Groups in the order in which a real server lists them; others follow by name. */
const GROUP_ORDER = [
  '',
  'apiregistration.k8s.io',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
];

/** Creates an empty registry. */
export function createRegistry(): ResourceRegistry {
  const resources = new Map<string, readonly ServedResource[]>();
  const listeners: (() => void)[] = [];
  let generation = 1;
  let all: readonly ServedResource[] = [];
  let byResource = new Map<string, ServedResource>();
  let byKind = new Map<string, ServedResource>();

  const rebuild = (): void => {
    all = [...resources.values()].flat().toSorted(byGroup);
    byResource = new Map(all.map((item) => [`${item.group}/${item.version}/${item.resource}`, item]));
    byKind = new Map(all.map((item) => [`${formatApiVersion(item.group, item.version)}/${item.kind}`, item]));
    generation++;
    for (const listener of listeners) listener();
  };
  return {
    all: () => all,
    find: (group, version, resource) => byResource.get(`${group}/${version}/${resource}`),
    findKind: (group, version, kind) => byKind.get(`${formatApiVersion(group, version)}/${kind}`),
    versions: (group, resource) => resources.get(`${resource}.${group}`) ?? [],
    preferred: () => [...resources.values()].flatMap((versions) => versions.slice(0, 1)),
    get generation() {
      return generation;
    },
    replace(group, resource, versions) {
      if (versions.length === 0) resources.delete(`${resource}.${group}`);
      else resources.set(`${resource}.${group}`, versions);
      rebuild();
    },
    onChange: (listener) => void listeners.push(listener),
  };
}

function byGroup(left: ResourceInfo, right: ResourceInfo): number {
  const rank = groupRank(left.group) - groupRank(right.group);
  if (rank !== 0) return rank;
  return left.group < right.group ? -1 : left.group > right.group ? 1 : 0; // stable: versions keep their order
}

function groupRank(group: string): number {
  const index = GROUP_ORDER.indexOf(group);
  return index < 0 ? GROUP_ORDER.length : index;
}
