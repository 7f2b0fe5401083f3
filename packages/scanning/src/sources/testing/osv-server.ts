import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** An OSV record, as far as a server looks at it. */
type ServedRecord = {
  readonly id: string;
  readonly modified?: string;
  readonly withdrawn?: string;
  readonly affected?: readonly { readonly package?: { readonly ecosystem: string; readonly name: string } }[];
};
type Query = { readonly package: { readonly ecosystem: string; readonly name: string }; readonly page_token?: string };

/** A server that speaks OSV's protocol over what is in `records`, by id. */
export type OsvServer = AsyncDisposable & {
  readonly url: string;
  /** Texts of records: what stands here is served, whatever it is. */
  readonly records: Map<string, string>;
  /** `POST querybatch 12` with the number of queries, and `GET ID`. */
  readonly asked: string[];
  readonly authorizations: (string | undefined)[];
  /** Answers in the place of the server where it gives true. */
  play: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** As large as a page is; OSV's have 1,000. */
  pageSize: number;
};

/** The most queries that a batch may have. Source: OSV's own API. */
const MOST_QUERIES = 1_000;

/** Starts an {@link OsvServer} on this machine. Withdrawn records are given and not listed, as OSV does. */
export async function startOsvServer(tls?: ServerOptions): Promise<OsvServer> {
  const state: Omit<OsvServer, 'url' | typeof Symbol.asyncDispose> = {
    records: new Map(),
    asked: [],
    authorizations: [],
    play: () => false,
    pageSize: 1_000,
  };
  const parsed = new Map<string, ServedRecord | undefined>();
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    state.authorizations.push(request.headers.authorization);
    const queries = body === '' ? [] : (JSON.parse(body) as { queries: readonly Query[] }).queries;
    const id = decodeURIComponent(/\/v1\/vulns\/([^/]+)$/.exec(request.url ?? '')?.[1] ?? '');
    state.asked.push(id === '' ? `${request.method} querybatch ${queries.length}` : `${request.method} ${id}`);
    if (state.play(request, response)) return;
    if (id !== '') {
      const record = state.records.get(id);
      response.writeHead(record === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(record ?? '{"code": 5, "message": "Bug not found."}');
    } else if (request.url?.endsWith('/v1/querybatch') !== true) {
      response.writeHead(404).end();
    } else if (queries.length > MOST_QUERIES || queries.some((query) => !isTaken(query))) {
      response.writeHead(400).end('{"code": 3, "message": "Invalid query."}');
    } else {
      response.end(JSON.stringify({ results: queries.map((query) => pageOf(query, state, parsed)) }));
    }
  };
  const listener = (request: IncomingMessage, response: ServerResponse): void => void answer(request, response);
  const server: Server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(state, {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  });
}

function isTaken({ package: { ecosystem } }: Query): boolean {
  return ecosystem !== 'Unheard';
}

function pageOf(
  { package: { ecosystem, name }, page_token = '0' }: Query,
  { records, pageSize }: Pick<OsvServer, 'records' | 'pageSize'>,
  parsed: Map<string, ServedRecord | undefined>,
) {
  const found = [...records.values()].flatMap((record) => {
    const read = readable(parsed, record);
    const speaks = read?.affected?.some(
      ({ package: of }) => of?.name === name && of.ecosystem.split(':')[0] === ecosystem,
    );
    return speaks === true && read?.withdrawn === undefined ? [{ id: read?.id, modified: read?.modified }] : [];
  });
  const end = Number(page_token) + pageSize;
  return {
    ...(found.length === 0 ? {} : { vulns: found.slice(Number(page_token), end) }),
    ...(end < found.length ? { next_page_token: String(end) } : {}),
  };
}

/** Each text is read once: a server is asked for thousands of packages. */
function readable(parsed: Map<string, ServedRecord | undefined>, record: string): ServedRecord | undefined {
  if (!parsed.has(record)) parsed.set(record, parse(record));
  return parsed.get(record);
}

function parse(record: string): ServedRecord | undefined {
  try {
    return JSON.parse(record) as ServedRecord;
  } catch {
    return undefined;
  }
}
