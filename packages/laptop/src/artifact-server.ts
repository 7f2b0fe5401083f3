import { createReadStream } from 'node:fs';
import { lstat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Log } from '@cartographer/machinery';
import { isLoopbackHost, MISDIRECTED } from '@cartographer/runtime';
import { serveOnLoopback } from './serve-on-loopback.ts';

/** Serves the archives of an artifact store over HTTP, on loopback only. */
export interface ArtifactServer {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** The URL of an archive, by its path in the store. */
  urlOf(path: string): string;
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 256;

/** Archives have paths like `gitrepository/team/shop/0f3c….tar.gz`; nothing else is served. */
const ARCHIVE_PATH = /^\/[a-z0-9]+\/[a-z0-9.-]+\/[a-z0-9.-]+\/[A-Za-z0-9._:-]+\.tar\.gz$/;

/**
 * Starts the server. The port is remembered in `portFile` and asked for again at the next start, since it
 * is part of every artifact's URL: another port would look like news to everything downstream.
 *
 * @throws CartoError when no port on loopback can be had.
 */
export async function startArtifactServer(options: {
  readonly root: string;
  readonly portFile: string;
  readonly log: Log;
  /** 256 unless a test wants fewer. */
  readonly maxConnections?: number;
}): Promise<ArtifactServer> {
  const { root, portFile, log } = options;
  const { port, close } = await serveOnLoopback({
    what: 'the server of artifacts',
    portFile,
    log,
    times: { requestTimeout: 30_000, headersTimeout: 10_000 },
    maxConnections: options.maxConnections ?? MAX_CONNECTIONS,
    answer: (request, response) => answer(root, request, response),
  });
  const host = `127.0.0.1:${port}`;
  return { host, urlOf: (path) => `http://${host}/${path}`, close };
}

async function answer(root: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!isLoopbackHost(request.headers.host)) return refuse(response, 421, MISDIRECTED);
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'only GET and HEAD');
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  if (!ARCHIVE_PATH.test(path) || path.includes('..')) return refuse(response, 404, 'no such artifact');
  const file = join(root, path);
  const found = await lstat(file).catch(() => undefined);
  if (found?.isFile() !== true) return refuse(response, 404, 'no such artifact');

  response.writeHead(200, { 'content-type': 'application/gzip', 'content-length': found.size });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  // The file may be replaced meanwhile; what was opened is read to its end, and never beyond what was announced.
  await pipeline(createReadStream(file, { end: Math.max(0, found.size - 1) }), response);
}

function refuse(response: ServerResponse, status: number, reason: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(`${reason}\n`);
}
