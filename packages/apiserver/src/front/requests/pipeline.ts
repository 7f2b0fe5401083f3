import {
  type Clock,
  failure,
  type Json,
  type Log,
  messageOf,
  parseFieldSelector,
  SelectorError,
  stringifyJson,
  type WireRequest,
  type WireResponse,
} from '@cartographer/machinery';

import type { Caller, Core, ResourceInfo } from '../../core-api.ts';
import { badRequest, StatusError } from '../../status-error.ts';
import { type AuditEntry, auditEntry } from '../auth/audit.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import { type Authorizer, forbiddenSentence } from '../auth/authorizer.ts';
import { createImpersonation } from '../auth/impersonation.ts';
import type { AccessAttributes } from '../auth/policy-rule.ts';
import type { ServiceAccountTokens } from '../auth/service-account-tokens.ts';
import type { User } from '../auth/user.ts';
import {
  apiVersionOf,
  findVirtualResource,
  hasVirtualGroup,
  type VirtualResource,
} from '../documents/virtual-resources.ts';
import type { TypeMeta } from '../protobuf/decode-protobuf.ts';
import { chooseRendering } from '../wire/media-type.ts';
import { decodeObjectBody, requireObject } from '../wire/request-body.ts';
import { jsonAnswer, statusAnswer, withWarnings } from '../wire/respond.ts';
import { type ResourceRoute, type Route, routeOf } from '../wire/route.ts';
import { methodNotAllowed, notCarried, pageNotFound, unknownResource } from '../wire/wire-errors.ts';
import { answerObjectRequest, type WriteObserver } from './object-requests.ts';
import { createPathRequests } from './path-requests.ts';
import { review } from './reviews.ts';
import { answerScaleRequest, isScaled } from './scale.ts';
import { requestToken } from './token-request.ts';

/** What the pipeline stands on. */
export type PipelineDeps = {
  readonly core: Core;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly tokens: ServiceAccountTokens;
  readonly observer: WriteObserver;
  readonly clock: Clock;
  readonly log: Log;
  /** Is told of every request once it is answered. */
  readonly audit?: (entry: AuditEntry) => void;
};

/** What is known of a request before its body is there. */
export type RequestHead = Omit<WireRequest, 'body'>;

/** Carries out a request that was let in, now that its body is there. */
type Admitted = (body?: WireRequest['body']) => Promise<WireResponse>;

/** Answers requests, whichever entrance they came through. Never rejects: every failure is an answer. */
export interface Pipeline {
  /** The first half of the way: who asks, and may they? Gives the refusal, or the second half. */
  admit(head: RequestHead): Promise<WireResponse | Admitted>;
  /** The whole way. */
  answer(request: WireRequest): Promise<WireResponse>;
}

/** Creates the way of a request: route, authenticate, impersonate, authorise, act, answer. */
export function createPipeline(deps: PipelineDeps): Pipeline {
  const impersonate = createImpersonation(deps.authorizer);
  const answerPath = createPathRequests(deps.core.registry);

  async function letIn(request: RequestHead, seen: Seen): Promise<Admitted> {
    const headers = request.headers ?? {};
    const route = routeOf(request);
    seen.route = route;
    if (route === undefined) throw badRequest('the path holds a broken % escape');
    const identity = deps.authenticator.authenticate(headers['authorization']);
    const user = impersonate(identity instanceof Promise ? await identity : identity, headers);
    seen.user = user;
    authorize(deps.authorizer, user, attributesOf(request, route));
    if (route.kind === 'path') return async () => answerPath(request, route);
    return (body) => answerResource(deps, body === undefined ? request : { ...request, body }, route, user);
  }

  function failed(request: RequestHead, error: unknown): WireResponse {
    if (error instanceof StatusError) return statusAnswer(error.status);
    deps.log.error({ err: error, method: request.method, path: request.path }, 'request failed');
    const message = `Internal error occurred: ${messageOf(error)}`;
    return statusAnswer(failure(500, 'InternalError', message));
  }

  function audited(request: RequestHead, { route, user }: Seen, response: WireResponse): WireResponse {
    deps.audit?.(auditEntry({ request, route, user, code: response.status, nowMs: deps.clock.now() }));
    return response;
  }

  async function admit(head: RequestHead): Promise<WireResponse | Admitted> {
    const seen: Seen = {};
    try {
      const carryOut = await letIn(head, seen);
      return async (body) => audited(head, seen, await carryOut(body).catch((error: unknown) => failed(head, error)));
    } catch (error) {
      return audited(head, seen, failed(head, error));
    }
  }

  return {
    admit,
    async answer({ body, ...head }) {
      const admitted = await admit(head);
      return typeof admitted === 'function' ? admitted(body) : admitted;
    },
  };
}

