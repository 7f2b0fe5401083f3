import {
  isStatus,
  type Json,
  type JsonObject,
  type KubeList,
  type KubeObject,
  type Status,
  toYaml,
  type WatchEvent,
  type WireResponse,
} from '@cartographer/machinery';

import type { ResourceInfo } from '../../core-api.ts';
import { badRequest } from '../../status-error.ts';
import type { Document } from './documents.ts';
import type { Rendering } from './media-type.ts';
import {
  type IncludeObject,
  listTable,
  objectTable,
  partialMetadata,
  partialMetadataList,
  watchMetadata,
  watchTables,
} from './table.ts';
import { notAcceptable } from './wire-errors.ts';

/** What this server can write objects as (protobuf is read only, but named as a real server names it). */
const WRITTEN = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

/** How the answer to one request is to be rendered. */
export type AnswerStyle = {
  readonly rendering: Rendering;
  readonly include: IncludeObject;
  readonly now: () => number;
};

const json = { 'content-type': 'application/json' };

/** A failure (or a plain success) as an answer. */
export function statusAnswer(status: Status): WireResponse {
  const seconds = status.details?.retryAfterSeconds;
  return {
    status: status.code,
    headers: seconds === undefined ? json : { ...json, 'retry-after': String(seconds) },
    body: status,
  };
}

/** A JSON answer. */
export function jsonAnswer(status: number, body: Json): WireResponse {
  return { status, headers: json, body };
}

/** A discovery or OpenAPI document; 304 when the client has it. */
export function documentAnswer(document: Document, ifNoneMatch: string | undefined): WireResponse {
  const headers = { 'content-type': document.contentType, etag: document.etag, vary: 'Accept' };
  if (ifNoneMatch === document.etag) return { status: 304, headers, body: new Uint8Array(0) };
  return { status: 200, headers, body: document.body };
}

/** Reads how an object or list is wanted. @throws StatusError 406, or 400 for a bad `includeObject`. */
export function answerStyle(
  rendering: Rendering | undefined,
  includeObject: string | undefined,
  now: () => number,
): AnswerStyle {
  if (rendering === undefined) throw notAcceptable(WRITTEN);
  const include = includeObject === undefined || includeObject === '' ? 'Metadata' : includeObject;
  if (include !== 'None' && include !== 'Metadata' && include !== 'Object') {
    throw badRequest(`unrecognized includeObject value: ${JSON.stringify(include)}`);
  }
  return { rendering, include, now };
}

/** One object. A Status (the answer of a delete) is never made a table. */
export function objectAnswer(status: number, info: ResourceInfo, object: KubeObject, style: AnswerStyle): WireResponse {
  const { as, metaVersion } = style.rendering;
  if (isStatus(object) || as === 'object') return rendered(status, object, style.rendering);
  if (as === 'metadata') return rendered(status, partialMetadata(object, metaVersion), style.rendering);
  if (as === 'metadataList') throw notAcceptable(WRITTEN);
  const options = { include: style.include, metaVersion, nowMs: style.now() };
  return rendered(status, objectTable(info, object, options), style.rendering);
}

/** A list. Items of built-in kinds go without kind and apiVersion, as on a real server. */
export function listAnswer(info: ResourceInfo, list: KubeList, style: AnswerStyle): WireResponse {
  const { as, metaVersion } = style.rendering;
  if (as === 'object') {
    return rendered(200, info.builtIn ? bareList(list) : list, style.rendering);
  }
  if (as !== 'table') return rendered(200, partialMetadataList(list, metaVersion), style.rendering);
  const options = { include: style.include, metaVersion, nowMs: style.now() };
  return rendered(200, listTable(info, list, options), style.rendering);
}

function bareList(list: KubeList): KubeList {
  return {
    ...list,
    items: list.items.map((item) => {
      const { kind: _kind, apiVersion: _apiVersion, ...rest } = item;
      return rest as KubeObject;
    }),
  };
}

function rendered(status: number, body: JsonObject, { format }: Rendering): WireResponse {
  if (format === 'json') return { status, headers: json, body };
  const text = new TextEncoder().encode(toYaml(body));
  return { status, headers: { 'content-type': 'application/yaml' }, body: text };
}

/** A watch. */
export function watchAnswer(info: ResourceInfo, events: AsyncIterable<WatchEvent>, style: AnswerStyle): WireResponse {
  return { status: 200, headers: json, events: watchEvents(info, events, style) };
}

function watchEvents(
  info: ResourceInfo,
  events: AsyncIterable<WatchEvent>,
  { rendering, include, now }: AnswerStyle,
): AsyncIterable<WatchEvent> {
  if (rendering.as === 'object') return events;
  if (rendering.as !== 'table') return watchMetadata(events, rendering.metaVersion);
  return watchTables(info, events, { include, metaVersion: rendering.metaVersion, now });
}

const MAX_WARNINGS = 50;
const MAX_WARNING_LENGTH = 1024;

/** Adds the `Warning` header of the texts; clients split it at the commas outside quotes. */
export function withWarnings(response: WireResponse, warnings: readonly string[]): WireResponse {
  if (warnings.length === 0) return response;
  const values = [...new Set(warnings)].slice(0, MAX_WARNINGS).map((text) => {
    const safe = text
      .slice(0, MAX_WARNING_LENGTH)
      .replaceAll(/\p{Cc}/gu, ' ')
      .replaceAll(/["\\]/g, String.raw`\$&`);
    return `299 - "${safe}"`;
  });
  return { ...response, headers: { ...response.headers, warning: values.join(', ') } };
}
