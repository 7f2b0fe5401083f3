import type { IncomingMessage } from 'node:http';

import { badRequest } from '../status-error.ts';
import { tooLarge } from './wire-errors.ts';

/**
 * Reads a request body of at most `maxBytes`.
 * @throws StatusError 413 as soon as the limit is passed or announced, 400 when the client stops half-way.
 */
export function readBody(incoming: IncomingMessage, maxBytes: number): Promise<Uint8Array | undefined> {
  const announced = Number(incoming.headers['content-length'] ?? 0);
  if (announced > maxBytes) {
    incoming.resume();
    return Promise.reject(tooLarge(maxBytes));
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) {
        chunks.length = 0;
        reject(tooLarge(maxBytes));
      } else chunks.push(chunk);
    });
    incoming.once('end', () =>
      resolve(size === 0 ? undefined : chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)),
    );
    incoming.once('error', () => reject(badRequest('the request body ended early')));
    incoming.once('aborted', () => reject(badRequest('the request body ended early')));
  });
}
