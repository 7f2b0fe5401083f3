import {
  configMapKeyErrors,
  deepEqual,
  dns1123LabelErrors,
  type FieldError,
  forbiddenError,
  getPath,
  invalidError,
  isObject,
  type Json,
  type JsonObject,
  type MutableJsonObject,
  setKey,
  tooLongError,
} from '@cartographer/machinery';

import { metaOf, withMeta } from '../pipeline/metadata.ts';
import { ageColumn, column, countOf, nameColumn, textAt } from './columns.ts';
import type { KindDefinition } from './kind-definition.ts';
import { scalarText } from './scalar-text.ts';

const DATA_LIMIT = 1024 * 1024;

/** Kinds of the core group that everything else needs. */
export const coreKinds: readonly KindDefinition[] = [
  {
    group: '',
    version: 'v1',
    resource: 'namespaces',
    kind: 'Namespace',
    verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
    namespaced: false,
    shortNames: ['ns'],
    status: true,
    generation: false,
    nameErrors: dns1123LabelErrors,
    selectableFields: ['status.phase'],
    columns: [nameColumn, column('Status', textAt('status', 'phase')), ageColumn],
    prepare: prepareNamespace,
  },
  {
    group: '',
    version: 'v1',
    resource: 'configmaps',
    kind: 'ConfigMap',
    shortNames: ['cm'],
    columns: [nameColumn, column('Data', countOf('data', 'binaryData'), { type: 'string' }), ageColumn],
    validate: validateConfigMap,
  },
  {
    group: '',
    version: 'v1',
    resource: 'secrets',
    kind: 'Secret',
    selectableFields: ['type'],
    columns: [
      nameColumn,
      column('Type', textAt('type')),
      column('Data', countOf('data'), { type: 'string' }),
      ageColumn,
    ],
    complete: completeSecret,
    validate: validateSecret,
  },
  {
    group: '',
    version: 'v1',
    resource: 'serviceaccounts',
    kind: 'ServiceAccount',
    shortNames: ['sa'],
    columns: [nameColumn, column('Secrets', countOf('secrets'), { type: 'string' }), ageColumn],
  },
];

const NAME_LABEL = 'kubernetes.io/metadata.name';

function prepareNamespace(object: JsonObject, old: JsonObject | undefined): JsonObject {
  const { name = '', labels } = metaOf(object);
  const named =
    labels?.[NAME_LABEL] === name ? object : withMeta(object, { labels: { ...labels, [NAME_LABEL]: name } });
  if (old !== undefined) return { ...named, spec: named['spec'] ?? old['spec'] };
  return { ...named, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } };
}

function validateConfigMap(object: JsonObject, old: JsonObject | undefined): readonly FieldError[] {
  const data = mapAt(object, 'data');
  const binary = mapAt(object, 'binaryData');
  const errors: FieldError[] = [];
  for (const key of Object.keys(data)) {
    for (const text of configMapKeyErrors(key)) errors.push(invalidError(`data[${key}]`, key, text));
  }
  for (const key of Object.keys(binary)) {
    for (const text of configMapKeyErrors(key)) errors.push(invalidError(`binaryData[${key}]`, key, text));
    if (Object.hasOwn(data, key)) {
      errors.push(invalidError(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    }
  }
  if (sizeOf(data) + sizeOf(binary) > DATA_LIMIT) errors.push(tooLongError('[]', DATA_LIMIT));
  return [...errors, ...immutableErrors(object, old, ['data', 'binaryData'])];
}

/** stringData is write-only: its entries become base64 in data. */
function completeSecret(object: JsonObject): JsonObject {
  const { stringData, ...rest } = object;
  const typed = rest['type'] === undefined ? { ...rest, type: 'Opaque' } : rest;
  if (!isObject(stringData)) return stringData === undefined && typed === rest ? object : typed;
  const data: MutableJsonObject = { ...mapAt(object, 'data') };
  for (const [key, value] of Object.entries(stringData)) {
    setKey(data, key, Buffer.from(scalarText(value)).toString('base64'));
  }
  return { ...typed, data };
}

function validateSecret(object: JsonObject, old: JsonObject | undefined): readonly FieldError[] {
  const data = mapAt(object, 'data');
  const errors: FieldError[] = [];
  for (const key of Object.keys(data)) {
    for (const text of configMapKeyErrors(key)) errors.push(invalidError(`data[${key}]`, key, text));
  }
  if ((sizeOf(data) * 3) / 4 > DATA_LIMIT) errors.push(tooLongError('data', DATA_LIMIT));
  if (old !== undefined && old['type'] !== object['type']) {
    errors.push(invalidError('type', object['type'], 'field is immutable'));
  }
  return [...errors, ...immutableErrors(object, old, ['data'])];
}

function immutableErrors(
  object: JsonObject,
  old: JsonObject | undefined,
  fields: readonly string[],
): readonly FieldError[] {
  if (old === undefined || getPath(old, 'immutable') !== true) return [];
  const text = 'field is immutable when `immutable` is set';
  const errors = fields
    .filter((field) => !deepEqual(object[field], old[field]))
    .map((field) => forbiddenError(field, text));
  return object['immutable'] === true ? errors : [forbiddenError('immutable', text), ...errors];
}

function mapAt(object: JsonObject, field: string): JsonObject {
  const value: Json | undefined = object[field];
  return isObject(value) ? value : {};
}

function sizeOf(data: JsonObject): number {
  let size = 0;
  for (const value of Object.values(data)) size += typeof value === 'string' ? Buffer.byteLength(value) : 0;
  return size;
}
