import { Buffer } from 'node:buffer';
import { type Clock, textsAt } from '@cartographer/machinery';
import { RegistryError } from '../access/registry-error.ts';
import { type Descriptor, isMediaType } from '../content/descriptor.ts';
import { digestOf, digestParts, isDigest } from '../content/digest.ts';
import { ImageError } from '../content/image-error.ts';
import { blobName, type FetchedManifest, type ImageSource, verified } from '../content/image-source.ts';
import { MAX_MANIFEST_BYTES, parseManifest } from '../content/manifest.ts';
import { manifestTypes } from '../content/media-types.ts';
import type { RepositoryName } from '../content/reference.ts';
import { type Answer, type Ask, contentOf, discard } from './exchange.ts';
import { refusalOf } from './refusals.ts';
import type { Retries } from './retries.ts';
import type { Action, Session } from './session.ts';

/** What a repository is asked with. */
export type RepositoryOptions = {
  readonly name: RepositoryName;
  /** Where the registry answers, without a path. */
  readonly origin: string;
  readonly session: Session;
  readonly retries: Retries;
  readonly clock: Clock;
};

/** A request, of which the path is relative to the repository. */
type Order = Omit<Ask, 'url'> & {
  readonly path: string | URL;
  readonly action?: Action;
  /** Statuses that are answers and no refusals, besides 200. */
  readonly also?: readonly number[];
};

/** The requests that pulling, pushing and referrers are made of. */
export interface RepositoryCalls {
  readonly name: string;
  /**
   * Sends one request.
   *
   * @throws RegistryError when the answer is another than 200 and those that are expected.
   */
  call(order: Order): Promise<Answer>;
  readonly retries: Retries;
}

const MAX_TAGS = 10_000;
const MAX_PAGES = 100;
/** What a page of a list may have. */
export const MAX_PAGE_BYTES = 4 * 1024 ** 2;

/** Makes the {@link RepositoryCalls} of a repository. */
export function createRepositoryCalls({ name, origin, session, retries, clock }: RepositoryOptions): RepositoryCalls {
  return {
    name: `${name.registry}/${name.repository}`,
    retries,
    async call({ path, action = 'pull', also = [], ...rest }) {
      const url = typeof path === 'string' ? new URL(`${origin}/v2/${name.repository}/${path}`) : path;
      const ask: Ask = { ...rest, url };
      const answer = await session.ask(ask, action);
      if (answer.status === 200 || also.includes(answer.status)) return answer;
      throw await refusalOf(answer, ask, clock);
    },
  };
}

/** Reading a repository. */
export interface Pulls extends ImageSource {
  /**
   * What a tag or digest stands for at the moment, with as little as the registry lets us ask.
   *
   * @throws RegistryError; of reason `NotFound` when there is none.
   */
  resolve(target: string, signal: AbortSignal): Promise<Descriptor>;
  /** Whether the repository has a blob and lets us read it; nothing of it is read. @throws RegistryError */
  hasBlob(descriptor: Pick<Descriptor, 'digest'>, signal: AbortSignal): Promise<boolean>;
  /** All tags, at most 10,000. */
  tags(signal: AbortSignal): Promise<readonly string[]>;
}

/** Makes {@link Pulls}. */
export function createPulls(calls: RepositoryCalls): Pulls {
  const accept = { accept: manifestTypes.join(', ') };
  const manifestPath = (target: string): string => `manifests/${encodeURIComponent(target).replaceAll('%3A', ':')}`;
  const called = (target: string): string => `manifest ${shorten(target)} of ${calls.name}`;

  async function manifest(target: string, signal: AbortSignal): Promise<FetchedManifest> {
    const order: Order = { method: 'GET', path: manifestPath(target), what: called(target), headers: accept, signal };
    return calls.retries(signal, async () => {
      const answer = await calls.call(order);
      const bytes = await wholeBody(answer, order, MAX_MANIFEST_BYTES);
      const digest = checkedDigest(bytes, target, answer.header('docker-content-digest'), order.what);
      const content = parseManifest(bytes, order.what, answer.header('content-type'));
      return { descriptor: { mediaType: content.mediaType, digest, size: bytes.length }, bytes, content };
    });
  }

  return {
    name: calls.name,
    manifest,
    async resolve(target, signal) {
      const order: Order = {
        method: 'HEAD',
        path: manifestPath(target),
        what: called(target),
        headers: accept,
        signal,
      };
      const answer = await calls.retries(signal, () => calls.call(order));
      await discard(answer);
      const digest = answer.header('docker-content-digest') ?? (isDigest(target) ? target : undefined);
      const mediaType = answer.header('content-type')?.split(';')[0];
      const size = Number(answer.header('content-length') ?? Number.NaN);
      // The answer to HEAD may leave all of this out.
      if (!isDigest(digest) || !isMediaType(mediaType) || !Number.isSafeInteger(size)) {
        return (await manifest(target, signal)).descriptor;
      }
      if (isDigest(target) && digest !== target) throw otherDigest(order.what);
      return { mediaType, digest, size };
    },
    async blob(descriptor, signal) {
      const what = blobName(calls, descriptor);
      const order: Order = { method: 'GET', path: `blobs/${descriptor.digest}`, what, signal };
      const answer = await calls.retries(signal, () => calls.call(order));
      const length = answer.header('content-length');
      if (length !== undefined && Number(length) !== descriptor.size) {
        answer.body.destroy();
        throw new ImageError(`${what} has ${Number(length)} bytes and not ${descriptor.size}`, { retry: 'backoff' });
      }
      return verified(contentOf(answer, order), descriptor, what);
    },
    hasBlob: ({ digest }, signal) =>
      calls.retries(signal, () => blobIsThere(calls, digest, { action: 'pull', signal })),
    async tags(signal) {
      const tags: string[] = [];
      for await (const page of pagesOf(calls, { path: 'tags/list', what: `the tags of ${calls.name}`, signal })) {
        tags.push(...textsAt(page, 'tags'));
        if (tags.length > MAX_TAGS) throw new ImageError(`${calls.name} has more than ${MAX_TAGS} tags`);
      }
      return tags;
    },
  };
}

