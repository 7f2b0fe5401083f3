import {
  isList,
  isObject,
  type Json,
  type JsonObject,
  type MutableJsonObject,
  memoByIdentity,
  setKey,
} from '@cartographer/machinery';

import type { Registry, ResourceInfo } from '../../core-api.ts';
import { createDocuments, type Document, sealed } from '../wire/documents.ts';
import { metaSchemas, OBJECT_META } from './openapi-meta.ts';
import { encodeOpenApiV2, openApiV2 } from './openapi-v2.ts';
import { virtualResources } from './virtual-resources.ts';

/** OpenAPI of what is served; each document is made once per registry generation, when it is first asked for. */
export interface OpenApi {
  /** `/openapi/v3`: where the documents are. */
  index(): Document;
  /** The document of `api/v1` or `apis/GROUP/VERSION`, or undefined. */
  document(group: string, version: string): Document | undefined;
  /** `/openapi/v2`, as JSON. */
  v2(): Document;
  /** The same as protobuf. */
  v2Binary(): Uint8Array<ArrayBuffer>;
}

/** Creates the OpenAPI documents of a registry. */
export function createOpenApi(registry: Registry): OpenApi {
  const documents = createDocuments(registry);

  function documentOf(group: string, version: string): Document | undefined {
    const infos = registry.all().filter((info) => info.group === group && info.version === version);
    const isVirtual = virtualResources.some((one) => one.group === group && one.version === version);
    if (infos.length === 0 && !isVirtual) return undefined;
    return documents.get(`${group}/${version}`, () => sealed(groupVersionDocument(infos)));
  }

  const v2 = (): Document => documents.get('v2', () => sealed(openApiV2(schemasOf(registry.all()))));
  const binaryOf = memoByIdentity(({ body }: Document) => encodeOpenApiV2(body));

  return {
    document: documentOf,
    v2,
    v2Binary: () => binaryOf(v2()),
    index: () =>
      documents.get('index', () => {
        const paths: MutableJsonObject = {};
        for (const { group, version } of [...registry.all(), ...virtualResources]) {
          const path = group === '' ? `api/${version}` : `apis/${group}/${version}`;
          if (paths[path] !== undefined) continue;
          const hash = documentOf(group, version)?.etag.replaceAll('"', '') ?? '';
          paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` };
        }
        return sealed({ paths });
      }),
  };
}

function groupVersionDocument(infos: readonly ResourceInfo[]): JsonObject {
  const paths: MutableJsonObject = {};
  for (const info of infos) {
    const schema = { $ref: `#/components/schemas/${schemaName(info)}` };
    for (const [path, item] of pathItems(info, schema)) paths[path] = item;
  }
  const components = { schemas: schemasOf(infos) };
  return { openapi: '3.0.0', info: { title: 'Kubernetes', version: 'unversioned' }, paths, components };
}

/** The schemas of resources and of what they point to, by name. */
function schemasOf(infos: readonly ResourceInfo[]): Readonly<Record<string, JsonObject>> {
  return { ...metaSchemas, ...Object.fromEntries(infos.map((info) => [schemaName(info), objectSchema(info)])) };
}

/** `io.k8s.api.core.v1.ConfigMap` for built-in kinds, `test.probe.v1.Gadget` (the group turned round) for others. */
function schemaName({ builtIn, group, version, kind }: ResourceInfo): string {
  if (!builtIn) return `${group.split('.').toReversed().join('.')}.${version}.${kind}`;
  const [short = ''] = group.split('.', 1);
  return `io.k8s.api.${group === '' ? 'core' : short}.${version}.${kind}`;
}

function gvkOf({ group, version, kind }: ResourceInfo): JsonObject {
  return { group, version, kind };
}

function objectSchema(info: ResourceInfo): JsonObject {
  const properties = info.builtIn ? withMergeKeys(info.openapi)['properties'] : info.openapi['properties'];
  return {
    ...info.openapi,
    type: 'object',
    properties: {
      apiVersion: {
        type: 'string',
        description: 'APIVersion defines the versioned schema of this representation of an object.',
      },
      kind: {
        type: 'string',
        description: 'Kind is a string value representing the REST resource this object represents.',
      },
      metadata: {
        description: "Standard object's metadata.",
        allOf: [{ $ref: `#/components/schemas/${OBJECT_META}` }],
      },
      ...(isObject(properties) ? properties : {}),
    },
    'x-kubernetes-group-version-kind': [gvkOf(info)],
  };
}

/**
 * The words of strategic merge for lists that are merged item by item: kubectl reads them from OpenAPI v2, and takes a list
 * without them for one that is replaced.
 */
function withMergeKeys(schema: JsonObject): JsonObject {
  const result: MutableJsonObject = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'properties' && isObject(value)) {
      const inner: MutableJsonObject = {};
      for (const [name, one] of Object.entries(value)) setKey(inner, name, isObject(one) ? withMergeKeys(one) : one);
      result[key] = inner;
    } else if ((key === 'items' || key === 'additionalProperties') && isObject(value)) {
      result[key] = withMergeKeys(value);
    } else result[key] = value;
  }
  const type = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'];
  if (type === 'map' || type === 'set') result['x-kubernetes-patch-strategy'] = 'merge';
  if (type === 'map' && isList(keys)) result['x-kubernetes-patch-merge-key'] = keys[0];
  return result;
}

function queryParameter(name: string, type = 'string'): JsonObject {
  return { name, in: 'query', schema: { type, uniqueItems: true } };
}

const writeParameters = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => queryParameter(name));
const listParameters: readonly JsonObject[] = [
  ...['labelSelector', 'fieldSelector', 'continue', 'resourceVersion', 'resourceVersionMatch'].map((name) =>
    queryParameter(name),
  ),
  queryParameter('limit', 'integer'),
  queryParameter('timeoutSeconds', 'integer'),
  queryParameter('watch', 'boolean'),
];
const PATCH_TYPES = ['application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json'];

