import { Buffer } from 'node:buffer';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerRegistryPush, answerRegistryRequest, createOciLayout, pushedRepository } from '@cartographer/oci';

/** What the registry wants to hear of who pushes: `me` with `secret`. */
export const AUTHORIZATION = `Basic ${Buffer.from('me:secret').toString('base64')}`;

/** A registry on disk that asks for a login to push, and tells what it was asked. The next PUTs fail as `faults` says. */
export type TestRegistry = Awaited<ReturnType<typeof startTestRegistry>>;

/** Starts a {@link TestRegistry}. */
export async function startTestRegistry(folder: string) {
  const faults = { status: 503, times: 0 };
  const layout = createOciLayout(folder);
  const lines: string[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    lines.push(
      `${request.method} ${request.url?.replace(/[0-9a-f-]{36}/, 'ID').replace(/sha256(:|%3A)[0-9a-f]+/g, 'DIGEST')}`,
    );
    if (request.method === 'PUT' && faults.times > 0) {
      faults.times -= 1;
      request.resume();
      response.writeHead(faults.status).end();
    } else if (pushedRepository(request) === undefined)
      await answerRegistryRequest(async () => layout, request, response);
    else if (![AUTHORIZATION, 'Bearer token'].includes(request.headers.authorization ?? '')) {
      request.resume();
      response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end();
    } else await answerRegistryPush(layout, { maxBlobBytes: 1e7, maxUploads: 4, kept: 2 }, request, response);
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { host, lines, faults, layout, close: () => new Promise((resolve) => server.close(resolve)) };
}
