import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Clock } from '@cartographer/machinery';
import { createRegistryClient, type RegistryClient, type RegistryClientOptions } from '../registry/registry-client.ts';

/** A request as a played registry saw it. */
type SeenRequest = { readonly line: string; readonly authorization: string | undefined };

/** A server that answers as a test wants it to. */
export type PlayedRegistry = {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly seen: readonly SeenRequest[];
  /** `METHOD PATH` of all requests. */
  lines(): readonly string[];
};

/** Answers a request; what it leaves unanswered hangs. */
export type Play = (request: IncomingMessage, response: ServerResponse, line: string) => void;

/** Servers and clients of one test, ended together. */
export type RegistryStage = {
  play(play: Play, tls?: ServerOptions): Promise<PlayedRegistry>;
  /** A client that may ask the hosts without TLS, and waits for nothing: see {@link RegistryStage.waits}. */
  client(hosts: readonly PlayedRegistry[], options?: Partial<RegistryClientOptions>): RegistryClient;
  /** How long the clients would have waited, in milliseconds. */
  readonly waits: readonly number[];
  close(): Promise<void>;
};

/** Makes a {@link RegistryStage}. */
export function createRegistryStage(): RegistryStage {
  const servers: Server[] = [];
  const clients: RegistryClient[] = [];
  const waits: number[] = [];
  return {
    waits,
    async play(play, tls) {
      const seen: SeenRequest[] = [];
      const listener: RequestListener = (request, response) => {
        const line = `${request.method ?? ''} ${request.url ?? ''}`;
        seen.push({ line, authorization: request.headers.authorization });
        play(request, response, line);
      };
      const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
      await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
      servers.push(server);
      const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
      return { host, seen, lines: () => seen.map(({ line }) => line) };
    },
    client(hosts, options) {
      const listed = hosts.map(({ host }) => host);
      const destinations = { allowed: listed, plainHttp: listed };
      const client = createRegistryClient({ clock: quickClock(waits), random: () => 0.5, destinations, ...options });
      clients.push(client);
      return client;
    },
    async close() {
      await Promise.all(clients.splice(0).map((client) => client.close()));
      await Promise.all(servers.splice(0).map(closed));
      waits.length = 0;
    },
  };
}

/** A clock on which every sleep is over at once. */
function quickClock(waits: number[]): Clock {
  let nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
  return {
    now: () => nowMs,
    monotonicMs: () => nowMs,
    schedule: () => () => undefined,
    sleep(afterMs, signal) {
      waits.push(afterMs);
      nowMs += afterMs;
      signal?.throwIfAborted();
      return Promise.resolve();
    },
  };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** Answers with some bytes or JSON. */
export function answerWith(
  response: ServerResponse,
  body: string | Buffer | object,
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): void {
  const bytes =
    Buffer.isBuffer(body) || typeof body === 'string' ? Buffer.from(body as string) : Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'content-length': bytes.length, ...headers }).end(bytes);
}

/** Answers with an error as registries have it. */
export function refuseWith(
  response: ServerResponse,
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  answerWith(response, { errors: [{ code, message: `SECRET-TEXT of ${code}` }] }, headers, status);
}
