import { Buffer } from 'node:buffer';
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, readdir, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ifThere } from '../archive/if-there.ts';
import { digestOf, isDigest } from '../content/digest.ts';
import { ImageError } from '../content/image-error.ts';
import { MAX_MANIFEST_BYTES, parseManifest } from '../content/manifest.ts';
import type { OciLayout } from '../layout/oci-layout.ts';
import { type RegistryRefusal, refuseRegistryRequest } from './registry-requests.ts';

/** What a registry takes. */
export type PushRules = {
  /** Of one blob. */
  readonly maxBlobBytes: number;
  /** Uploads that were begun and not ended, of one repository; a new one pushes out the oldest. */
  readonly maxUploads: number;
  /** How many manifests of a repository are kept. */
  readonly kept: number;
};

/** A manifest that was pushed. */
export type Push = { readonly digest: string; readonly tag: string | undefined };

const TAG = /^\w[\w.-]{0,127}$/;
const UPLOADS = /^\/v2\/([a-z0-9._/-]+)\/blobs\/uploads\/(?:([0-9a-f-]{36}))?$/;
const MANIFEST = /^\/v2\/([a-z0-9._/-]+)\/manifests\/([A-Za-z0-9_.:+-]+)$/;

const refusal = (status: number, code: string, message: string): RegistryRefusal => ({ status, code, message });
const NO_UPLOAD = refusal(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
const NO_REPOSITORY = refusal(404, 'NAME_UNKNOWN', 'nothing may be pushed to this repository');
const NO_ROUTE = refusal(405, 'UNSUPPORTED', 'this registry takes blobs and manifests, and deletes nothing');

/** The repository that a request writes to; undefined when it only reads. */
export function pushedRepository({ method, url = '' }: IncomingMessage): string | undefined {
  if (method === 'GET' || method === 'HEAD') return undefined;
  const path = url.split('?', 1)[0] ?? '';
  return UPLOADS.exec(path)?.[1] ?? MANIFEST.exec(path)?.[1] ?? '';
}

/**
 * Answers one request of a push, as the OCI distribution specification has it: uploads in one piece and in chunks, and
 * manifests whose blobs are there. Requests for one layout have to come one after the other.
 *
 * @returns the manifest that was pushed, if that was the request.
 */
export async function answerRegistryPush(
  layout: OciLayout | undefined,
  rules: PushRules,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Push | undefined> {
  const url = new URL(request.url ?? '', 'http://registry');
  const [, name = '', id] = UPLOADS.exec(url.pathname) ?? [];
  const [, , target] = MANIFEST.exec(url.pathname) ?? [];
  const { method } = request;
  if (layout === undefined) return refuse(request, response, NO_REPOSITORY);
  if (target !== undefined && method === 'PUT') return putManifest(layout, target, rules, request, response);
  if (name === '') return refuse(request, response, NO_ROUTE);
  if (id === undefined && method === 'POST') return begin(layout, { name, rules }, response);
  if (id === undefined || (method !== 'PATCH' && method !== 'PUT')) return refuse(request, response, NO_ROUTE);
  const file = join(await layout.incoming(), id);
  if ((await ifThere(lstat(file))) === undefined) return refuse(request, response, NO_UPLOAD);
  if (!(await append(file, rules, request, response))) return undefined;
  if (method === 'PUT') return finish(layout, file, { name, digest: url.searchParams.get('digest') }, response);
  const { size } = await lstat(file);
  response.writeHead(202, { location: url.pathname, range: `0-${Math.max(0, size - 1)}` }).end();
  return undefined;
}

async function begin(
  layout: OciLayout,
  { name, rules }: { readonly name: string; readonly rules: PushRules },
  response: ServerResponse,
): Promise<undefined> {
  const place = await layout.incoming();
  const id = randomUUID();
  const begun = await Promise.all(
    (await readdir(place)).map(async (each) => ({ each, at: (await ifThere(lstat(join(place, each))))?.mtimeMs ?? 0 })),
  );
  const surplus = begun
    .toSorted((left, right) => left.at - right.at)
    .slice(0, Math.max(0, begun.length + 1 - rules.maxUploads));
  for (const { each } of surplus) await rm(join(place, each), { force: true });
  await writeFile(join(place, id), '', { mode: 0o600 });
  response.writeHead(202, { location: `/v2/${name}/blobs/uploads/${id}`, range: '0-0', 'content-length': 0 }).end();
}

/** False when it was too much: the upload is gone then, and the answer given. */
async function append(
  file: string,
  { maxBlobBytes }: PushRules,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  let { size } = await lstat(file);
  let isTooLarge = false;
  await pipeline(
    request,
    async function* bounded(chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        size += chunk.length;
        isTooLarge ||= size > maxBlobBytes;
        if (!isTooLarge) yield chunk;
      }
    },
    createWriteStream(file, { flags: 'a' }),
  );
  if (!isTooLarge) return true;
  await rm(file, { force: true });
  refuseRegistryRequest(response, refusal(413, 'SIZE_INVALID', `a blob may have ${maxBlobBytes} bytes`));
  return false;
}

async function finish(
  layout: OciLayout,
  file: string,
  { name, digest }: { readonly name: string; readonly digest: string | null },
  response: ServerResponse,
): Promise<undefined> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  if (`sha256:${hash.digest('hex')}` !== digest) {
    await rm(file, { force: true });
    refuseRegistryRequest(response, refusal(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content'));
    return;
  }
  await layout.takeBlob(digest, file);
  const location = `/v2/${name}/blobs/${digest}`;
  response.writeHead(201, { location, 'docker-content-digest': digest, 'content-length': 0 }).end();
}

async function putManifest(
  layout: OciLayout,
  target: string,
  { kept }: PushRules,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Push | undefined> {
  const bytes = await bodyOf(request);
  const checked = await checkedManifest(layout, bytes, request.headers['content-type']);
  if (checked.kind === 'refused') {
    refuseRegistryRequest(response, refusal(400, 'MANIFEST_INVALID', `manifest invalid: ${checked.why}`));
    return undefined;
  }
  const isTag = !isDigest(target);
  const digest = digestOf(checked.bytes);
  if (isTag ? !TAG.test(target) : target !== digest) {
    refuseRegistryRequest(response, refusal(400, 'DIGEST_INVALID', 'the manifest is not what its name says'));
    return undefined;
  }
  await layout.putManifest(isTag ? { ...checked, tag: target } : checked, kept);
  response.writeHead(201, { 'docker-content-digest': digest, 'content-length': 0 }).end();
  return { digest, tag: isTag ? target : undefined };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_MANIFEST_BYTES) chunks.push(chunk);
  }
  return size > MAX_MANIFEST_BYTES ? undefined : Buffer.concat(chunks);
}

type Checked =
  | { readonly kind: 'taken'; readonly mediaType: string; readonly bytes: Buffer }
  | { readonly kind: 'refused'; readonly why: string };

async function checkedManifest(
  layout: OciLayout,
  bytes: Buffer | undefined,
  contentType: string | undefined,
): Promise<Checked> {
  const refused = (why: string): Checked => ({ kind: 'refused', why });
  if (bytes === undefined) return refused('it is too large');
  try {
    const manifest = parseManifest(bytes, 'it', contentType);
    if (manifest.kind === 'index') return refused('this registry takes no lists of images');
    for (const { digest } of [manifest.config, ...manifest.layers]) {
      if ((await layout.blob(digest)) === undefined) return refused(`its blob ${digest} was not uploaded`);
    }
    return { kind: 'taken', mediaType: manifest.mediaType, bytes };
  } catch (error) {
    if (error instanceof ImageError) return refused(error.message);
    throw error;
  }
}

/** What is sent along is read, so that the answer arrives. */
function refuse(request: IncomingMessage, response: ServerResponse, why: RegistryRefusal): undefined {
  request.resume();
  refuseRegistryRequest(response, why);
}
