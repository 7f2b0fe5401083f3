import {
  formatApiVersion,
  isObject,
  type Json,
  type JsonObject,
  type KubeList,
  type KubeObject,
  type WatchEvent,
} from '@cartographer/machinery';

import type { ResourceInfo } from '../../core-api.ts';

/** What goes into `object` of a row: nothing, the metadata (the default), or the object. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** How a client wants its tables. */
export type TableOptions = {
  readonly include: IncludeObject;
  readonly metaVersion: 'v1' | 'v1beta1';
  readonly nowMs: number;
};

/** A table of one object. */
export function objectTable(info: ResourceInfo, object: KubeObject, options: TableOptions): JsonObject {
  const { resourceVersion } = object.metadata;
  return table(options, resourceVersion === undefined ? {} : { resourceVersion }, columns(info), [
    row(info, object, options),
  ]);
}

/** A table of a list. */
export function listTable(info: ResourceInfo, list: KubeList, options: TableOptions): JsonObject {
  const rows = list.items.map((object) => row(info, object, options));
  return table(options, list.metadata, columns(info), rows);
}

/** Wraps each object of a watch into a table of one row; only the first carries the columns. */
export async function* watchTables(
  info: ResourceInfo,
  events: AsyncIterable<WatchEvent>,
  options: Omit<TableOptions, 'nowMs'> & { readonly now: () => number },
): AsyncGenerator<WatchEvent> {
  let definitions: Json = columns(info);
  for await (const event of events) {
    if (event.type === 'ERROR' || !isObject(event.object)) yield event;
    else {
      const object = event.object as KubeObject;
      const { resourceVersion = '' } = object.metadata;
      const rowOptions = { ...options, nowMs: options.now() };
      const rows = event.type === 'BOOKMARK' ? [] : [row(info, object, rowOptions)];
      yield { type: event.type, object: table(rowOptions, { resourceVersion }, definitions, rows) };
      definitions = null;
    }
  }
}

function table(
  { metaVersion }: Pick<TableOptions, 'metaVersion'>,
  metadata: JsonObject,
  columnDefinitions: Json,
  rows: readonly JsonObject[],
): JsonObject {
  return { kind: 'Table', apiVersion: `meta.k8s.io/${metaVersion}`, metadata, columnDefinitions, rows };
}

function columns(info: ResourceInfo): readonly JsonObject[] {
  return info.printerColumns.map(({ name, type, format = '', description, priority }) => ({
    name,
    type,
    format,
    description,
    priority,
  }));
}

function row(info: ResourceInfo, object: KubeObject, options: TableOptions): JsonObject {
  const cells = info.printerColumns.map((column) => column.cell(object, options.nowMs));
  return { cells, object: included(object, options) };
}

function included(object: KubeObject, { include, metaVersion }: TableOptions): JsonObject | null {
  if (include === 'None') return null;
  return include === 'Object' ? object : partialMetadata(object, metaVersion);
}

/** The PartialObjectMetadata of an object. */
export function partialMetadata(object: KubeObject, metaVersion: 'v1' | 'v1beta1'): JsonObject {
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: formatApiVersion('meta.k8s.io', metaVersion),
    metadata: object.metadata,
  };
}

/** The PartialObjectMetadataList of a list. */
export function partialMetadataList(list: KubeList, metaVersion: 'v1' | 'v1beta1'): JsonObject {
  return {
    kind: 'PartialObjectMetadataList',
    apiVersion: formatApiVersion('meta.k8s.io', metaVersion),
    metadata: list.metadata,
    items: list.items.map((item) => partialMetadata(item, metaVersion)),
  };
}

/** Reduces the objects of a watch to their metadata. */
export async function* watchMetadata(
  events: AsyncIterable<WatchEvent>,
  metaVersion: 'v1' | 'v1beta1',
): AsyncGenerator<WatchEvent> {
  for await (const event of events) {
    if (event.type === 'ERROR' || !isObject(event.object)) yield event;
    else yield { type: event.type, object: partialMetadata(event.object as KubeObject, metaVersion) };
  }
}