/*
 * Patches of built-in kinds deliberately do not list strategic merge: kubectl would then read merge keys
 * from these documents, which do not carry them; without, it uses the ones compiled into it.
 */
function pathItems(info: ResourceInfo, schema: JsonObject): readonly [string, JsonObject][] {
  const root = info.group === '' ? `/api/${info.version}` : `/apis/${info.group}/${info.version}`;
  const collection = info.namespaced ? `${root}/namespaces/{namespace}/${info.resource}` : `${root}/${info.resource}`;
  const operation = (action: string, parameters: readonly JsonObject[], body?: readonly string[]): JsonObject => ({
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvkOf(info),
    parameters,
    ...(body === undefined ? {} : { requestBody: { content: contentOf(body, schema) } }),
    responses: { 200: { description: 'OK', content: contentOf(['application/json'], schema) } },
  });
  const namespace = info.namespaced ? [pathParameter('namespace')] : [];
  const has = (verb: string, item: JsonObject): JsonObject => (info.verbs.includes(verb) ? item : {});
  const json = ['application/json', 'application/yaml'];
  const list: JsonObject = has('list', { get: operation('list', listParameters) });
  const items: [string, JsonObject][] = [
    [
      collection,
      { parameters: namespace, ...list, ...has('create', { post: operation('post', writeParameters, json) }) },
    ],
    [
      `${collection}/{name}`,
      {
        parameters: [...namespace, pathParameter('name')],
        ...has('get', { get: operation('get', []) }),
        ...has('update', { put: operation('put', writeParameters, json) }),
        ...has('patch', {
          patch: operation('patch', [...writeParameters, queryParameter('force', 'boolean')], PATCH_TYPES),
        }),
        ...has('delete', { delete: operation('delete', [queryParameter('dryRun')]) }),
      },
    ],
  ];
  return info.namespaced ? [[`${root}/${info.resource}`, { parameters: [], ...list }], ...items] : items;
}

function pathParameter(name: string): JsonObject {
  return { name, in: 'path', required: true, schema: { type: 'string', uniqueItems: true } };
}

function contentOf(types: readonly string[], schema: JsonObject): Json {
  return Object.fromEntries(types.map((type) => [type, { schema }]));
}