/** What was found out about a request on its way, for the audit. */
type Seen = { route?: Route | undefined; user?: User };

/** @throws StatusError 403 with the sentence of a real server. */
function authorize(authorizer: Authorizer, user: User, wanted: AccessAttributes): void {
  const { allowed, reason } = authorizer.authorize(user, wanted);
  if (allowed) return;
  const sentence = forbiddenSentence(user, wanted, reason);
  if (wanted.kind === 'path') throw new StatusError(failure(403, 'Forbidden', `forbidden: ${sentence}`, {}));
  const { group, resource, name } = wanted;
  const subject = `${group === '' ? resource : `${resource}.${group}`}${name === undefined ? '' : ` ${JSON.stringify(name)}`}`;
  throw new StatusError(
    failure(403, 'Forbidden', `${subject} is forbidden: ${sentence}`, {
      ...(name === undefined ? {} : { name }),
      ...(group === '' ? {} : { group }),
      kind: resource,
    }),
  );
}

function attributesOf(request: RequestHead, route: Route): AccessAttributes {
  if (route.kind === 'path') return { kind: 'path', verb: request.method.toLowerCase(), path: request.path };
  const { verb, group, resource, subresource, namespace } = route;
  const name = route.name ?? (verb === 'list' || verb === 'watch' ? selectedName(request) : undefined);
  return {
    kind: 'resource',
    verb,
    group,
    resource,
    ...(subresource === undefined ? {} : { subresource }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  };
}

/** A list or watch of one name counts as a request for that name, so that resourceNames can allow it. */
function selectedName({ query }: RequestHead): string | undefined {
  const text = query?.['fieldSelector'] ?? '';
  if (text === '') return undefined;
  try {
    return parseFieldSelector(text).find(({ path, op }) => path === 'metadata.name' && op === '=')?.value;
  } catch (error) {
    if (error instanceof SelectorError) return undefined; // refused with 400 once the request is allowed
    throw error;
  }
}

async function answerResource(
  deps: PipelineDeps,
  request: WireRequest,
  route: ResourceRoute,
  user: User,
): Promise<WireResponse> {
  const virtual = findVirtualResource(route.group, route.version, route.resource);
  if (virtual !== undefined) return answerReview(deps, request, route, virtual, user);
  if (isTokenRequest(route)) return answerTokenRequest(deps, request, route);
  const info = deps.core.registry.find(route.group, route.version, route.resource);
  if (info === undefined) return unknown(deps.core, route);
  requireScope(info, route);
  requireSubresource(info, route);
  const caller: Caller = {
    user,
    fieldManager: managerOf(request.headers?.['user-agent']),
    warnings: [],
    requireCreate: () => authorize(deps.authorizer, user, attributesOf(request, { ...route, verb: 'create' })),
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  };
  if (info.deprecated !== undefined) caller.warnings.push(info.deprecated);
  const rendering = chooseRendering(request.headers?.['accept']);
  const asked = { request, route, info, caller, rendering };
  try {
    const answer = isScaleRequest(info, route)
      ? await answerScaleRequest(deps.core, asked)
      : await answerObjectRequest(deps.core, deps.observer, () => deps.clock.now(), asked);
    return withWarnings(answer, caller.warnings);
  } catch (error) {
    if (error instanceof StatusError) return withWarnings(statusAnswer(error.status), caller.warnings);
    throw error;
  }
}

/** Groups of built-in kinds answer with a Status, those of custom kinds and unknown ones with plain text. */
function unknown(core: Core, { group, version }: ResourceRoute): WireResponse {
  const builtIn = core.registry.all().some((one) => one.builtIn && one.group === group && one.version === version);
  if (builtIn || hasVirtualGroup(group, version)) throw unknownResource();
  return pageNotFound();
}

function requireScope(info: ResourceInfo, route: ResourceRoute): void {
  const isNamespaces = info.group === '' && info.resource === 'namespaces';
  if (!info.namespaced && route.namespace !== undefined && !isNamespaces) throw unknownResource();
  if (!info.namespaced || route.namespace !== undefined) return;
  if (route.name !== undefined) throw unknownResource();
  if (route.verb !== 'list' && route.verb !== 'watch') throw methodNotAllowed();
}

const REFUSED = new Set([
  'attach',
  'binding',
  'ephemeralcontainers',
  'eviction',
  'exec',
  'log',
  'portforward',
  'proxy',
  'resize',
  'scale',
]);

function isScaleRequest(info: ResourceInfo, { subresource }: ResourceRoute): boolean {
  return subresource === 'scale' && isScaled(info);
}

function requireSubresource(info: ResourceInfo, route: ResourceRoute): void {
  const { subresource, verb, name } = route;
  if (subresource === undefined || isScaleRequest(info, route)) return;
  const [first = ''] = subresource.split('/', 1);
  if (REFUSED.has(first)) throw notCarried(`${info.resource}/${first}`);
  const isFinalize = subresource === 'finalize' && info.group === '' && info.resource === 'namespaces';
  if (isFinalize && verb === 'update') return;
  if (isFinalize || name === undefined) throw methodNotAllowed();
  if (subresource !== 'status' || !info.status) throw unknownResource();
  if (verb !== 'get' && verb !== 'update' && verb !== 'patch') throw methodNotAllowed();
}

/** The field manager of a client that names none: its user agent up to the first slash. */
function managerOf(userAgent: string | undefined): string {
  const [name = ''] = (userAgent ?? '').split('/', 1);
  return name === '' ? 'unknown' : name.slice(0, 128);
}

async function answerReview(
  deps: PipelineDeps,
  request: WireRequest,
  route: ResourceRoute,
  resource: VirtualResource,
  user: User,
): Promise<WireResponse> {
  if (route.verb !== 'create' || route.name !== undefined) throw methodNotAllowed();
  if (resource.namespaced !== (route.namespace !== undefined)) throw unknownResource();
  const body = objectBody(request, { apiVersion: apiVersionOf(resource), kind: resource.kind });
  return jsonAnswer(201, await review(deps, resource, body, user, route.namespace));
}

function isTokenRequest({ group, version, resource, subresource }: ResourceRoute): boolean {
  return group === '' && version === 'v1' && resource === 'serviceaccounts' && subresource === 'token';
}

async function answerTokenRequest(
  deps: PipelineDeps,
  request: WireRequest,
  { verb, namespace, name }: ResourceRoute,
): Promise<WireResponse> {
  if (verb !== 'create') throw methodNotAllowed();
  if (namespace === undefined || name === undefined) throw unknownResource();
  return jsonAnswer(201, await requestToken(deps, { namespace, name }, objectBody(request, tokenRequestType)));
}

const tokenRequestType: TypeMeta = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest' };

function objectBody(request: WireRequest, { apiVersion, kind }: TypeMeta): Readonly<Record<string, Json | undefined>> {
  const body = requireObject(decodeObjectBody(request.body, request.headers?.['content-type'], kind, apiVersion).value);
  const given = body['kind'];
  if (given === undefined || given === kind) return body;
  throw badRequest(`${stringifyJson(given)} in the request body does not match ${kind}, which the URL is about`);
}
