import {
  formatApiVersion,
  getPath,
  type Json,
  type KubeObject,
  stringifyJson,
  type WireRequest,
  type WireResponse,
} from '@cartographer/machinery';

import type {
  Caller,
  Core,
  DeleteResult,
  ListOptions,
  Patch,
  ResourceInfo,
  WatchOptions,
  WriteOptions,
  WriteResult,
} from '../../core-api.ts';
import { badRequest } from '../../status-error.ts';
import { mediaType } from '../wire/media-type.ts';
import { integerOf } from '../wire/query-integer.ts';
import { type DecodedBody, decodeObjectBody, decodePatchBody } from '../wire/request-body.ts';
import { type AnswerStyle, answerStyle, jsonAnswer, listAnswer, objectAnswer, watchAnswer } from '../wire/respond.ts';
import { isTrue, type ResourceRoute } from '../wire/route.ts';
import { methodNotAllowed, unsupportedMediaType } from '../wire/wire-errors.ts';
import { deleteOptions } from './delete-options.ts';

/** A request about objects that has been authorised and whose resource is known. */
export type ObjectRequest = {
  readonly request: WireRequest;
  readonly route: ResourceRoute;
  readonly info: ResourceInfo;
  readonly caller: Caller;
  readonly rendering: AnswerStyle['rendering'] | undefined;
};

/** Told of every write that was made, so that what depends on stored objects is up to date before the answer goes out. */
export type WriteObserver = {
  written(info: ResourceInfo, object: KubeObject): void;
  removed(info: ResourceInfo, object: KubeObject): void;
};

type Query = Readonly<Record<string, string>>;

/** Carries out one request on the core. */
export async function answerObjectRequest(
  core: Core,
  observer: WriteObserver,
  now: () => number,
  asked: ObjectRequest,
): Promise<WireResponse> {
  const { request, route, info } = asked;
  const query = request.query ?? {};
  const style = answerStyle(asked.rendering, query['includeObject'], now);
  if (route.verb === 'get') {
    const options = { resourceVersion: query['resourceVersion'] };
    return objectAnswer(200, info, core.get(info, keyOf(route, info), options), style);
  }
  if (route.verb === 'list') return listAnswer(info, await core.list(info, listOptions(route, query)), style);
  if (route.verb === 'watch') {
    return watchAnswer(info, core.watch(info, watchOptions(route, query, request.signal)), style);
  }
  if (route.verb === 'delete') return remove(core, observer, asked, style);
  if (route.verb === 'deletecollection') {
    const selection = listOptions(route, query);
    return listAnswer(
      info,
      await core.deleteCollection(info, selection, deleteOptions(request, query), asked.caller),
      style,
    );
  }
  const result = await writers[route.verb](core, asked, query);
  if (query['dryRun'] === undefined) observer.written(info, result.object);
  return objectAnswer(result.created ? 201 : 200, info, result.object, style);
}

async function remove(
  core: Core,
  observer: WriteObserver,
  { request, route, info, caller }: ObjectRequest,
  style: AnswerStyle,
): Promise<WireResponse> {
  const options = deleteOptions(request, request.query ?? {});
  const result = await core.delete(info, keyOf(route, info), options, caller);
  if (options.dryRun === undefined) noteDelete(observer, info, result);
  return result.kind === 'gone' ? jsonAnswer(200, result.status) : objectAnswer(200, info, result.object, style);
}

function noteDelete(observer: WriteObserver, info: ResourceInfo, result: DeleteResult): void {
  if (result.kind === 'gone') observer.removed(info, result.object);
  else observer.written(info, result.object);
}

function keyOf({ namespace, name }: ResourceRoute, info?: ResourceInfo): { namespace?: string; name: string } {
  if (name === undefined) throw badRequest('name must be provided');
  return namespace === undefined || info?.namespaced === false ? { name } : { namespace, name };
}

