import { isObject, type JsonObject } from '@cartographer/machinery';

import { crdErrors } from '../crd/crd-validation.ts';
import type { Crd } from '../crd/crd-types.ts';
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
  validate: (object, old) => crdErrors(object as unknown as Crd, old as unknown as Crd | undefined),
};

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
  return {
    ...object,
    spec: {
      ...rest,
      names: completed,
      conversion: spec['conversion'] ?? { strategy: 'None' },
      ...(preserveUnknownFields === true ? { preserveUnknownFields } : {}),
    },
  };
}

/** The storage version is remembered as stored; a new definition shows an empty status at once. */
function prepareCrd(object: JsonObject, old: JsonObject | undefined): JsonObject {
  const crd = object as unknown as Crd;
  const storage = crd.spec?.versions?.find?.((version) => version.storage)?.name;
  if (old === undefined) {
    const storedVersions = storage === undefined ? [] : [storage];
    return { ...object, status: { conditions: null, acceptedNames: { plural: '', kind: '' }, storedVersions } };
  }
  const stored = crd.status?.storedVersions ?? [];
  if (storage === undefined || stored.includes(storage)) return object;
  return {
    ...object,
    status: { ...(object['status'] as JsonObject | undefined), storedVersions: [...stored, storage] },
  };
}
