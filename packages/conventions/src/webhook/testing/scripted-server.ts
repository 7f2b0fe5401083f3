import type { Buffer } from 'node:buffer';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { SelfSigned } from '@cartographer/testkit';

/** What a request was like when it arrived. */
type Arrived = {
  /** `POST /path?query HTTP/1.1` */
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The name by which the client asked for a certificate; false where it asked for an address. */
  readonly serverName: string | false | null;
  readonly clientCertificate: object;
};

/** How a scripted server answers: with anything, or not at all. */
export type Script = (response: ServerResponse, arrived: Arrived) => unknown;

/** A convention server on loopback that answers as a test says. */
export type ScriptedServer = AsyncDisposable & {
  readonly port: number;
  readonly seen: readonly Arrived[];
  /** How many bytes it could send, of answers that are streamed. */
  readonly sentBytes: () => number;
};

/** Starts a {@link ScriptedServer}, by default with TLS 1.3 alone, as those of the original are. */
export async function scriptedServer({ certPem, keyPem }: SelfSigned, script: Script): Promise<ScriptedServer> {
  const seen: Arrived[] = [];
  const sockets = new Set<TLSSocket>();
  const tls = {
    cert: certPem,
    key: keyPem,
    minVersion: 'TLSv1.3',
    requestCert: true,
    rejectUnauthorized: false,
  } as const;
  const server = createServer(tls, (request, response) => {
    response.on('error', () => undefined);
    arrive(request).then(
      (arrived) => {
        seen.push(arrived);
        script(response, arrived);
      },
      () => response.destroy(),
    );
  });
  server.on('secureConnection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    sentBytes: () => [...sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, 0),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function arrive(request: IncomingMessage): Promise<Arrived> {
  const socket = request.socket as TLSSocket & { readonly servername?: string | false };
  const chunks = await Array.fromAsync(request as AsyncIterable<Buffer>);
  return {
    line: `${request.method} ${request.url} HTTP/${request.httpVersion}`,
    headers: request.headers,
    body: chunks.map((chunk) => chunk.toString('utf8')).join(''),
    serverName: socket.servername ?? null,
    clientCertificate: socket.getPeerCertificate(),
  };
}
