import type { Transport, WireRequest } from '@cartographer/machinery';

const COLLECTION = /^(?<root>\/api\/v1|\/apis\/(?<group>[^/]+)\/[^/]+)\/(?<resource>[a-z]+)$/;
const CLUSTER_WIDE = new Set(['clusterroles', 'clusterrolebindings', 'customresourcedefinitions']);

/**
 * A transport whose lists and watches of all namespaces show one namespace, and of cluster-wide kinds of ours those that
 * are labelled with its name: controllers of several tests share a server without doing each other's work.
 */
export function onlyIn(namespace: string, inner: Transport): Transport {
  return {
    request: (request) => inner.request(narrowed(request, namespace)),
    close: () => inner.close(),
  };
}

function narrowed(request: WireRequest, namespace: string): WireRequest {
  const { root = '', group, resource = '' } = COLLECTION.exec(request.path)?.groups ?? {};
  if (request.method !== 'GET' || resource === '' || CLUSTER_WIDE.has(resource)) return request;
  if (group === 'carto.run' && resource.startsWith('cluster')) {
    return { ...request, query: { ...request.query, labelSelector: `test/stage=${namespace}` } };
  }
  return { ...request, path: `${root}/namespaces/${namespace}/${resource}` };
}
