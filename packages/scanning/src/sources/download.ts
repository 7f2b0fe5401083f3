import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CartoError, type Clock, messageOf } from '@cartographer/machinery';
import { retryAfterMs } from '@cartographer/oci';
import { bytesOfFile } from '../advisories/bytes.ts';
import type { RandomAccess } from '../advisories/zip.ts';

/** The least of `fetch` that is needed: whoever gives it decides which addresses may be asked, and with what certificates. */
export type Fetch = (
  url: URL,
  init: {
    readonly redirect: 'manual';
    readonly signal: AbortSignal;
    readonly headers: Readonly<Record<string, string>>;
    /** `GET` where it is left out. */
    readonly method?: 'POST';
    readonly body?: string;
  },
) => Promise<Response>;

/** What a server says of a version of a file. */
export type FileVersion = {
  readonly etag: string;
  /** RFC 3339; empty where the server says none, or none that can be read. */
  readonly modified: string;
};

/** What was downloaded; it is gone with the process, or when it is no longer needed. */
export type Download = { readonly bytes: RandomAccess; readonly version: FileVersion } & AsyncDisposable;

/** How a file is downloaded. */
export type DownloadOptions = {
  readonly fetch: Fetch;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** `Authorization`, for the host of the URL alone. */
  readonly authorization?: string;
  /** Left out: 4 GiB, more than all of OSV. */
  readonly maxBytes?: number;
  /** Where temporary files go; left out: where the machine has them. */
  readonly temporary?: string;
};

const MAX_ARCHIVE_BYTES = 4 * 1024 * 1024 * 1024;
const MAX_REDIRECTS = 5;
/** From the first question to the last byte. */
const LIMIT_MS = 15 * 60_000;
const LOOPBACK = /^(?:localhost|127(?:\.[0-9]+){3}|\[::1\])$/;

