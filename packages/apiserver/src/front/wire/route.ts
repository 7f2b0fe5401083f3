import type { WireRequest } from '@cartographer/machinery';

/** What a verb of RBAC is called. */
type ResourceVerb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** A request about objects: `/api/v1/…` and `/apis/GROUP/VERSION/…`. */
export type ResourceRoute = {
  readonly kind: 'resource';
  readonly verb: ResourceVerb;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
};

/** Any other request; `segments` is the decoded path. */
export type PathRoute = { readonly kind: 'path'; readonly segments: readonly string[] };

/** Where a request goes. */
export type Route = ResourceRoute | PathRoute;

/**
 * Reads a request's path as the real server's RequestInfo does: `namespaces/NAME` alone is the Namespace,
 * with more behind it the namespace of what follows. Returns undefined for a path with broken escapes.
 */
export function routeOf(request: Pick<WireRequest, 'method' | 'path' | 'query'>): Route | undefined {
  const segments = splitPath(request.path);
  if (segments === undefined) return undefined;
  const prefix = segments[0] === 'api' ? 2 : segments[0] === 'apis' ? 3 : undefined;
  if (prefix === undefined || segments.length <= prefix) return { kind: 'path', segments };
  const [group, version] = prefix === 2 ? ['', segments[1] ?? ''] : [segments[1] ?? '', segments[2] ?? ''];
  return { kind: 'resource', group, version, ...targetOf(request, segments.slice(prefix)) };
}

function splitPath(path: string): readonly string[] | undefined {
  const parts = path.split('/').filter((part) => part !== '');
  if (!path.includes('%')) return parts;
  try {
    return parts.map((part) => decodeURIComponent(part));
  } catch {
    return undefined;
  }
}

const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

function targetOf(
  request: Pick<WireRequest, 'method' | 'query'>,
  parts: readonly string[],
): Omit<ResourceRoute, 'kind' | 'group' | 'version'> {
  const [first = '', second, third] = parts;
  const scoped = first === 'namespaces' && second !== undefined && third !== undefined;
  const inNamespace = scoped && !(parts.length === 3 && NAMESPACE_SUBRESOURCES.has(third));
  const [resource = '', name, ...rest] = inNamespace ? parts.slice(2) : parts;
  const namespace = inNamespace ? second : resource === 'namespaces' ? name : undefined;
  return {
    verb: verbOf(request, name),
    resource,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(rest.length === 0 ? {} : { subresource: rest.join('/') }),
  };
}

const writeVerbs = { POST: 'create', PUT: 'update', PATCH: 'patch' } as const;

function verbOf({ method, query }: Pick<WireRequest, 'method' | 'query'>, name: string | undefined): ResourceVerb {
  if (method === 'GET') return name !== undefined ? 'get' : isTrue(query?.['watch']) ? 'watch' : 'list';
  if (method === 'DELETE') return name === undefined ? 'deletecollection' : 'delete';
  return writeVerbs[method];
}

/** A boolean query parameter, as Kubernetes reads it: absent, `0` and `false` are false, anything else (even empty) true. */
export function isTrue(value: string | undefined): boolean {
  return value !== undefined && value !== '0' && value.toLowerCase() !== 'false';
}
