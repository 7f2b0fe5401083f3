import { type Clock, type Json, messageOf } from '@cartographer/machinery';
import { retryAfterMs } from '@cartographer/oci';
import type { ServerTrouble } from '../kinds/reasons.ts';
import type { Exchange } from './exchange.ts';

/** Why a server gave nothing, for a condition. */
export type Trouble = {
  readonly kind: 'trouble';
  readonly reason: ServerTrouble;
  readonly message: string;
  /** The server wants no request before that. */
  readonly afterMs?: number;
};

/** What a server says to a question. */
export type Answer<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'missing' }
  | { readonly kind: 'forbidden'; readonly message: string }
  | Trouble;

/** An answer's bytes that could be used. */
export type Answered = Extract<Exchange, { kind: 'answered' }>;

/** What an answer without what was asked for means. `what` names the question: `GET ci.example.com/queue/api/json`. */
export function answerOf(exchanged: Exchange, what: string, clock: Clock): Answer<Answered> {
  if (exchanged.kind === 'unsent') return trouble(exchanged.reason, exchanged.message);
  if (exchanged.kind === 'lost') return trouble('ServerUnavailable', exchanged.message);
  const { status, headers } = exchanged;
  if (status === 200) return { kind: 'ok', value: exchanged };
  if (status === 404) return { kind: 'missing' };
  if (status === 403) return { kind: 'forbidden', message: `${what} answers 403` };
  if (status === 401) return trouble('AuthFailed', `${what} answers 401: the login is refused`);
  if (status === 429 || status >= 500) {
    const afterMs = retryAfterMs(headers.get('retry-after') ?? undefined, clock);
    return {
      ...trouble('ServerUnavailable', `${what} answers ${status}`),
      ...(afterMs === undefined ? {} : { afterMs }),
    };
  }
  if (status >= 300 && status < 400)
    return trouble('NotJenkins', `${what} redirects to ${placeOf(headers)}: nothing is sent on to another address`);
  return trouble('NotJenkins', `${what} answers ${status}`);
}

/** The JSON of an answer, whatever type it says it is: the oldest servers call it JavaScript. */
export function jsonOf(answer: Answer<Answered>, what: string): Answer<Json> {
  if (answer.kind !== 'ok') return answer;
  const { bytes, isWhole } = answer.value.body;
  if (!isWhole) return trouble('AnswerTooLarge', `${what} answers more than ${bytes.length} bytes`);
  try {
    return { kind: 'ok', value: JSON.parse(bytes.toString('utf8')) as Json };
  } catch (error) {
    return trouble('NotJenkins', `${what} answers no JSON: ${messageOf(error).slice(0, 120)}`);
  }
}

/** The same answer with what it says read. */
export function mapAnswer<T, U>(answer: Answer<T>, read: (value: T) => U): Answer<U> {
  return answer.kind === 'ok' ? { kind: 'ok', value: read(answer.value) } : answer;
}

/** Why a server gave nothing. */
export function trouble(reason: ServerTrouble, message: string): Trouble {
  return { kind: 'trouble', reason, message };
}

/** Where a redirect leads, without what might be secret in its query. */
function placeOf(headers: Headers): string {
  const location = headers.get('location') ?? '';
  if (!URL.canParse(location)) return location.split('?')[0]?.slice(0, 200) || 'nowhere';
  const { origin, pathname } = new URL(location);
  return `${origin}${pathname}`.slice(0, 200);
}

/** The words of a page of HTML or a text, cut: for what a server says besides its status. */
export function wordsOf({ body: { bytes } }: Answered): string {
  const text = bytes.subarray(0, 16_384).toString('utf8');
  const title = /<title>([^<]*)<\/title>/i.exec(text)?.[1] ?? (text.includes('<') ? '' : text);
  return title.replaceAll(/\s+/g, ' ').trim().slice(0, 200).toWellFormed();
}