/** Whether advisories are named by a URL, not by a path. */
export function isUrl(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

/**
 * Downloads a file into a private temporary one that has no name: no crash leaves it behind. Plain HTTP is taken from this
 * machine alone: whoever changes advisories on their way opens a gate.
 * @throws CartoError `CARTO_ADVISORIES` with host and status, never with what stands in URL or body.
 */
export async function download(url: string, options: DownloadOptions): Promise<Download> {
  return await withinLimit(url, options, async (first, limited) => {
    const response = await request(first, { first, ...limited });
    return await stored(response, first.host, limited);
  });
}

/** The same, unless the server says that it is the version that is known already: undefined then. */
export async function downloadNewer(
  url: string,
  known: FileVersion,
  options: DownloadOptions,
): Promise<Download | undefined> {
  return await withinLimit(url, options, async (first, limited) => {
    const response = await request(first, { first, known, ...limited });
    return response.status === 304 ? undefined : await stored(response, first.host, limited);
  });
}

async function withinLimit<T>(
  url: string,
  options: DownloadOptions,
  work: (first: URL, limited: DownloadOptions) => Promise<T>,
): Promise<T> {
  const first = new URL(url);
  const limit = new AbortController();
  const cancel = options.clock.schedule(LIMIT_MS, () => {
    limit.abort(failed(first.host, `takes longer than ${LIMIT_MS / 60_000} minutes`));
  });
  try {
    const signal = AbortSignal.any([options.signal, limit.signal]);
    return await work(first, { ...options, signal });
  } finally {
    cancel();
  }
}

async function stored(response: Response, host: string, options: DownloadOptions): Promise<Download> {
  const { signal, maxBytes = MAX_ARCHIVE_BYTES, temporary = tmpdir() } = options;
  let file: FileHandle | undefined;
  try {
    file = await namelessFile(temporary).catch((cause: unknown) => {
      throw notKept(host, cause);
    });
    await store(response, file, host, maxBytes);
    const bytes = await bytesOfFile(file);
    return { bytes, version: versionOf(response.headers), [Symbol.asyncDispose]: () => bytes[Symbol.asyncDispose]() };
  } catch (error) {
    await Promise.allSettled([file?.close(), file === undefined ? response.body?.cancel() : undefined]);
    throw error instanceof CartoError || signal.aborted ? error : failed(host, messageOf(error), error);
  }
}

/** A file that only this process has: it is gone when it is closed, also by a crash. */
async function namelessFile(place: string): Promise<FileHandle> {
  const folder = await mkdtemp(join(place, 'carto-advisories-'));
  try {
    return await open(join(folder, 'all.zip'), 'wx+', 0o600);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Asking = DownloadOptions & {
  /** The URL that was asked before any redirect. */
  readonly first: URL;
  readonly known?: FileVersion;
};

async function request(url: URL, asking: Asking, redirects = 0): Promise<Response> {
  refusePlainHttp(url);
  const { first, signal, known, authorization } = asking;
  const headers = {
    ...(known !== undefined && known.etag !== '' && { 'if-none-match': known.etag }),
    ...(known !== undefined &&
      known.modified !== '' && { 'if-modified-since': new Date(known.modified).toUTCString() }),
    ...(authorization !== undefined && url.origin === first.origin && { authorization }),
  };
  const response = await asking.fetch(url, { redirect: 'manual', signal, headers }).catch((cause: unknown) => {
    if (signal.aborted) throw cause;
    const inner = cause instanceof Error ? (cause.cause ?? cause) : cause;
    throw failed(url.host, `cannot be reached: ${messageOf(inner)}`, cause);
  });
  if (response.ok || (response.status === 304 && known !== undefined)) return response;
  await response.body?.cancel();
  const location = response.headers.get('location');
  if (response.status >= 300 && response.status < 400 && location !== null && URL.canParse(location, url.href)) {
    if (redirects === MAX_REDIRECTS) throw failed(url.host, `redirects more than ${MAX_REDIRECTS} times`);
    return await request(new URL(location, url), asking, redirects + 1);
  }
  throw refusalOf(response, url.host, asking.clock);
}

/**
 * Plain HTTP is taken from this machine alone.
 * @throws CartoError `CARTO_ADVISORIES` for any other place.
 */
export function refusePlainHttp({ protocol, hostname, host }: URL): void {
  if (protocol === 'https:' || LOOPBACK.test(hostname)) return;
  throw failed(host, 'is asked by plain HTTP, which anybody on the way may change; use https');
}

async function store(response: Response, file: FileHandle, host: string, maxBytes: number): Promise<void> {
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw failed(host, `sends more than ${maxBytes} bytes`);
    await file.writeFile(chunk).catch((cause: unknown) => {
      throw notKept(host, cause);
    });
  }
  const promised = Number(response.headers.get('content-length') ?? '');
  const isPacked = (response.headers.get('content-encoding') ?? 'identity') !== 'identity';
  if (!isPacked && promised > bytes) throw failed(host, `sent ${bytes} of ${promised} bytes`);
}

function versionOf(headers: Headers): FileVersion {
  const modified = Date.parse(headers.get('last-modified') ?? '');
  return {
    etag: (headers.get('etag') ?? '').slice(0, 200),
    modified: Number.isNaN(modified) ? '' : new Date(modified).toISOString(),
  };
}

/** What an answer that gives nothing means: `retry: 'after'` where the server asks for a pause. */
export function refusalOf({ status, headers }: Response, host: string, clock: Clock): CartoError {
  const isBusy = status === 429 || status === 503;
  const afterMs = isBusy ? retryAfterMs(headers.get('retry-after') ?? undefined, clock) : undefined;
  const retry = afterMs === undefined ? 'backoff' : 'after';
  return new CartoError('CARTO_ADVISORIES', `advisories: ${host} answers ${status}`, { retry, afterMs });
}

/** Our own disk does not take it: full, read-only, not there. */
function notKept(host: string, cause: unknown): CartoError {
  const what = `cannot be kept on disk (${messageOf(cause)}): make room, or set TMPDIR to a folder that has it`;
  return failed(host, what, cause);
}

function failed(host: string, what: string, cause?: unknown): CartoError {
  return new CartoError('CARTO_ADVISORIES', `advisories: ${host} ${what}`, { cause });
}
