import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  CartoError,
  type Clock,
  type DropReason,
  failure,
  type Log,
  messageOf,
  stringifyJson,
} from '@cartographer/machinery';
import { createHttpsServer, type HttpsServer } from '@cartographer/runtime';
import { isStoreFailure } from '@cartographer/store';
import type { Asker, QuestionAccess } from './access.ts';
import type { Answer } from './answer.ts';
import { QUESTIONS_PREFIX, type Question, readQuestion } from './question.ts';

/** What {@link serveQuestions} needs. */
export type QuestionServerOptions = {
  readonly host: string;
  readonly port: number;
  readonly access: QuestionAccess;
  readonly answer: (question: Question, asker: Asker, signal: AbortSignal) => Promise<Answer>;
  readonly clock: Clock;
  readonly log: Log;
  /** Is told of every connection that had to go. */
  readonly onDrop: (reason: DropReason) => void;
  readonly limits?: Partial<typeof limits>;
};

/** The bounds of the server, as long as a test gives no others. */
const limits = {
  connections: 200,
  /** Questions that the API server or the store work on; those that were given up count until they are done. */
  atOnce: 8,
  /** Of one answer. */
  answerMs: 10_000,
};
const MOST_TOKEN = 16_384;

type Reply = { readonly code: number; readonly body: object; readonly retryAfterS?: number };

/**
 * Answers questions about the store over HTTPS, and writes nothing. Each carries the asker's bearer token. Every answer that
 * is none is a Status, as an API server's.
 * @throws CartoError `CARTO_PORT_IN_USE` when the address is taken.
 */
export async function serveQuestions(options: QuestionServerOptions): Promise<HttpsServer> {
  const max = { ...limits, ...options.limits };
  let underWay = 0;

  async function reply(request: IncomingMessage): Promise<Reply> {
    const url = urlOf(request);
    const read = url === undefined ? ({ kind: 'nowhere' } as const) : readQuestion(url);
    if (read.kind === 'nowhere')
      return refusal(
        404,
        'NotFound',
        `nothing is asked here: ${QUESTIONS_PREFIX}/carriers, /touched or /namespaces/NAMESPACE/imagescans/NAME/findings`,
      );
    if (request.method !== 'GET')
      return refusal(405, 'MethodNotAllowed', 'questions are asked by GET; nothing is written here');
    const token = tokenOf(request);
    if (token === undefined)
      return refusal(401, 'Unauthorized', 'send the token of an account of this cluster: Authorization: Bearer TOKEN');
    if (read.kind === 'wrong') return refusal(400, 'BadRequest', read.why);
    if (underWay >= max.atOnce)
      return {
        ...refusal(429, 'TooManyRequests', 'too many questions at once; ask again in a second'),
        retryAfterS: 1,
      };
    return withinTime(token, read.question);
  }

  /** Whoever asked waits no longer than that; what was begun goes on, and counts until it has ended. */
  async function withinTime(token: string, question: Question): Promise<Reply> {
    const late = Promise.withResolvers<Reply>();
    const stop = new AbortController();
    const cancel = options.clock.schedule(max.answerMs, () => {
      stop.abort(new CartoError('CARTO_TIMEOUT', 'the answer took too long'));
      late.resolve({
        ...refusal(
          504,
          'Timeout',
          `there was no answer within ${max.answerMs / 1000} s: the store or the API server is slow; ask again, for a namespace or with a smaller limit`,
        ),
        retryAfterS: 5,
      });
    });
    underWay += 1;
    const answered = replyTo(options, token, question, stop.signal).finally(() => {
      underWay -= 1;
      cancel();
    });
    answered.catch(() => undefined);
    return Promise.race([answered, late.promise]);
  }

  return createHttpsServer({
    ...options,
    flag: '--questions-address',
    maxConnections: max.connections,
    async handle(request, response, use) {
      use();
      request.resume();
      send(response, await reply(request));
    },
  });
}

async function replyTo(
  { access, answer, log }: QuestionServerOptions,
  token: string,
  question: Question,
  signal: AbortSignal,
): Promise<Reply> {
  let asker: Asker | undefined;
  try {
    asker = await access.who(token, signal);
    if (asker === undefined)
      return refusal(401, 'Unauthorized', 'the token is of no account of this cluster, or has expired');
    return replyOf(await answer(question, asker, signal));
  } catch (error) {
    if (!(error instanceof CartoError)) throw error;
    log.warn({ question: question.kind, code: error.code, reason: messageOf(error) }, 'question could not be answered');
    const what = isStoreFailure(error) ? 'the store of the scanner' : 'the API server';
    return {
      ...refusal(503, 'ServiceUnavailable', `${what} does not answer now; ask again. The scanner's log says why`),
      retryAfterS: 5,
    };
  }
}

function replyOf(answer: Answer): Reply {
  switch (answer.kind) {
    case 'carriers':
    case 'touched':
    case 'findings':
      return { code: 200, body: answer };
    case 'forbidden':
      return refusal(403, 'Forbidden', answer.why);
    case 'missing':
      return refusal(404, 'NotFound', answer.why);
    case 'unread':
      return refusal(409, 'Conflict', answer.why);
    case 'tooWide':
      return refusal(400, 'BadRequest', answer.why);
  }
}

function refusal(code: number, reason: string, message: string): Reply {
  return { code, body: failure(code, reason, message) };
}

function urlOf({ url = '' }: IncomingMessage): URL | undefined {
  return url.startsWith('/') && URL.canParse(url, 'https://scanner') ? new URL(url, 'https://scanner') : undefined;
}

function tokenOf({ headers }: IncomingMessage): string | undefined {
  const token = /^Bearer ([\w~+/.-]+=*)$/i.exec(headers.authorization ?? '')?.[1];
  return token === undefined || token.length > MOST_TOKEN ? undefined : token;
}

function send(response: ServerResponse, { code, body, retryAfterS }: Reply): void {
  response
    .writeHead(code, {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      ...(retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) }),
    })
    .end(stringifyJson(body));
}
