import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type Clock,
  createRoom,
  type DropReason,
  jsonTextNestsTooDeep,
  type Log,
  type Place,
  parseJson,
  stringifyJson,
} from '@cartographer/machinery';
import { createHttpsServer, type KeyPair, sendText } from '@cartographer/runtime';
import { answerReview, kindAtPath } from './admission-review.ts';

/** What {@link createWebhookServer} needs. */
export type WebhookServerOptions = {
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Is told of every connection that had to go: others needed its room, or it was too slow. */
  readonly onDrop: (reason: DropReason) => void;
  readonly limits?: Partial<typeof limits>;
};

/** The HTTPS server that an API server asks about objects of ours. */
export interface WebhookServer {
  readonly port: number;
  /** Serves with this certificate from the next connection on. */
  use(pair: KeyPair): void;
  /** Says why nobody can be answered, or undefined. */
  notReady(): string | undefined;
  close(): Promise<void>;
}

/** An object of 1.5 MB, etcd's limit, comes twice in an update, and escaped. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** The bounds of the server, as long as a test gives no others. */
const limits = {
  connections: 500,
  /** What has come of bodies that are not whole yet. */
  bodyBytes: 64 * 1024 * 1024,
};

/** What a request takes up: room for what has come of its body, and its connection once all of it is there. */
type Taking = { readonly roomFor: () => Place; readonly use: () => void };

/**
 * Serves the validating webhooks. Until it has a certificate, no connection can be made.
 * @throws CartoError `CARTO_PORT_IN_USE` when the address is taken.
 */
export async function createWebhookServer(options: WebhookServerOptions): Promise<WebhookServer> {
  const { onDrop } = options;
  const max = { ...limits, ...options.limits };
  const bodies = createRoom({ max: max.bodyBytes });
  const server = await createHttpsServer({
    ...options,
    flag: '--webhooks-address',
    maxConnections: max.connections,
    handle(request, response, use) {
      const roomFor = (): Place =>
        bodies.enter(() => {
          request.destroy();
          onDrop('limit');
        });
      return handle(request, response, { roomFor, use });
    },
  });
  return {
    port: server.port,
    use: (pair) => server.use(pair),
    notReady: () => (server.hasCertificate() ? undefined : 'there is no certificate to serve webhooks with yet'),
    close: () => server.close(),
  };
}

async function handle(request: IncomingMessage, response: ServerResponse, { roomFor, use }: Taking): Promise<void> {
  const path = (request.url ?? '').split('?')[0] ?? '';
  const kind = kindAtPath(path);
  if (kind === undefined) return sendText(response, 404, 'not found');
  if (request.method !== 'POST') return sendText(response, 405, 'only POST');
  const body = await bodyOf(request, roomFor());
  if (body === undefined) return sendText(response, 413, `the body is larger than ${MAX_BODY_BYTES} bytes`);
  use();
  if (jsonTextNestsTooDeep(body)) return sendText(response, 400, 'the body nests too deep');
  let review;
  try {
    review = parseJson(body);
  } catch (error) {
    return sendText(response, 400, `the body is not JSON: ${(error as Error).message}`);
  }
  response.writeHead(200, { 'content-type': 'application/json' }).end(stringifyJson(answerReview(review, kind)));
}

/** The whole body, or undefined if it is too large; the rest of it is not read then. */
async function bodyOf(request: IncomingMessage, place: Place): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request) {
      size += (chunk as Buffer).length;
      if (size > MAX_BODY_BYTES) return undefined;
      chunks.push(chunk as Buffer);
      place.grow((chunk as Buffer).length);
    }
    return Buffer.concat(chunks).toString('utf8');
  } finally {
    place.leave();
  }
}
