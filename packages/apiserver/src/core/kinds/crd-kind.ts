import { deepEqual, isList, isObject, type Json, type JsonObject, withoutNullKeywords } from '@cartographer/machinery';
import type { Crd } from '../crd/crd-types.ts';
import { crdErrors } from '../crd/crd-validation.ts';
import { createdAtColumn, nameColumn } from './columns.ts';
import type { KindDefinition } from './kind-definition.ts';

/** CustomResourceDefinitions. */
export const crdKind: KindDefinition = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  resource: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  status: true,
  unconditionalUpdate: false,
  columns: [nameColumn, createdAtColumn],
  complete: completeCrd,
  prepare: prepareCrd,
  validate: (object, old) => crdErrors(crdOf(object), old && crdOf(old)),
};

/** A definition whose fields are of the right kinds, for it was decoded; any of them may be missing. */
function crdOf(object: JsonObject): Crd {
  return object as Crd;
}

function completeCrd(object: JsonObject): JsonObject {
  const spec = object['spec'];
  if (!isObject(spec)) return object;
  const names = isObject(spec['names']) ? spec['names'] : {};
  const kind = typeof names['kind'] === 'string' ? names['kind'] : '';
  const completed = {
    ...names,
    ...(names['singular'] === undefined && kind !== '' ? { singular: kind.toLowerCase() } : {}),
    ...(names['listKind'] === undefined && kind !== '' ? { listKind: `${kind}List` } : {}),
  };
  const { preserveUnknownFields, ...rest } = spec;
  const versions = withoutNullsInSchemas(spec['versions']);
  return {
    ...withStoredVersions(object),
    spec: {
      ...rest,
      ...(versions === undefined ? {} : { versions }),
      names: completed,
      conversion: spec['conversion'] ?? { strategy: 'None' },
      ...(preserveUnknownFields === true ? { preserveUnknownFields } : {}),
    },
  };
}

/** The versions of a definition, their schemas without null keywords. */
function withoutNullsInSchemas(versions: Json | undefined): Json | undefined {
  if (!isList(versions)) return versions;
  return versions.map((version) => {
    const holder = isObject(version) ? version['schema'] : undefined;
    if (!isObject(version) || !isObject(holder) || holder['openAPIV3Schema'] === undefined) return version;
    const schema: JsonObject = { ...holder, openAPIV3Schema: withoutNullKeywords(holder['openAPIV3Schema']) };
    return { ...version, schema };
  });
}

function storageVersion(object: JsonObject): string | undefined {
  return crdOf(object).spec?.versions?.find?.((version) => version.storage)?.name;
}

/** A status without stored versions has the storage version, as by Kubernetes' defaults. */
function withStoredVersions(object: JsonObject): JsonObject {
  const { status } = object;
  const storage = storageVersion(object);
  if (!isObject(status) || storage === undefined) return object;
  const stored = status['storedVersions'];
  const isEmpty = stored === undefined || stored === null || (isList(stored) && stored.length === 0);
  return isEmpty ? { ...object, status: { ...status, storedVersions: [storage] } } : object;
}

/**
 * The storage version is remembered as stored; a new definition shows an empty status at once. What a write to the
 * status says of stored versions counts: that is how a version is given up.
 */
function prepareCrd(object: JsonObject, old: JsonObject | undefined): JsonObject {
  const crd = crdOf(object);
  const storage = storageVersion(object);
  if (old === undefined) {
    const storedVersions = storage === undefined ? [] : [storage];
    return { ...object, status: { conditions: null, acceptedNames: { plural: '', kind: '' }, storedVersions } };
  }
  const stored = crd.status?.storedVersions ?? [];
  const isStatusWrite = object['status'] !== old['status'] && deepEqual(object['spec'], old['spec']);
  if (storage === undefined || isStatusWrite || stored.includes(storage)) return object;
  return {
    ...object,
    status: { ...(object['status'] as JsonObject | undefined), storedVersions: [...stored, storage] },
  };
}
