import { rfc3339Micro, type WireRequest } from '@cartographer/machinery';
import type { Route } from '../wire/route.ts';
import type { User } from './user.ts';

/** One finished request, in the shape of a Kubernetes audit event (audit.k8s.io/v1) at level Metadata. */
export type AuditEntry = {
  readonly kind: 'Event';
  readonly apiVersion: 'audit.k8s.io/v1';
  readonly level: 'Metadata';
  readonly stage: 'ResponseComplete';
  readonly requestURI: string;
  /** As RBAC has it, but `apply` for a server-side apply. */
  readonly verb: string;
  readonly user: { readonly username: string; readonly groups: readonly string[] };
  readonly userAgent?: string;
  readonly objectRef?: {
    readonly apiGroup: string;
    readonly resource: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus: { readonly code: number };
  readonly stageTimestamp: string;
};

/** What is known about a request once it is answered; a request with a broken path has no route, one with a bad token no user. */
export type Audited = {
  readonly request: WireRequest;
  readonly route: Route | undefined;
  readonly user: User | undefined;
  readonly code: number;
  readonly nowMs: number;
};

const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** Describes a finished request; a watch is finished when its stream has begun. */
export function auditEntry({ request, route, user = ANONYMOUS, code, nowMs }: Audited): AuditEntry {
  const userAgent = request.headers?.['user-agent'];
  const query = new URLSearchParams(request.query).toString();
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    stage: 'ResponseComplete',
    requestURI: query === '' ? request.path : `${request.path}?${query}`,
    verb: verbOf(request, route),
    user: { username: user.name, groups: user.groups },
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(route?.kind === 'resource' ? { objectRef: refOf(route) } : {}),
    responseStatus: { code },
    stageTimestamp: rfc3339Micro(nowMs),
  };
}

function verbOf(request: WireRequest, route: Route | undefined): string {
  if (request.headers?.['content-type']?.startsWith('application/apply-patch') === true) return 'apply';
  return route?.kind === 'resource' ? route.verb : request.method.toLowerCase();
}

function refOf({
  group,
  resource,
  subresource,
  namespace,
  name,
}: Extract<Route, { kind: 'resource' }>): AuditEntry['objectRef'] {
  return {
    apiGroup: group,
    resource,
    ...(subresource === undefined ? {} : { subresource }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  };
}
