import type { JsonObject, WireRequest, WireResponse } from '@cartographer/machinery';

import type { Registry } from '../../core-api.ts';
import { createOpenApi } from '../documents/openapi.ts';
import { OPENAPI_V2_MEDIA_TYPE } from '../documents/openapi-v2.ts';
import { chooseDiscoveryForm } from '../wire/media-type.ts';
import { documentAnswer, jsonAnswer } from '../wire/respond.ts';
import type { PathRoute } from '../wire/route.ts';
import { methodNotAllowed, notAcceptable, pageNotFound, text } from '../wire/wire-errors.ts';
import { createDiscovery } from './discovery.ts';

/** What `/version` says. kubectl compares it with its own; the semantics are those of this Kubernetes version. */
const serverVersion: JsonObject = {
  major: '1',
  minor: '32',
  gitVersion: 'v1.32.0+cartographer',
  gitCommit: 'cartographer',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'node',
  platform: `${process.platform}/${process.arch}`,
};

const HEALTH = ['healthz', 'livez', 'readyz'];
const DISCOVERY_TYPES = ['application/json'];

/** Makes the function that answers everything that is not about objects: discovery, OpenAPI, version, health. */
export function createPathRequests(registry: Registry): (request: WireRequest, route: PathRoute) => WireResponse {
  const discovery = createDiscovery(registry);
  const openApi = createOpenApi(registry);

  function groups(request: WireRequest, scope: 'core' | 'named'): WireResponse {
    const form = chooseDiscoveryForm(request.headers?.['accept']);
    if (form === undefined) throw notAcceptable(DISCOVERY_TYPES);
    return documentAnswer(discovery.groups(scope, form), request.headers?.['if-none-match']);
  }

  function documentOr404(document: ReturnType<typeof discovery.group>, request: WireRequest): WireResponse {
    return document === undefined ? pageNotFound() : documentAnswer(document, request.headers?.['if-none-match']);
  }

  function openApiV3(request: WireRequest, [kind, ...rest]: readonly string[]): WireResponse {
    if (kind === undefined) return documentOr404(openApi.index(), request);
    if (kind === 'api' && rest.length === 1) return documentOr404(openApi.document('', rest[0] ?? ''), request);
    if (kind !== 'apis' || rest.length !== 2) return pageNotFound();
    return documentOr404(openApi.document(rest[0] ?? '', rest[1] ?? ''), request);
  }

  function openApiV2({ headers = {} }: WireRequest): WireResponse {
    const document = openApi.v2();
    if (!(headers['accept'] ?? '').includes('proto-openapi')) return documentAnswer(document, headers['if-none-match']);
    const etag = document.etag.replace(/"$/, '-protobuf"');
    const answer = documentAnswer({ ...document, etag, contentType: OPENAPI_V2_MEDIA_TYPE }, headers['if-none-match']);
    return answer.status === 304 ? answer : { ...answer, body: openApi.v2Binary() };
  }

  function root(): WireResponse {
    const paths = [
      ...discovery.paths(),
      '/apis',
      '/healthz',
      '/livez',
      '/openapi/v2',
      '/openapi/v3',
      '/readyz',
      '/version',
    ];
    return jsonAnswer(200, { paths: paths.toSorted() });
  }

  return (request, { segments }) => {
    if (request.method !== 'GET') throw methodNotAllowed();
    const [first, second, third] = segments;
    if (first === undefined) return root();
    if (HEALTH.includes(first)) return health(first, request);
    if (first === 'version' && segments.length === 1) return jsonAnswer(200, serverVersion);
    if (first === 'api') {
      return second === undefined ? groups(request, 'core') : documentOr404(discovery.resources('', second), request);
    }
    if (first === 'apis') {
      if (second === undefined) return groups(request, 'named');
      return documentOr404(third === undefined ? discovery.group(second) : discovery.resources(second, third), request);
    }
    if (first !== 'openapi') return pageNotFound();
    if (second === 'v2' && third === undefined) return openApiV2(request);
    return second === 'v3' ? openApiV3(request, segments.slice(2)) : pageNotFound();
  };
}

function health(check: string, request: WireRequest): WireResponse {
  const verbose = request.query?.['verbose'] !== undefined;
  return text(200, verbose ? `[+]ping ok\n[+]store ok\n${check} check passed\n` : 'ok');
}
