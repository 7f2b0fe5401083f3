import { Buffer } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Descriptor } from '../content/descriptor.ts';
import { isDigest } from '../content/digest.ts';
import type { OciLayout } from '../layout/oci-layout.ts';

/** Why a registry does not answer, with the code of the OCI distribution specification. */
export type RegistryRefusal = { readonly status: number; readonly code: string; readonly message: string };

const ROUTE = /^\/v2\/([a-z0-9._/-]+)\/(?:(manifests|blobs)\/([A-Za-z0-9_.:+-]+)|(tags)\/list)$/;
const UNSUPPORTED: RegistryRefusal = {
  status: 405,
  code: 'UNSUPPORTED',
  message: 'this registry can only be read from',
};
const NO_ROUTE: RegistryRefusal = {
  status: 404,
  code: 'NAME_UNKNOWN',
  message: 'repository name not known to registry',
};
const NO_MANIFEST: RegistryRefusal = { status: 404, code: 'MANIFEST_UNKNOWN', message: 'manifest unknown to registry' };
const NO_BLOB: RegistryRefusal = { status: 404, code: 'BLOB_UNKNOWN', message: 'blob unknown to registry' };

/**
 * Answers one request to a registry that can be read from, from layouts on disk: what the OCI distribution specification
 * asks for pulling.
 *
 * @param layoutOf the layout of a repository; undefined when there is none.
 */
export async function answerRegistryRequest(
  layoutOf: (repository: string) => Promise<OciLayout | undefined>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuseRegistryRequest(response, UNSUPPORTED);
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  if (path === '/v2' || path === '/v2/') return sendJson(response, {});
  const [, repository = '', kind, reference = '', tags] = ROUTE.exec(path) ?? [];
  const layout = repository === '' ? undefined : await layoutOf(repository);
  if (layout === undefined) return refuseRegistryRequest(response, NO_ROUTE);
  if (tags !== undefined) return sendTags(response, repository, layout, new URLSearchParams(query));
  const head = request.method === 'HEAD';
  return kind === 'manifests'
    ? sendManifest(response, layout, reference, head)
    : sendBlob(response, layout, reference, head);
}

async function sendTags(
  response: ServerResponse,
  name: string,
  layout: OciLayout,
  query: URLSearchParams,
): Promise<void> {
  const last = query.get('last') ?? '';
  const after = (await layout.tags()).filter((tag) => tag > last);
  const limit = Number(query.get('n') ?? after.length);
  if (!Number.isInteger(limit) || limit < 0) {
    return refuseRegistryRequest(response, {
      status: 400,
      code: 'PAGINATION_NUMBER_INVALID',
      message: 'n is not a number',
    });
  }
  const tags = after.slice(0, limit);
  if (tags.length > 0 && tags.length < after.length) {
    response.setHeader('link', `</v2/${name}/tags/list?n=${limit}&last=${tags.at(-1) ?? ''}>; rel="next"`);
  }
  sendJson(response, { name, tags });
}

async function sendManifest(
  response: ServerResponse,
  layout: OciLayout,
  reference: string,
  head: boolean,
): Promise<void> {
  const found: Descriptor | undefined = await layout.find(reference);
  const blob = found === undefined ? undefined : await layout.blob(found.digest);
  if (found === undefined || blob === undefined) return refuseRegistryRequest(response, NO_MANIFEST);
  response.writeHead(200, {
    'docker-distribution-api-version': 'registry/2.0',
    'content-type': found.mediaType,
    'content-length': blob.sizeBytes,
    'docker-content-digest': found.digest,
    etag: `"${found.digest}"`,
  });
  response.end(head ? undefined : await readFile(blob.file));
}

async function sendBlob(response: ServerResponse, layout: OciLayout, digest: string, head: boolean): Promise<void> {
  if (!isDigest(digest)) {
    return refuseRegistryRequest(response, {
      status: 400,
      code: 'DIGEST_INVALID',
      message: 'provided digest is not a sha256 digest',
    });
  }
  const blob = await layout.blob(digest);
  if (blob === undefined) return refuseRegistryRequest(response, NO_BLOB);
  response.writeHead(200, {
    'docker-distribution-api-version': 'registry/2.0',
    'content-type': 'application/octet-stream',
    'content-length': blob.sizeBytes,
    'docker-content-digest': digest,
    etag: `"${digest}"`,
  });
  if (head) {
    response.end();
    return;
  }
  await pipeline(createReadStream(blob.file), response);
}

/** Answers with an error as registries have it. */
export function refuseRegistryRequest(response: ServerResponse, { status, code, message }: RegistryRefusal): void {
  sendJson(response, { errors: [{ code, message, detail: null }] }, status);
}

function sendJson(response: ServerResponse, body: object, status = 200): void {
  response.setHeader('docker-distribution-api-version', 'registry/2.0');
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
