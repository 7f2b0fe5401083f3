import type { Buffer } from 'node:buffer';
import { failureCode, messageOf, type Secret } from '@cartographer/machinery';
import { type Agent, type Dispatcher, request } from 'undici';
import type { Destinations } from '../access/destinations.ts';
import { RegistryError } from '../access/registry-error.ts';

/** One request. */
export type Ask = {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly url: URL;
  /** What is asked for, in messages: `manifest v1 of r.example/app`. */
  readonly what: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Goes to the origin of the URL, and not along with a redirect to another. */
  readonly authorization?: Secret | undefined;
  readonly body?: AskBody;
  readonly signal: AbortSignal;
};

/** What is sent, as often as it has to be. */
export type AskBody = { readonly sizeBytes: number; readonly open: () => AsyncIterable<Buffer> };

/** What came back. Its body has to be read or discarded. */
export type Answer = {
  readonly status: number;
  /** Of a header that came several times, the first. */
  header(name: string): string | undefined;
  headers(name: string): readonly string[];
  readonly body: Dispatcher.ResponseData['body'];
  /** Who answered, behind redirects. */
  readonly url: URL;
};

/** Sends requests. */
export interface Exchange {
  /**
   * Sends one request and follows redirects of those that only read.
   *
   * @throws RegistryError when there is no answer, or one that leads where we do not ask.
   */
  send(ask: Ask): Promise<Answer>;
}

const MAX_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Makes an {@link Exchange}. */
export function createExchange(agent: Agent, destinations: Destinations): Exchange {
  return {
    async send(ask) {
      let { url, authorization } = ask;
      for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
        const answer = await sendOnce(agent, destinations, { ...ask, url, authorization });
        if (!REDIRECTS.has(answer.status)) return answer;
        await discard(answer);
        const target = targetOf(answer, ask);
        if (target.origin !== url.origin) authorization = undefined;
        url = target;
      }
      throw new RegistryError('Misbehaved', `${ask.url.host} answers with redirects without end for ${ask.what}`);
    },
  };
}

async function sendOnce(agent: Agent, destinations: Destinations, ask: Ask): Promise<Answer> {
  const { method, url, what, headers, authorization, body, signal } = ask;
  destinations.checkUrl(url);
  try {
    const answer = await request(`${url.origin}${url.pathname}${url.search}`, {
      dispatcher: agent,
      method,
      signal,
      headers: {
        'user-agent': 'cartographer',
        ...headers,
        ...(authorization === undefined ? {} : { authorization: authorization.reveal() }),
        ...(body === undefined ? {} : { 'content-length': String(body.sizeBytes) }),
      },
      ...(body === undefined ? {} : { body: body.open() as unknown as Dispatcher.DispatchOptions['body'] }),
    });
    // Whoever reads it gets what goes wrong; a body that is given up has nobody who listens, and would end the process.
    answer.body.on('error', () => undefined);
    const all = (name: string): readonly string[] => [answer.headers[name] ?? []].flat();
    return { status: answer.statusCode, headers: all, header: (name) => all(name)[0], body: answer.body, url };
  } catch (error) {
    throw failureOf(error, url, what, signal);
  }
}

function targetOf(answer: Answer, ask: Ask): URL {
  const location = answer.header('location') ?? '';
  const reads = ask.method === 'GET' || ask.method === 'HEAD';
  if (!reads || location === '' || !URL.canParse(location, answer.url.href)) {
    const why = reads ? 'leads nowhere' : 'is for something that is to be written';
    throw new RegistryError('Misbehaved', `${answer.url.host} answers with a redirect that ${why}, for ${ask.what}`);
  }
  return new URL(location, answer.url);
}

/** Reads an answer as it comes. */
export async function* contentOf(answer: Answer, ask: Pick<Ask, 'what' | 'signal'>): AsyncGenerator<Buffer> {
  try {
    yield* answer.body as AsyncIterable<Buffer>;
  } catch (error) {
    throw failureOf(error, answer.url, ask.what, ask.signal);
  } finally {
    answer.body.destroy();
  }
}

/** Ends an answer of which nothing is wanted. Short ones are read, so that their connection can be used again. */
export async function discard({ body }: Answer): Promise<void> {
  await body.dump({ limit: 16 * 1024 }).catch(() => undefined);
}

const BROKEN = 'the connection broke off';

/** What undici and sockets throw, in words that name the server. What we throw ourselves stays as it is. */
function failureOf(error: unknown, url: URL, what: string, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof RegistryError || !(error instanceof Error)) return error;
  const code = failureCode(error);
  const why = WORDS.get(code) ?? (/CERT|SELF_SIGNED|^ERR_(TLS|SSL)|^UNABLE_TO/.test(code) ? TLS(code) : undefined);
  const text = why ?? (code.startsWith('UND_ERR') || code === '' ? BROKEN : messageOf(error));
  return new RegistryError('Unavailable', `${url.host} cannot be asked for ${what}: ${text}`, { cause: error });
}

const TLS = (code: string): string => `its certificate is not trusted (${code}); add its authority`;
const WORDS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'nobody listens there (ECONNREFUSED)'],
  ['ENOTFOUND', 'its name is not known (ENOTFOUND)'],
  ['EAI_AGAIN', 'the name service does not answer (EAI_AGAIN)'],
  ['UND_ERR_CONNECT_TIMEOUT', 'it does not take connections in time'],
  ['UND_ERR_HEADERS_TIMEOUT', 'it does not answer in time'],
  ['UND_ERR_BODY_TIMEOUT', 'its answer does not go on'],
  ['UND_ERR_HEADERS_OVERFLOW', 'its answer has too many headers'],
]);
