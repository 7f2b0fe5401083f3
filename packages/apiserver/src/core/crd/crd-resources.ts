import {
  type CompiledSchema,
  compileJsonPath,
  compileSchema,
  DefaultsTooLargeError,
  deepFreeze,
  dns1123SubdomainErrors,
  getPath,
  isObject,
  type Json,
  type JsonObject,
  type KubeObject,
  memoByIdentity,
  mergeSchemaOf,
  type StructuralSchema,
} from '@cartographer/machinery';

import type { PrinterColumn } from '../../core-api.ts';
import { ALL_VERBS, objectMetaType } from '../kinds/built-in-resources.ts';
import { ageOf, dateAgeColumn, nameColumn } from '../kinds/columns.ts';
import type { KindRules } from '../kinds/kind-rules.ts';
import { tooLarge } from '../pipeline/bounds.ts';
import type { ServedResource } from '../served-resource.ts';
import type { ResourceTable } from '../storage/resource-table.ts';
import { type Decoded, decodeTyped } from '../typed/decode.ts';
import type { Crd, CrdColumn, CrdVersion } from './crd-types.ts';

/** The served versions of a definition, preferred first, over one table. */
export function createCustomResources(crd: Crd, table: ResourceTable): readonly ServedResource[] {
  const storage = crd.spec.versions.find((version) => version.storage);
  const storedVersion = `${crd.spec.group}/${storage?.name ?? ''}`;
  return crd.spec.versions
    .filter((version) => version.served)
    .toSorted((left, right) => compareVersions(left.name, right.name))
    .map((version) => createVersion(crd, version, table, storedVersion));
}

function createVersion(crd: Crd, version: CrdVersion, table: ResourceTable, storedVersion: string): ServedResource {
  const { group, names, scope } = crd.spec;
  const source: StructuralSchema = version.schema?.openAPIV3Schema ?? { type: 'object' };
  const schema = compileSchema(source);
  const apiVersion = `${group}/${version.name}`;
  const status = version.subresources?.status !== undefined;
  const deprecated = version.deprecationWarning ?? `${apiVersion} ${names.kind} is deprecated`;
  return {
    group,
    version: version.name,
    resource: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    kind: names.kind,
    listKind: names.listKind ?? `${names.kind}List`,
    namespaced: scope === 'Namespaced',
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    verbs: ALL_VERBS,
    status,
    builtIn: false,
    printerColumns: [nameColumn, ...columnsOf(version)],
    schema,
    openapi: source,
    ...(version.deprecated === true ? { deprecated } : {}),
    selectableFields: version.selectableFields?.map(({ jsonPath }) => jsonPath) ?? [],
    table,
    rules: createRules(schema, status),
    view: createView(schema, apiVersion),
    toStored:
      apiVersion === storedVersion ? (object) => object : (object) => ({ ...object, apiVersion: storedVersion }),
    fieldValue: (object, path) => scalarText(getPath(object, ...path.split('.'))),
    ...(crd.metadata.deletionTimestamp === undefined ? {} : { closing: true }),
  };
}

function createRules(schema: CompiledSchema, status: boolean): KindRules {
  return {
    generation: true,
    statusSubresource: status,
    unconditionalUpdate: false,
    createOnUpdate: false,
    mergeSchema: mergeSchemaOf(schema.source),
    nameErrors: dns1123SubdomainErrors,
    decode: (body) => decodeCustom(body, schema),
    decodeStored: (object) => decodeCustom(object, schema),
    complete: (object, applied) => completeCustom(object, schema, applied === true),
    validate: (object, old, earlier) => schema.validate(object, old, earlier),
  };
}

/** @throws StatusError 413 when the defaults make too much of the object. */
function completeCustom(object: JsonObject, schema: CompiledSchema, keepNulls: boolean): JsonObject {
  try {
    return schema.applyDefaults(object, { keepNulls });
  } catch (error) {
    if (error instanceof DefaultsTooLargeError) throw tooLarge();
    throw error;
  }
}

/** Metadata is typed as in every kind, the rest is pruned by the schema. */
function decodeCustom(body: JsonObject, schema: CompiledSchema): Decoded {
  const { metadata } = body;
  const meta = decodeTyped(isObject(metadata) ? metadata : {}, objectMetaType, 'metadata');
  const { value, pruned } = schema.prune(meta.object === metadata ? body : { ...body, metadata: meta.object });
  if (meta.unknown.length === 0) return { object: value, unknown: pruned };
  return { object: value, unknown: [...meta.unknown, ...pruned] };
}

/**
 * Reads show the version asked for: without what its schema lacks, with the defaults that it has now. The stored object
 * keeps the fields of the other versions, as it would behind a webhook that converts.
 */
function createView(schema: CompiledSchema, apiVersion: string): (stored: KubeObject) => KubeObject {
  return memoByIdentity((stored) => {
    const versioned = stored.apiVersion === apiVersion ? stored : { ...stored, apiVersion };
    return deepFreeze(withDefaults(schema.prune(versioned).value, schema)) as KubeObject;
  });
}

/** An object stays readable when the defaults that its definition has now would make too much of it. */
function withDefaults(object: JsonObject, schema: CompiledSchema): JsonObject {
  try {
    return schema.applyDefaults(object);
  } catch (error) {
    if (error instanceof DefaultsTooLargeError) return object;
    throw error;
  }
}

function columnsOf(version: CrdVersion): readonly PrinterColumn[] {
  const columns = version.additionalPrinterColumns ?? [];
  return columns.length === 0 ? [dateAgeColumn] : columns.map(createColumn);
}

function createColumn(column: CrdColumn): PrinterColumn {
  const path = compileJsonPath(`{${column.jsonPath}}`, { allowMissingKeys: true });
  const { name, type, format, priority = 0 } = column;
  return {
    name,
    type,
    ...(format === undefined ? {} : { format }),
    description: column.description ?? `Custom resource definition column (in JSONPath format): ${column.jsonPath}`,
    priority,
    cell: (object, now) => cellOf(firstResult(path, object), type, now),
  };
}

function firstResult(path: ReturnType<typeof compileJsonPath>, object: KubeObject): Json | undefined {
  try {
    return path.find(object)[0]?.[0] as Json | undefined;
  } catch {
    return undefined; // a path that does not fit this object makes an empty cell
  }
}

function cellOf(value: Json | undefined, type: string, now: number): Json {
  if (value === undefined || value === null) return null;
  if (type === 'date') return typeof value === 'string' ? ageOf(value, now) : '<unknown>';
  if (type === 'string') return typeof value === 'object' ? JSON.stringify(value) : String(value);
  return typeof value === 'object' ? null : value;
}

function scalarText(value: Json | undefined): string | undefined {
  return value === undefined || value === null || typeof value === 'object' ? undefined : String(value);
}

const VERSION = /^v(\d+)(?:(alpha|beta)(\d+))?$/;

/** Kubernetes' order of versions: v2 before v1 before v1beta2 before v1alpha1 before names of other kinds. */
export function compareVersions(left: string, right: string): number {
  const a = VERSION.exec(left);
  const b = VERSION.exec(right);
  if (a === null || b === null) return a === b ? (left < right ? -1 : left > right ? 1 : 0) : a === null ? 1 : -1;
  const stage = (match: RegExpExecArray): number => (match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0);
  return stage(b) - stage(a) || Number(b[1]) - Number(a[1]) || Number(b[3] ?? 0) - Number(a[3] ?? 0);
}