async function create(core: Core, { request, route, info, caller }: ObjectRequest, query: Query): Promise<WriteResult> {
  const { value, duplicateFields } = decodeBody(request, info);
  if (route.name !== undefined) requireKind(value, info);
  const namespace = info.namespaced ? route.namespace : undefined;
  return core.create(info, namespace, value, writeOptions(route, query, duplicateFields), caller);
}

function decodeBody({ body, headers }: WireRequest, info: ResourceInfo): DecodedBody {
  const binaryVersion = info.builtIn ? formatApiVersion(info.group, info.version) : undefined;
  return decodeObjectBody(body, headers?.['content-type'], info.kind, binaryVersion);
}

/** A POST to one object's path has no meaning; a real server trips over the body first. */
function requireKind(value: Json, info: ResourceInfo): never {
  if (getPath(value, 'kind') !== undefined) throw methodNotAllowed();
  const text = stringifyJson(value).slice(0, 512);
  throw badRequest(
    `the object provided is unrecognized (must be of type ${info.kind}): Object 'Kind' is missing in '${text}' (${text})`,
  );
}

async function update(core: Core, { request, route, info, caller }: ObjectRequest, query: Query): Promise<WriteResult> {
  const key = keyOf(route, info);
  const { value, duplicateFields } = decodeBody(request, info);
  return core.update(info, key, value, writeOptions(route, query, duplicateFields), caller);
}

const patchKinds: Readonly<Record<string, Patch['kind']>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};
const STRATEGIC = 'application/strategic-merge-patch+json';

async function patch(core: Core, { request, route, info, caller }: ObjectRequest, query: Query): Promise<WriteResult> {
  const key = keyOf(route, info);
  const type = mediaType(request.headers?.['content-type']);
  const kind = Object.hasOwn(patchKinds, type) ? patchKinds[type] : undefined;
  if (kind === undefined) {
    throw unsupportedMediaType(Object.keys(patchKinds).filter((one) => info.builtIn || one !== STRATEGIC));
  }
  const { value, duplicateFields } = decodePatchBody(request.body, kind === 'apply');
  return core.patch(info, key, { kind, body: value }, writeOptions(route, query, duplicateFields), caller);
}

const writers = { create, update, patch } as const;

function writeOptions(route: ResourceRoute, query: Query, duplicateFields: readonly string[]): WriteOptions {
  const { subresource } = route;
  return {
    ...(subresource === 'status' || subresource === 'finalize' ? { subresource } : {}),
    dryRun: query['dryRun'],
    fieldManager: query['fieldManager'],
    fieldValidation: query['fieldValidation'],
    ...(query['force'] === undefined ? {} : { force: isTrue(query['force']) }),
    duplicateFields,
  };
}

function listOptions(route: ResourceRoute, query: Query): ListOptions {
  integerOf(query, 'timeoutSeconds'); // a list takes no time worth limiting; what is no number is refused all the same
  return {
    namespace: route.namespace,
    labelSelector: query['labelSelector'],
    fieldSelector: query['fieldSelector'],
    limit: integerOf(query, 'limit'),
    continue: query['continue'],
    resourceVersion: query['resourceVersion'],
    resourceVersionMatch: query['resourceVersionMatch'],
    ...(query['sendInitialEvents'] === undefined ? {} : { sendInitialEvents: isTrue(query['sendInitialEvents']) }),
  };
}

function watchOptions(route: ResourceRoute, query: Query, signal: AbortSignal | undefined): WatchOptions {
  integerOf(query, 'limit'); // a watch has no pages; see listOptions
  return {
    namespace: route.namespace,
    labelSelector: query['labelSelector'],
    fieldSelector: query['fieldSelector'],
    resourceVersion: query['resourceVersion'],
    resourceVersionMatch: query['resourceVersionMatch'],
    allowWatchBookmarks: isTrue(query['allowWatchBookmarks']),
    ...(query['sendInitialEvents'] === undefined ? {} : { sendInitialEvents: isTrue(query['sendInitialEvents']) }),
    continue: query['continue'],
    timeoutSeconds: integerOf(query, 'timeoutSeconds'),
    signal,
  };
}
