import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FakeJenkins } from './fake-jenkins.ts';

/** A scripted server that is reached over loopback. */
export type ServedFake = { readonly url: string; stop(): Promise<void> };

/** Serves a scripted server on loopback: for processes that are not this one. */
export async function serveFake(jenkins: FakeJenkins): Promise<ServedFake> {
  const { signal } = new AbortController();
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const chunks = await Array.fromAsync(request as AsyncIterable<Buffer>);
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      const answered = await jenkins.fetch(new URL(request.url ?? '/', jenkins.ownUrl), {
        method: request.method === 'POST' ? 'POST' : 'GET',
        redirect: 'manual',
        signal,
        headers,
        body: Buffer.concat(chunks).toString(),
      });
      response.writeHead(answered.status, Object.fromEntries(answered.headers));
      response.end(Buffer.from(await answered.arrayBuffer()));
    };
    answer().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  jenkins.ownUrl = url;
  return {
    url,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
