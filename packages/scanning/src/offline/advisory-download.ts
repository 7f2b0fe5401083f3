import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CartoError, messageOf } from '@cartographer/machinery';

const MAX_ARCHIVE_BYTES = 4 * 1024 * 1024 * 1024;
const MAX_REDIRECTS = 5;
const TIMEOUT_MS = 15 * 60_000;
const LOOPBACK = /^(?:localhost|127(?:\.[0-9]+){3}|\[::1\])$/;

/** What a download needs of the world. */
export type DownloadOptions = {
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
  /** Left out: 4 GiB, more than all of OSV. */
  readonly maxBytes?: number;
};

/** A file that is deleted when it is no longer needed. */
export type TemporaryFile = { readonly path: string } & AsyncDisposable;

/** Whether advisories are named by a URL, not by a path. */
export function isUrl(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

/**
 * Downloads an archive into a private temporary file. Plain HTTP is taken from this machine alone: whoever changes
 * advisories on their way opens a gate.
 * @throws CartoError `CARTO_ADVISORIES` with host and status, never with what stands in URL or body.
 */
export async function downloadArchive(url: string, options: DownloadOptions): Promise<TemporaryFile> {
  const response = await request(new URL(url), options, 0);
  const folder = await mkdtemp(join(tmpdir(), 'carto-advisories-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const path = join(folder, 'all.zip');
    await store(response, path, options.maxBytes ?? MAX_ARCHIVE_BYTES);
    return { path, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error instanceof CartoError ? error : failed(hostOf(url), messageOf(error), error);
  }
}

async function request(url: URL, options: DownloadOptions, redirects: number): Promise<Response> {
  if (url.protocol !== 'https:' && !LOOPBACK.test(url.hostname)) {
    throw failed(url.host, 'is asked by plain HTTP, which anybody on the way may change; use https');
  }
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const response = await options.fetch(url, { redirect: 'manual', signal }).catch((cause: unknown) => {
    throw failed(
      url.host,
      `cannot be reached: ${messageOf(cause instanceof Error ? (cause.cause ?? cause) : cause)}`,
      cause,
    );
  });
  const location = response.headers.get('location');
  if (response.status >= 300 && response.status < 400 && location !== null) {
    await response.body?.cancel();
    if (redirects === MAX_REDIRECTS) throw failed(url.host, `redirects more than ${MAX_REDIRECTS} times`);
    return await request(new URL(location, url), options, redirects + 1);
  }
  if (response.ok) return response;
  await response.body?.cancel();
  throw failed(url.host, `answers ${response.status}`);
}

async function store(response: Response, path: string, maxBytes: number): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw failed(hostOf(response.url), `sends more than ${maxBytes} bytes`);
      await file.write(chunk);
    }
  } finally {
    await file.close();
  }
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'the host';
}

function failed(host: string, what: string, cause?: unknown): CartoError {
  return new CartoError('CARTO_ADVISORIES', `advisories: ${host} ${what}`, { cause });
}
