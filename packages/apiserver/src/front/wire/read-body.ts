import type { IncomingMessage } from 'node:http';

import type { Room } from '@cartographer/machinery';

import { badRequest } from '../../status-error.ts';
import { tooLarge, tooManyRequests } from './wire-errors.ts';

/**
 * Reads a request body of at most `maxBytes`. What has come of all bodies is in `room`, which the slowest leave first
 * when it is full.
 * @throws StatusError 413 as soon as the limit is passed or announced, 429 when there is no room for it any more, 400 when
 * the client stops half-way.
 */
export function readBody(incoming: IncomingMessage, maxBytes: number, room: Room): Promise<Uint8Array | undefined> {
  const announced = Number(incoming.headers['content-length'] ?? 0);
  if (announced > maxBytes) {
    incoming.resume();
    return Promise.reject(tooLarge(maxBytes));
  }
  const endedEarly = () => badRequest('the request body ended early');
  if (incoming.destroyed) return Promise.reject(endedEarly());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let hasEnded = false;
    const end = (error: Error | undefined): void => {
      hasEnded = true;
      place.leave();
      incoming.off('data', keep);
      const [first] = chunks;
      if (error === undefined) resolve(chunks.length > 1 ? Buffer.concat(chunks) : first);
      else reject(error);
      chunks.length = 0;
    };
    const place = room.enter(() => {
      incoming.resume();
      end(tooManyRequests());
    });
    const keep = (chunk: Buffer): void => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > maxBytes) end(tooLarge(maxBytes));
      else place.grow(chunk.length);
    };
    incoming.on('data', keep);
    incoming.once('end', () => end(undefined));
    // A whole request closes, too: an error with its stack is not made for nothing.
    const early = (): void => {
      if (!hasEnded) end(endedEarly());
    };
    incoming.once('error', early);
    incoming.once('close', early);
  });
}
