import { createClient } from '@cartographer/kube';
import { failure, type Json, type Transport, type WireRequest } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';

/** What a server says. */
export type Answer = { readonly status: number; readonly body?: Json; readonly headers?: Record<string, string> };
/** What it was asked. */
export type Sent = Pick<WireRequest, 'method' | 'path' | 'query' | 'headers' | 'body'>;

/** A client of a server that gives these answers, one after another, and what it was asked. */
export function answering(...answers: readonly Answer[]) {
  const sent: Sent[] = [];
  const waiting = [...answers];
  const transport: Transport = {
    async request({ method, path, query, headers, body }) {
      sent.push({ method, path, query, headers, body });
      const answer = waiting.shift();
      if (answer === undefined) throw new Error(`nobody expected ${method} ${path}`);
      return { headers: {}, ...answer };
    },
    close: async () => undefined,
  };
  return { sent, transport, client: createClient({ transport, clock: createFakeClock(0) }) };
}

/** A client of a server that falls silent after these answers, and how to give up on it once it has. */
export function silent(...answers: readonly Answer[]) {
  const cut = new AbortController();
  const waiting = [...answers];
  const asked = Promise.withResolvers<void>();
  const transport: Transport = {
    request({ signal }) {
      const answer = waiting.shift();
      if (answer !== undefined) return Promise.resolve({ headers: {}, ...answer });
      asked.resolve();
      return new Promise((_resolve, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
      );
    },
    close: async () => undefined,
  };
  const giveUp = async (): Promise<void> => {
    await asked.promise;
    cut.abort(new Error('cut off'));
  };
  return { client: createClient({ transport, clock: createFakeClock(0) }), signal: cut.signal, giveUp };
}

/** A Status that says no. */
export function refusal(code: number, reason?: string): Answer {
  return { status: code, body: failure(code, reason, 'no') };
}
