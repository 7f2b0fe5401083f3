import { Buffer } from 'node:buffer';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { digestOf, mediaTypes } from '@cartographer/oci';

/** A registry on this machine that counts what it is asked. */
export type CountingRegistry = {
  readonly host: string;
  /** By digest. */
  readonly images: readonly string[];
  /** Requests so far. */
  readonly asked: { heads: number; others: number };
  close(): Promise<void>;
};

const REPOSITORY = 'team/app';

/** Starts one with so many images in one repository. */
export async function serveImages(count: number): Promise<CountingRegistry> {
  const blobs = new Map<string, { readonly bytes: Buffer; readonly type: string }>();
  const put = (document: object, type: string): { mediaType: string; digest: string; size: number } => {
    const bytes = Buffer.from(JSON.stringify(document));
    const digest = digestOf(bytes);
    blobs.set(digest, { bytes, type });
    return { mediaType: type, digest, size: bytes.length };
  };
  const images = Array.from({ length: count }, (_each, at) => {
    const Env = ['PATH=/usr/bin', `BUILD=${at}`];
    const config = put(
      { os: 'linux', architecture: 'amd64', config: { Env, Labels: { at: String(at) } } },
      mediaTypes.config,
    );
    return put({ schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers: [] }, mediaTypes.manifest).digest;
  });
  const asked = { heads: 0, others: 0 };
  const server = createServer(({ method, url = '' }, response) => {
    if (method === 'HEAD') asked.heads += 1;
    else asked.others += 1;
    const [, kind = '', target = ''] = /\/(manifests|blobs|referrers|tags)\/([^/?]+)/.exec(url) ?? [];
    if (kind === 'tags') return send(response, JSON.stringify({ name: REPOSITORY, tags: ['latest'] }));
    if (kind === 'referrers')
      return send(response, JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: [] }));
    const found = blobs.get(target);
    if (found === undefined) return void response.writeHead(404, { 'content-length': 0 }).end();
    response.writeHead(200, { 'content-type': found.type, 'content-length': found.bytes.length });
    response.end(method === 'HEAD' ? undefined : found.bytes);
  });
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    images: images.map((digest) => `${host}/${REPOSITORY}@${digest}`),
    asked,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body);
}
