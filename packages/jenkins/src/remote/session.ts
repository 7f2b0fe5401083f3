import { CartoError, type Clock, type Json, type Secret, textAt } from '@cartographer/machinery';
import { type Answer, type Answered, answerOf, jsonOf } from './answers.ts';
import { type Exchange, exchange, type Fetch } from './exchange.ts';

/** Who asks. A password needs a crumb of the session that it opens; a token needs none. */
export type Login = { readonly kind: 'token' | 'password'; readonly authorization: Secret };

/** What {@link createSession} needs. */
export type SessionOptions = {
  readonly url: string;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly login?: Login;
  /** Waited for before each request. */
  readonly turn: (signal: AbortSignal) => Promise<void>;
  /** Asked just before anything is sent that changes something: whether this process still leads. */
  readonly mayChange: () => boolean;
};

/** Questions to one server, with its login. */
export interface Session {
  get(path: string, signal: AbortSignal, maxBytes?: number): Promise<Answer<Answered>>;
  getJson(path: string, signal: AbortSignal): Promise<Answer<Json>>;
  /** What a path of the API says of these fields. */
  tree(path: string, fields: string, signal: AbortSignal): Promise<Answer<Json>>;
  /** @throws CartoError `CARTO_NOT_LEADER` before anything is sent. */
  post(path: string, body: string, signal: AbortSignal): Promise<Exchange>;
  /** How a path is named in messages: without the query. */
  nameOf(path: string): string;
}

const MOST_JSON_BYTES = 8 * 1024 * 1024;
const SMALL_BYTES = 64 * 1024;
const ACCEPT = { accept: 'application/json, text/plain, */*' };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

type HeaderFields = Readonly<Record<string, string>>;
type Sending = { readonly maxBytes?: number; readonly headers?: HeaderFields; readonly body?: string };
type Crumb = { readonly kind: 'crumb'; readonly headers: HeaderFields };

/** Makes a {@link Session}. Nothing is kept but its crumb. */
export function createSession({ url: base, fetch, clock, login, turn, mayChange }: SessionOptions): Session {
  const root = base.replace(/\/+$/, '');
  const authorization = (): HeaderFields =>
    login === undefined ? {} : { authorization: login.authorization.reveal() };
  let crumb: Crumb | undefined;

  function nameOf(path: string): string {
    const { host, pathname } = new URL(root + path);
    return `${host}${pathname}`;
  }

  async function send(
    method: 'GET' | 'POST',
    path: string,
    { maxBytes = MOST_JSON_BYTES, headers = {}, body }: Sending,
    signal: AbortSignal,
  ): Promise<Exchange> {
    await turn(signal);
    if (method === 'POST' && !mayChange()) {
      throw new CartoError('CARTO_NOT_LEADER', `POST ${nameOf(path)} was not sent: this process does not lead`);
    }
    const sent = { ...ACCEPT, ...headers, ...authorization() };
    return await exchange(fetch, clock, { method, url: new URL(root + path), headers: sent, body, maxBytes, signal });
  }

  async function get(path: string, signal: AbortSignal, maxBytes = MOST_JSON_BYTES): Promise<Answer<Answered>> {
    return answerOf(await send('GET', path, { maxBytes }, signal), nameOf(path), clock);
  }

  /** The crumb of a session, asked for once; 404 means that the server wants none. */
  async function crumbOf(signal: AbortSignal): Promise<Crumb | Exchange> {
    if (crumb !== undefined) return crumb;
    if (login?.kind === 'token') return { kind: 'crumb', headers: {} };
    const path = '/crumbIssuer/api/json';
    const exchanged = await send('GET', path, {}, signal);
    const answer = jsonOf(answerOf(exchanged, nameOf(path), clock), nameOf(path));
    if (answer.kind === 'missing') return (crumb = { kind: 'crumb', headers: {} });
    if (answer.kind !== 'ok' || exchanged.kind !== 'answered') return exchanged;
    const field = textAt(answer.value, 'crumbRequestField');
    const cookies = exchanged.headers.getSetCookie().map((cookie) => cookie.split(';')[0] ?? '');
    const headers = new Map<string, string>();
    if (field !== '') headers.set(field, textAt(answer.value, 'crumb'));
    if (cookies.length > 0) headers.set('cookie', cookies.join('; '));
    return (crumb = { kind: 'crumb', headers: Object.fromEntries(headers) });
  }

  /** A crumb that is over is asked for anew, once: what it came with was refused. */
  async function post(path: string, body: string, signal: AbortSignal, isAgain = false): Promise<Exchange> {
    const known = await crumbOf(signal);
    if (known.kind !== 'crumb') return beforePost(known);
    const headers = { ...FORM, ...known.headers };
    const exchanged = await send('POST', path, { headers, body, maxBytes: SMALL_BYTES }, signal);
    if (!isCrumbOver(exchanged) || isAgain || login?.kind === 'token') return exchanged;
    crumb = undefined;
    return await post(path, body, signal, true);
  }

  const getJson = async (path: string, signal: AbortSignal): Promise<Answer<Json>> =>
    jsonOf(await get(path, signal), nameOf(path));
  return {
    get,
    getJson,
    tree: (path, fields, signal) => getJson(`${path}/api/json?tree=${encodeURIComponent(fields)}`, signal),
    post: (path, body, signal) => post(path, body, signal),
    nameOf,
  };
}

function isCrumbOver(exchanged: Exchange): boolean {
  return (
    exchanged.kind === 'answered' && exchanged.status === 403 && /crumb/i.test(exchanged.body.bytes.toString('utf8'))
  );
}

/** What was asked before a change and failed: the change was not sent. */
function beforePost(exchanged: Exchange): Exchange {
  if (exchanged.kind === 'lost') return { kind: 'unsent', reason: 'ServerUnavailable', message: exchanged.message };
  if (exchanged.kind === 'answered' && exchanged.status !== 401 && exchanged.status !== 403) {
    const message = `the server answers ${exchanged.status} to the question for a crumb`;
    return { kind: 'unsent', reason: 'ServerUnavailable', message };
  }
  return exchanged;
}
