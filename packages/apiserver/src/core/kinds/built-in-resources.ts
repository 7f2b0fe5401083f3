import {
  dns1123SubdomainErrors,
  getPath,
  type KubeObject,
  type MergeSchema,
  memoByIdentity,
  mergeSchemaOf,
} from '@cartographer/machinery';

import type { ServedResource } from '../served-resource.ts';
import { ResourceTable } from '../storage/resource-table.ts';
import { decodeTyped } from '../typed/decode.ts';
import { metaTypes } from '../typed/meta-types.ts';
import { patchSchemaOf } from '../typed/patch-schema.ts';
import { createTypeResolver, type StructNode } from '../typed/type-node.ts';
import { typedSchema } from '../typed/typed-schema.ts';
import { workloadTypes } from '../typed/workload-types.ts';
import { autoscalingKinds } from './autoscaling-kinds.ts';
import { coreKinds } from './core-kinds.ts';
import { crdKind } from './crd-kind.ts';
import { eventKinds } from './event-kinds.ts';
import type { KindDefinition } from './kind-definition.ts';
import type { KindRules } from './kind-rules.ts';
import { otherKinds } from './other-kinds.ts';
import { policyKinds } from './policy-kinds.ts';
import { scalarText } from './scalar-text.ts';
import { workloadKinds } from './workload-kinds.ts';

/** What a client may do with an object of any kind. */
export const ALL_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** Every built-in kind. Kinds that view the objects of another one stand after it. */
const builtInKinds: readonly KindDefinition[] = [
  ...coreKinds,
  ...eventKinds,
  ...workloadKinds,
  ...otherKinds,
  ...autoscalingKinds,
  ...policyKinds,
  crdKind,
];

const resolveType = createTypeResolver({ ...metaTypes, ...workloadTypes });

/** The type of `metadata`, for kinds that have no type of their own. */
export const objectMetaType = resolveType('ObjectMeta');

/** The name under which objects of a resource are stored. */
export function tableId(group: string, resource: string): string {
  return group === '' ? resource : `${resource}.${group}`;
}

/** Makes the built-in resources with empty tables that start at a resource version. */
export function createBuiltInResources(resourceVersion: number): readonly ServedResource[] {
  const tables = new Map<string, ResourceTable>();
  return builtInKinds.map((definition) => {
    const { group, resource } = definition.viewOf ?? definition;
    const id = tableId(group, resource);
    let table = tables.get(id);
    if (table === undefined) {
      table = new ResourceTable(id, resourceVersion, definition.durable ?? true);
      tables.set(id, table);
    }
    return createBuiltIn(definition, table);
  });
}

function createBuiltIn(definition: KindDefinition, table: ResourceTable): ServedResource {
  const { kind, viewOf, fieldValue } = definition;
  const type = resolveType(definition.type ?? kind);
  const openapi = typedSchema(type);
  const status = definition.status ?? false;
  return {
    group: definition.group,
    version: definition.version,
    resource: definition.resource,
    singular: definition.singular ?? definition.kind.toLowerCase(),
    kind,
    listKind: `${kind}List`,
    namespaced: definition.namespaced ?? true,
    shortNames: definition.shortNames ?? [],
    categories: definition.categories ?? [],
    verbs: definition.verbs ?? ALL_VERBS,
    status,
    builtIn: true,
    printerColumns: definition.columns,
    openapi,
    selectableFields: definition.selectableFields ?? [],
    table,
    rules: createRules(definition, status),
    view:
      viewOf === undefined ? (stored) => stored : memoByIdentity((stored) => Object.freeze(viewOf.fromStored(stored))),
    toStored: viewOf?.toStored ?? ((object) => object),
    fieldValue: fieldValue ?? ((object, path) => fieldAt(object, path)),
  };
}

/** Made once for each type, not for each server. */
const mergeSchemaOfType = memoByIdentity((type: StructNode): MergeSchema => mergeSchemaOf(typedSchema(type)));

function createRules(definition: KindDefinition, status: boolean): KindRules {
  const type = resolveType(definition.type ?? definition.kind);
  const stored = definition.viewOf === undefined ? type : resolveType(definition.viewOf.type);
  return {
    generation: definition.generation ?? status,
    statusSubresource: status,
    unconditionalUpdate: definition.unconditionalUpdate ?? true,
    createOnUpdate: definition.createOnUpdate ?? false,
    mergeSchema: mergeSchemaOfType(stored),
    patchSchema: patchSchemaOf(type),
    nameErrors: definition.nameErrors ?? dns1123SubdomainErrors,
    decode: (body) => decodeTyped(body, type),
    decodeStored: (object) => decodeTyped(object, stored),
    complete: definition.complete ?? ((object) => object),
    ...(definition.prepare === undefined ? {} : { prepare: definition.prepare }),
    ...(definition.warn === undefined ? {} : { warn: definition.warn }),
    validate: (object, old, earlier) => [...earlier, ...(definition.validate?.(object, old) ?? [])],
  };
}

function fieldAt(object: KubeObject, path: string): string | undefined {
  const value = getPath(object, ...path.split('.'));
  return value === undefined ? undefined : scalarText(value);
}
