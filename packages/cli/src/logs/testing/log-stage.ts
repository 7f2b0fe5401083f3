import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { crds } from '@cartographer/api';
import { jenkinsCrds } from '@cartographer/jenkins';
import { type Client, createHttpTransport, createRestMapper, staticCredentials, systemClock } from '@cartographer/kube';
import { type Json, type KubeObject, parseYamlDocuments, type Transport } from '@cartographer/machinery';
import {
  type FaultProxy,
  type LogKubelet,
  startEmbedded,
  startFaultProxy,
  startLogKubelet,
} from '@cartographer/testkit';
import { runCommandLine } from '../../command-line.ts';
import {
  type TestTerminal,
  type TestTerminalOptions,
  testSurroundings,
  testTerminal,
} from '../../frame/testing/test-surroundings.ts';

/** An embedded server with a kubelet for its pods, reached by real connections that can be cut. */
export type LogStage = {
  readonly client: Client;
  readonly kubelet: LogKubelet;
  readonly proxy: FaultProxy;
  /** A status that the server answers to requests for logs instead of the log. */
  refusal: Json | undefined;
  /** Makes objects, with the status that they carry. */
  make(yaml: string): Promise<void>;
  /** Runs `carto` until it ends, or is interrupted. */
  carto(args: string, options?: TestTerminalOptions): Running;
  close(): Promise<void>;
};

/** A command that runs. */
type Running = { readonly terminal: TestTerminal; readonly ended: Promise<void>; interrupt(): Promise<void> };

/** Starts a {@link LogStage}; close it at the end. */
export async function startLogStage(): Promise<LogStage> {
  const embedded = await startEmbedded({ crds: [...crds(), ...jenkinsCrds()] });
  const kubelet = await startLogKubelet();
  const { client, adminTransport } = embedded;
  const mapper = createRestMapper({ client, clock: systemClock });
  const front = await listen((request, response) => answer(request, response));
  const proxy = await startFaultProxy((front.address() as AddressInfo).port);
  const transport = createHttpTransport({
    server: `http://127.0.0.1:${proxy.port}`,
    credentials: staticCredentials({}),
    namespace: 'default',
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://127.0.0.1');
    const [, namespace, pod] = LOG_PATH.exec(pathname) ?? [];
    if (pod === undefined) return passOn(adminTransport, request, response);
    if (stage.refusal !== undefined) {
      const { code } = stage.refusal as { readonly code: number };
      response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(stage.refusal));
    } else kubelet.answer(`${namespace ?? ''}/${pod}/${searchParams.get('container') ?? ''}`, searchParams, response);
  }

  const stage: LogStage = {
    client,
    kubelet,
    proxy,
    refusal: undefined,
    async make(yaml) {
      for (const document of parseYamlDocuments(yaml)) {
        const object = document as KubeObject;
        const type = await mapper.resourceFor(object);
        const made = await client.apply(type, object, { fieldManager: 'test', force: true });
        if (object.status === undefined) continue;
        const { name = '', namespace = 'default' } = made.metadata;
        const body = { status: object.status };
        await client.patch(type, { namespace, name }, { kind: 'merge', body, subresource: 'status' });
      }
    },
    carto(args, options) {
      const terminal = testTerminal(options);
      const interrupt = new AbortController();
      const surroundings = testSurroundings({ terminal, transport, interrupt });
      const ended = runCommandLine(['node', 'carto', ...args.trim().split(/ +/)], surroundings);
      return {
        terminal,
        ended,
        async interrupt() {
          interrupt.abort();
          await ended;
        },
      };
    },
    async close() {
      await transport.close();
      await proxy.close();
      front.closeAllConnections();
      await new Promise((resolve) => {
        front.close(resolve);
      });
      await kubelet.close();
      await embedded.close();
    },
  };
  return stage;
}

const LOG_PATH = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/log$/;

async function listen(handler: (request: IncomingMessage, response: ServerResponse) => Promise<void>): Promise<Server> {
  const server = createServer((request, response) => {
    handler(request, response).catch((error: Error) => response.destroy(error));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return server;
}

/** Hands a request to the server in this process, and its answer back. */
async function passOn(transport: Transport, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname: path, searchParams } = new URL(request.url ?? '', 'http://127.0.0.1');
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const sent = await text(request);
  const answer = await transport.request({
    method: request.method as 'GET',
    path,
    query: Object.fromEntries(searchParams),
    headers: { accept: request.headers.accept ?? '', 'content-type': request.headers['content-type'] ?? '' },
    signal: gone.signal,
    ...(sent === '' ? {} : { body: JSON.parse(sent) as Json }),
  });
  response.writeHead(answer.status, { 'content-type': 'application/json' });
  response.flushHeaders();
  for await (const event of answer.events ?? []) response.write(`${JSON.stringify(event)}\n`);
  response.end(answer.events === undefined ? JSON.stringify(answer.body) : '');
}
