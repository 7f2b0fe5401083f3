import { formatApiVersion, type Json, type JsonObject } from '@cartographer/machinery';

import type { Registry, ResourceInfo } from '../../core-api.ts';
import { virtualResources } from '../documents/virtual-resources.ts';
import { createDocuments, type Document, sealed } from '../wire/documents.ts';
import type { DiscoveryForm } from '../wire/media-type.ts';
import { isScaled } from './scale.ts';

/** The documents that say what is served; each is made once per registry generation. */
export interface Discovery {
  /** `/api` (`core`) or `/apis`. */
  groups(scope: 'core' | 'named', form: DiscoveryForm): Document;
  /** `/apis/GROUP`, or undefined for a group that is not served. */
  group(name: string): Document | undefined;
  /** `/api/v1`, `/apis/GROUP/VERSION`, or undefined for a version that is not served. */
  resources(group: string, version: string): Document | undefined;
  /** Every path that leads to a group version, for `/`. */
  paths(): readonly string[];
}

/** One resource of a group version, as all forms of discovery need it. */
type Entry = {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: readonly Subresource[];
};

type Subresource = {
  readonly name: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly verbs: readonly string[];
};

type Versions = ReadonlyMap<string, readonly Entry[]>;

/** Creates the discovery of a registry. */
export function createDiscovery(registry: Registry): Discovery {
  let groups: ReadonlyMap<string, Versions> = new Map();
  const documents = createDocuments(registry, () => {
    groups = groupEntries(registry.all());
  });

  return {
    groups: (scope, form) =>
      documents.get(`${scope} ${form}`, () =>
        form === 'legacy' ? legacyGroups(scope, groups) : aggregated(scope, form, groups),
      ),
    group: (name) =>
      documents.get(`group ${name}`, () => {
        const versions = name === '' ? undefined : groups.get(name);
        if (versions === undefined) return undefined;
        return sealed({ kind: 'APIGroup', apiVersion: 'v1', ...groupOf(name, versions) });
      }),
    resources: (group, version) =>
      documents.get(`resources ${group}/${version}`, () => {
        const entries = groups.get(group)?.get(version);
        return entries === undefined ? undefined : sealed(resourceList(group, version, entries));
      }),
    paths: () => {
      documents.get('paths', () => sealed({}));
      return [...groups].flatMap(([group, versions]) =>
        group === ''
          ? ['/api', ...[...versions.keys()].map((version) => `/api/${version}`)]
          : [`/apis/${group}`, ...[...versions.keys()].map((version) => `/apis/${group}/${version}`)],
      );
    },
  };
}

function groupEntries(infos: readonly ResourceInfo[]): ReadonlyMap<string, Versions> {
  const groups = new Map<string, Map<string, Entry[]>>();
  const add = (entry: Entry): void => {
    const versions = groups.get(entry.group) ?? new Map<string, Entry[]>();
    groups.set(entry.group, versions);
    const entries = versions.get(entry.version) ?? [];
    versions.set(entry.version, entries);
    entries.push(entry);
  };
  for (const info of infos) add({ ...info, subresources: subresourcesOf(info) });
  for (const one of virtualResources) {
    if (infos.some((info) => info.group === one.group && info.resource === one.resource)) continue;
    add({ ...one, verbs: ['create'], shortNames: [], categories: [], subresources: [] });
  }
  return groups;
}

const STATUS_VERBS = ['get', 'patch', 'update'];

function subresourcesOf(info: ResourceInfo): readonly Subresource[] {
  const own = { group: info.group, version: info.version, kind: info.kind };
  const found: Subresource[] = info.status ? [{ name: 'status', ...own, verbs: STATUS_VERBS }] : [];
  if (isScaled(info)) {
    found.unshift({ name: 'scale', group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: STATUS_VERBS });
  }
  if (info.group !== '') return found;
  if (info.resource === 'namespaces') found.unshift({ name: 'finalize', ...own, verbs: ['update'] });
  if (info.resource === 'serviceaccounts') {
    found.push({
      name: 'token',
      group: 'authentication.k8s.io',
      version: 'v1',
      kind: 'TokenRequest',
      verbs: ['create'],
    });
  }
  return found;
}

function legacyGroups(scope: 'core' | 'named', groups: ReadonlyMap<string, Versions>): Document {
  if (scope === 'core') {
    const versions = [...(groups.get('')?.keys() ?? [])];
    return sealed({ kind: 'APIVersions', versions, serverAddressByClientCIDRs: [] });
  }
  const named = [...groups].filter(([name]) => name !== '').map(([name, versions]) => groupOf(name, versions));
  return sealed({ kind: 'APIGroupList', apiVersion: 'v1', groups: named });
}

function groupOf(name: string, versions: Versions): JsonObject {
  const all = [...versions.keys()].map((version) => ({ groupVersion: formatApiVersion(name, version), version }));
  return { name, versions: all, preferredVersion: all[0] ?? null };
}

function resourceList(group: string, version: string, entries: readonly Entry[]): JsonObject {
  const resources = entries.flatMap((entry): Json[] => [
    {
      name: entry.resource,
      singularName: entry.singular,
      namespaced: entry.namespaced,
      kind: entry.kind,
      verbs: entry.verbs,
      ...namesOf(entry),
    },
    ...entry.subresources.map((sub) => ({
      name: `${entry.resource}/${sub.name}`,
      singularName: '',
      namespaced: entry.namespaced,
      ...(sub.group === group ? {} : { group: sub.group, version: sub.version }),
      kind: sub.kind,
      verbs: sub.verbs,
    })),
  ]);
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: formatApiVersion(group, version), resources };
}

function namesOf({ shortNames, categories }: Entry): JsonObject {
  return {
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
  };
}

function aggregated(scope: 'core' | 'named', form: 'v2' | 'v2beta1', groups: ReadonlyMap<string, Versions>): Document {
  const items = [...groups]
    .filter(([name]) => (name === '') === (scope === 'core'))
    .map(([name, versions]) => ({
      metadata: { ...(name === '' ? {} : { name }), creationTimestamp: null },
      versions: [...versions].map(([version, entries]) => ({
        version,
        freshness: 'Current',
        resources: entries.map((entry) => aggregatedResource(entry)),
      })),
    }));
  return sealed(
    { kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${form}`, metadata: {}, items },
    `application/json;g=apidiscovery.k8s.io;v=${form};as=APIGroupDiscoveryList`,
  );
}

function aggregatedResource(entry: Entry): JsonObject {
  return {
    resource: entry.resource,
    responseKind: { group: entry.group, version: entry.version, kind: entry.kind },
    scope: entry.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: entry.singular,
    verbs: entry.verbs,
    ...namesOf(entry),
    ...(entry.subresources.length === 0
      ? {}
      : {
          subresources: entry.subresources.map(({ name, group, version, kind, verbs }) => ({
            subresource: name,
            responseKind: { group, version, kind },
            verbs,
          })),
        }),
  };
}
