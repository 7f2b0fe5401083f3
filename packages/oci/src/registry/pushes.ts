import type { Buffer } from 'node:buffer';
import { Readable } from 'node:stream';
import { RegistryError } from '../access/registry-error.ts';
import type { Descriptor } from '../content/descriptor.ts';
import { digestOf } from '../content/digest.ts';
import { blobName } from '../content/image-source.ts';
import { type AskBody, discard } from './exchange.ts';
import { blobIsThere, type RepositoryCalls } from './repository.ts';

/** Bytes that can be sent again: a whole buffer, or a stream that begins anew each time. */
export type PushContent = Buffer | (() => AsyncIterable<Buffer>);

/** A manifest as the registry took it. */
export type PushedManifest = {
  readonly descriptor: Descriptor;
  /** Whether the registry itself lists it with its subject, as far as it says so. */
  readonly listsReferrers: boolean;
};

/** Writing to a repository. */
export interface Pushes {
  /** Uploads a blob, unless the registry has it. @throws RegistryError */
  blob(descriptor: Pick<Descriptor, 'digest' | 'size'>, content: PushContent, signal: AbortSignal): Promise<void>;
  /** Uploads a manifest under a tag, or under its digest. @throws RegistryError */
  manifest(
    manifest: { readonly mediaType: string; readonly bytes: Buffer; readonly tag?: string | undefined },
    signal: AbortSignal,
  ): Promise<PushedManifest>;
}

/** Makes {@link Pushes}. */
export function createPushes(calls: RepositoryCalls): Pushes {
  const action = 'pull,push';

  async function upload(digest: string, body: AskBody, what: string, signal: AbortSignal): Promise<void> {
    const order = { what, action, signal } as const;
    const begun = await calls.call({
      ...order,
      method: 'POST',
      path: 'blobs/uploads/',
      also: [202],
      body: { sizeBytes: 0, open: nothing },
    });
    await discard(begun);
    const location = begun.header('location') ?? '';
    if (location === '' || !URL.canParse(location, begun.url.href)) {
      throw new RegistryError('Misbehaved', `${begun.url.host} does not say where to send ${what}`);
    }
    const path = new URL(location, begun.url);
    path.searchParams.set('digest', digest);
    const headers = { 'content-type': 'application/octet-stream' };
    await discard(await calls.call({ ...order, method: 'PUT', path, headers, also: [201, 204], body }));
  }

  return {
    async blob({ digest, size }, content, signal) {
      const what = blobName(calls, { digest });
      await calls.retries(signal, async () => {
        if (!(await blobIsThere(calls, digest, { action, signal })))
          await upload(digest, bodyOf(content, size), what, signal);
      });
    },
    async manifest({ mediaType, bytes, tag }, signal) {
      const digest = digestOf(bytes);
      const target = tag ?? digest;
      const what = `manifest ${tag ?? `${digest.slice(0, 19)}…`} of ${calls.name}`;
      const answer = await calls.retries(signal, async () => {
        const headers = { 'content-type': mediaType };
        const body = bodyOf(bytes, bytes.length);
        const path = `manifests/${target}`;
        const sent = await calls.call({ method: 'PUT', path, what, action, signal, headers, body, also: [201, 202] });
        await discard(sent);
        return sent;
      });
      const claimed = answer.header('docker-content-digest');
      if (claimed !== undefined && claimed !== digest) {
        throw new RegistryError('Misbehaved', `${answer.url.host} took another document for ${what}`);
      }
      const descriptor = { mediaType, digest, size: bytes.length };
      return { descriptor, listsReferrers: answer.header('oci-subject') !== undefined };
    },
  };
}

function bodyOf(content: PushContent, sizeBytes: number): AskBody {
  return {
    sizeBytes,
    open: typeof content === 'function' ? content : () => Readable.from([content], { objectMode: false }),
  };
}

async function* nothing(): AsyncGenerator<Buffer> {}