/** Whether the repository has a blob, as those who may do this are told. */
export async function blobIsThere(
  calls: RepositoryCalls,
  digest: string,
  { action, signal }: { readonly action: Action; readonly signal: AbortSignal },
): Promise<boolean> {
  const what = blobName(calls, { digest });
  const answer = await calls.call({ method: 'HEAD', path: `blobs/${digest}`, what, action, signal, also: [404] });
  await discard(answer);
  return answer.status === 200;
}

/**
 * The pages of a list, each as JSON. They have to be of the same registry and repository: a list leads nowhere else.
 *
 * @param also statuses that end the list with nothing.
 */
export async function* pagesOf(
  calls: RepositoryCalls,
  first: {
    readonly path: string;
    readonly what: string;
    readonly signal: AbortSignal;
    readonly also?: readonly number[];
  },
): AsyncGenerator<unknown, void, undefined> {
  const { what, signal, also = [] } = first;
  let path: string | URL | undefined = first.path;
  for (let pages = 0; path !== undefined; pages += 1) {
    if (pages === MAX_PAGES) throw new RegistryError('Misbehaved', `${what} have more than ${MAX_PAGES} pages`);
    const order: Order = { method: 'GET', path, what, signal, also, headers: { accept: 'application/json, */*' } };
    const { page, next } = await calls.retries(signal, async () => {
      const answer = await calls.call(order);
      const bytes = await wholeBody(answer, order, MAX_PAGE_BYTES);
      return { page: answer.status === 200 ? jsonOf(bytes, what) : undefined, next: nextPage(answer, what) };
    });
    if (page === undefined) return;
    yield page;
    path = next;
  }
}

function nextPage(answer: Answer, what: string): URL | undefined {
  const link = answer.headers('link').find((text) => /;\s*rel="?next"?/i.test(text));
  const target = link === undefined ? undefined : /<([^>]*)>/.exec(link)?.[1];
  if (target === undefined) return undefined;
  const url = URL.canParse(target, answer.url.href) ? new URL(target, answer.url) : undefined;
  if (url?.origin === answer.url.origin && url.pathname === answer.url.pathname) return url;
  throw new RegistryError('Misbehaved', `${answer.url.host} says that ${what} go on elsewhere`);
}

function jsonOf(bytes: Buffer, what: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new RegistryError('Misbehaved', `${what} are told in something that is no JSON`);
  }
}

/** @throws ImageError when it has more than `maxBytes`; no more than that is read. */
async function wholeBody(answer: Answer, ask: Pick<Ask, 'what' | 'signal'>, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of contentOf(answer, ask)) {
    sizeBytes += part.length;
    if (sizeBytes > maxBytes) throw new ImageError(`${ask.what} has more than ${maxBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** The digest of a manifest, if it is the one that was asked for and the one that the registry claims. */
function checkedDigest(bytes: Buffer, target: string, claimed: string | undefined, what: string): string {
  for (const digest of [target, claimed]) {
    if (isDigest(digest) && digestOf(bytes, digestParts(digest).algorithm) !== digest) throw otherDigest(what);
  }
  return isDigest(target) ? target : isDigest(claimed) ? claimed : digestOf(bytes);
}

function otherDigest(what: string): ImageError {
  return new ImageError(`${what} is not what its digest says`, { retry: 'backoff' });
}

function shorten(target: string): string {
  return isDigest(target) ? `${target.slice(0, 19)}…` : target;
}
