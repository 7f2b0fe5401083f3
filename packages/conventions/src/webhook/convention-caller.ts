import { Buffer } from 'node:buffer';
import type { LookupFunction } from 'node:net';
import type { PodConventionContext } from '@cartographer/convention-sdk';
import { createDeadline } from '@cartographer/kube';
import { type Clock, goDuration, stringifyJson } from '@cartographer/machinery';
import { type Dispatcher, request } from 'undici';
import { AnswerError } from './answer-error.ts';
import { callFailure, isBrokenOff } from './call-failure.ts';
import { type ConventionAnswer, checkAnswer } from './check-answer.ts';
import { ConventionCallError } from './convention-call-error.ts';
import type { ConventionEndpoint } from './endpoint.ts';
import { createEndpointAgents } from './endpoint-agents.ts';
import { readAnswer } from './read-answer.ts';

/** What {@link createConventionCaller} needs. */
export type ConventionCallerOptions = {
  readonly clock: Clock;
  /**
   * How much larger than its request an answer may be, in bytes; 8 MiB if not given. Servers send back what they were
   * asked, with its bills of material, so that an answer may be as large as the request and still be small.
   */
  readonly maxAnswerBytes?: number;
  /** How names are resolved; DNS unless a test says otherwise. */
  readonly lookup?: LookupFunction;
};

/** Asks convention servers. */
export interface ConventionCaller {
  /**
   * Posts a template and what is known of its images, and answers with what the server made of it.
   *
   * @throws ConventionCallError when there is no answer, or none that could take the template's place; what `signal` says
   * when it fires.
   */
  call(endpoint: ConventionEndpoint, request: PodConventionContext, signal: AbortSignal): Promise<ConventionAnswer>;
  /** Ends all connections, those in use as well. */
  close(): Promise<void>;
}

const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/** Makes a {@link ConventionCaller}: the API server's own webhook client, as far as servers can tell. */
export function createConventionCaller(options: ConventionCallerOptions): ConventionCaller {
  const { clock, maxAnswerBytes = MAX_ANSWER_BYTES } = options;
  const agents = createEndpointAgents(options.lookup);

  async function post(ask: Ask): Promise<ConventionAnswer> {
    try {
      return checkAnswer(await readAnswer(await send(ask), ask.href, ask.maxBytes), ask.request);
    } catch (error) {
      if (!(error instanceof AnswerError)) throw error;
      throw new ConventionCallError('bad-answer', `POST ${ask.href}: ${error.message}`);
    }
  }

  return {
    async call(endpoint, context, signal) {
      signal.throwIfAborted();
      const { timeoutMs } = endpoint;
      const href = `${endpoint.url.origin}${endpoint.url.pathname}?timeout=${goDuration(timeoutMs)}`;
      const body = stringifyJson(context);
      const late = `no whole answer in ${goDuration(timeoutMs)}; look at the load of the convention server, or give it longer`;
      const expire = (): Error => new ConventionCallError('timeout', `POST ${href}: ${late}`);
      const deadline = createDeadline({ clock, limitMs: timeoutMs, parent: signal, expire });
      const maxBytes = Buffer.byteLength(body) + maxAnswerBytes;
      try {
        const dispatcher = agents.of(endpoint);
        return await post({ dispatcher, href, body, request: context, maxBytes, signal: deadline.signal });
      } catch (error) {
        signal.throwIfAborted();
        throw deadline.expired ?? callFailure(error, href);
      } finally {
        deadline.end();
      }
    },
    close: () => agents.close(),
  };
}

type Ask = {
  readonly dispatcher: Dispatcher;
  readonly href: string;
  readonly body: string;
  readonly request: PodConventionContext;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
};

/**
 * Sends the request, and once more where the connection broke off before an answer began: one that was kept open breaks when
 * its server restarts. Conventions are functions of the request, so that asking twice does no harm.
 */
async function send(ask: Ask): Promise<Dispatcher.ResponseData> {
  try {
    return await sendOnce(ask);
  } catch (error) {
    if (ask.signal.aborted || !isBrokenOff(error)) throw error;
    return await sendOnce(ask);
  }
}

async function sendOnce({ dispatcher, href, body, signal }: Ask): Promise<Dispatcher.ResponseData> {
  const answer = await request(href, {
    dispatcher,
    method: 'POST',
    signal,
    headers: {
      // As the client of the original sends them.
      'user-agent': 'kube-apiserver-admission',
      accept: 'application/json, */*',
      'content-type': 'application/json',
    },
    body,
  });
  // Whoever reads it gets what goes wrong; a body that is given up has nobody who listens, and would end the process.
  answer.body.on('error', () => undefined);
  return answer;
}
