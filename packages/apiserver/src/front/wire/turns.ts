import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { memoByIdentity } from '@cartographer/machinery';

/** Requests that may wait on one connection for the answer to an earlier one. No client of Kubernetes sends any. */
const MAX_WAITING = 100;

type Turn = { waiting: number; last?: Promise<void> | undefined };

/**
 * Takes the requests of a connection one after the other, as a real server does: a connection is never worth more than
 * one request at work and one answer, however many it sends ahead. Resolves when it is a request's turn, with false when
 * the connection is gone by then.
 */
export function createTurns(): (incoming: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  const turnOf = memoByIdentity((_socket: Socket): Turn => ({ waiting: 0 }));
  return async ({ socket }, response) => {
    const turn = turnOf(socket);
    const before = turn.last;
    const { promise: answered, resolve: end } = Promise.withResolvers<void>();
    turn.last = answered;
    response.once('close', () => {
      if (turn.last === answered) turn.last = undefined;
      end();
    });
    if (before !== undefined) {
      turn.waiting += 1;
      if (turn.waiting > MAX_WAITING) socket.destroy();
      await before;
      turn.waiting -= 1;
    }
    if (socket.destroyed) end(); // Node does not close an answer that never had the socket
    return !socket.destroyed;
  };
}
