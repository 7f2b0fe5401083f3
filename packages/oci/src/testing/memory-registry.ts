import { Buffer } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { digestOf } from '../content/digest.ts';
import { answerWith, type Play, refuseWith } from './played-registry.ts';

/** How a registry treats what refers to its images. */
export type ReferrersManner =
  /** As the specification has it. */
  | 'lists'
  /** It has no API for that, as registries before version 1.1 of the specification. */
  | 'none'
  /** It lists, does not say that it does, and takes the type of a config for that of an artifact. */
  | 'careless';

/** A small registry in memory, for one repository and its tests. */
export type MemoryRegistry = {
  readonly play: Play;
  readonly manifests: Map<string, { readonly mediaType: string; readonly bytes: Buffer }>;
  readonly blobs: Map<string, Buffer>;
};

type ManifestDocument = { artifactType?: string; config?: { mediaType: string }; subject?: { digest: string } };

/** Makes a {@link MemoryRegistry}. */
export function createMemoryRegistry(manner: ReferrersManner): MemoryRegistry {
  const manifests: MemoryRegistry['manifests'] = new Map();
  const blobs: MemoryRegistry['blobs'] = new Map();

  function referrersOf(digest: string): readonly object[] {
    return [...manifests].flatMap(([name, { mediaType, bytes }]) => {
      const { subject, artifactType, config } = JSON.parse(bytes.toString()) as ManifestDocument;
      if (subject?.digest !== digest || !name.startsWith('sha256:')) return [];
      const type = manner === 'careless' ? config?.mediaType : artifactType;
      return [{ mediaType, digest: name, size: bytes.length, artifactType: type }];
    });
  }

  async function putManifest(request: IncomingMessage, response: ServerResponse, name: string): Promise<void> {
    const bytes = await bodyOf(request);
    const entry = { mediaType: request.headers['content-type'] ?? '', bytes };
    manifests.set(name, entry).set(digestOf(bytes), entry);
    const { subject } = JSON.parse(bytes.toString()) as ManifestDocument;
    const lists = subject !== undefined && manner === 'lists' ? { 'oci-subject': subject.digest } : {};
    response.writeHead(201, { 'docker-content-digest': digestOf(bytes), ...lists }).end();
  }

  async function putBlob(request: IncomingMessage, response: ServerResponse, digest: string): Promise<void> {
    const bytes = await bodyOf(request);
    if (digestOf(bytes) !== digest) {
      refuseWith(response, 400, 'DIGEST_INVALID');
      return;
    }
    blobs.set(digest, bytes);
    response.writeHead(201).end();
  }

  function get(response: ServerResponse, kind: string, name: string): void {
    if (kind === 'referrers') {
      const headers = { 'content-type': 'application/vnd.oci.image.index.v1+json' };
      if (manner === 'none') refuseWith(response, 404, 'UNSUPPORTED');
      else answerWith(response, { schemaVersion: 2, manifests: referrersOf(name) }, headers);
      return;
    }
    const manifest = kind === 'manifests' ? manifests.get(name) : undefined;
    const found = manifest?.bytes ?? blobs.get(name);
    if (found === undefined) refuseWith(response, 404, 'UNKNOWN');
    else answerWith(response, found, { 'content-type': manifest?.mediaType ?? 'application/octet-stream' });
  }

  return {
    manifests,
    blobs,
    play(request, response, line) {
      const url = new URL(request.url ?? '', 'http://x');
      const [, kind = '', name = ''] = /^\/v2\/[^/]+\/(manifests|blobs|referrers)\/(.+)$/.exec(url.pathname) ?? [];
      if (line.startsWith('POST')) response.writeHead(202, { location: '/v2/app/blobs/uploads/1?state=x' }).end();
      else if (request.method !== 'PUT') get(response, kind, decodeURIComponent(name));
      else if (kind === 'manifests') void putManifest(request, response, name);
      else void putBlob(request, response, url.searchParams.get('digest') ?? '');
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>));
}
