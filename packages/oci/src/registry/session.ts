import { Buffer } from 'node:buffer';
import { type Clock, getPath, type Json, Secret } from '@cartographer/machinery';
import type { RegistryLogin, RegistryToken } from '../access/docker-config.ts';
import { RegistryError } from '../access/registry-error.ts';
import type { RepositoryName } from '../content/reference.ts';
import { type Challenge, challengeIn } from './challenge.ts';
import { type Answer, type Ask, contentOf, discard, type Exchange } from './exchange.ts';
import { refusalOf } from './refusals.ts';

/** What is to be done with a repository. */
export type Action = 'pull' | 'pull,push';

/** Requests to one repository, with the logins for it. */
export interface Session {
  /** Sends a request; logs in where the registry asks for it. What it refuses nevertheless is answered as it is. */
  ask(ask: Ask, action: Action): Promise<Answer>;
}

/** What {@link createSession} needs. */
export type SessionOptions = {
  readonly name: RepositoryName;
  /** Where the registry answers: nobody else gets a login. */
  readonly origin: string;
  /** In the order in which they are tried; without any, nobody logs in. */
  readonly logins: readonly (RegistryLogin | RegistryToken)[];
  readonly exchange: Exchange;
  readonly clock: Clock;
};

type Grant = { readonly login: number; readonly authorization: Secret; readonly untilMs: number };

/** A secret with more entries for one repository is a mistake. */
const MAX_LOGINS = 10;
const MAX_TOKEN_BYTES = 256 * 1024;
/** The specification's, where a token server does not say. */
const TOKEN_SECONDS = 60;
const LONGEST_TOKEN_SECONDS = 3_600;
/** Another login may be allowed what this one is not. Many registries say 404 where they mean 403. */
const REFUSED: ReadonlySet<number> = new Set([401, 403, 404]);

/** Makes a {@link Session}. Tokens live in it alone: whoever has another session has to log in. */
export function createSession(options: SessionOptions): Session {
  const { exchange, clock } = options;
  const logins = options.logins.length === 0 ? [undefined] : options.logins.slice(0, MAX_LOGINS);
  const grants = new Map<Action, Grant>();
  let challenge: Challenge | undefined;

  function current(action: Action): Grant | undefined {
    const grant = grants.get(action);
    return grant !== undefined && grant.untilMs > clock.now() ? grant : undefined;
  }

  return {
    async ask(ask, action) {
      // An upload may have to go elsewhere.
      if (ask.url.origin !== options.origin) return exchange.send({ ...ask, authorization: undefined });
      const known = current(action);
      let answer = await exchange.send({ ...ask, authorization: known?.authorization });
      if (!REFUSED.has(answer.status)) return answer;
      // A token that is not taken any more is fetched anew; where it was taken, only another login can help.
      const first = answer.status === 401 ? 0 : (known?.login ?? -1) + 1;
      // Only whoever was asked may ask for a login, not where it sent us.
      if (answer.url.origin === ask.url.origin)
        challenge = challengeIn(answer.headers('www-authenticate')) ?? challenge;
      if (challenge === undefined) return answer;
      for (let at = first; at < logins.length; at += 1) {
        const grant = await grantFor(options, challenge, { at, login: logins[at], action, signal: ask.signal });
        if (grant === undefined) continue;
        await discard(answer);
        answer = await exchange.send({ ...ask, authorization: grant.authorization });
        if (answer.status !== 401) grants.set(action, grant);
        if (!REFUSED.has(answer.status)) break;
      }
      return answer;
    },
  };
}

type Wish = {
  readonly at: number;
  readonly login: RegistryLogin | RegistryToken | undefined;
  readonly action: Action;
  readonly signal: AbortSignal;
};

/** What proves a login; undefined when the login is not taken. */
async function grantFor(options: SessionOptions, challenge: Challenge, wish: Wish): Promise<Grant | undefined> {
  const { at, login } = wish;
  if (login !== undefined && 'token' in login) {
    const authorization = new Secret(`Bearer ${login.token.reveal()}`);
    return { login: at, authorization, untilMs: Number.POSITIVE_INFINITY };
  }
  const basic = login === undefined ? undefined : basicOf(login);
  if (challenge.kind === 'bearer') return tokenFor(options, challenge, { ...wish, basic });
  return basic === undefined ? undefined : { login: at, authorization: basic, untilMs: Number.POSITIVE_INFINITY };
}

/** Asks a token server: https://distribution.github.io/distribution/spec/auth/token/ */
async function tokenFor(
  { name, exchange, clock }: SessionOptions,
  { realm, service, scope }: Extract<Challenge, { kind: 'bearer' }>,
  { at, action, signal, basic }: Wish & { readonly basic: Secret | undefined },
): Promise<Grant | undefined> {
  const what = `a token for ${name.registry}/${name.repository}`;
  if (!URL.canParse(realm)) {
    throw new RegistryError(
      'Misbehaved',
      `${name.registry} names a token server that is no URL, for ${name.repository}`,
    );
  }
  const url = new URL(realm);
  if (service !== '') url.searchParams.set('service', service);
  const own = `repository:${name.repository}:${action}`;
  // Registries behind others know their repositories by other names.
  url.searchParams.set('scope', /^repository:\S+$/.test(scope) ? scope : own);
  const ask: Ask = { method: 'GET', url, what, authorization: basic, signal };
  const askedAt = clock.now();
  const answer = await exchange.send(ask);
  if (answer.status === 400 || answer.status === 401 || answer.status === 403) {
    await discard(answer);
    return undefined;
  }
  if (answer.status !== 200) throw await refusalOf(answer, ask, clock);
  const { token, seconds } = await tokenIn(answer, ask);
  // A part of its life is left to requests that are on their way.
  const untilMs = askedAt + seconds * 900;
  return { login: at, authorization: new Secret(`Bearer ${token}`), untilMs };
}

async function tokenIn(answer: Answer, ask: Ask): Promise<{ readonly token: string; readonly seconds: number }> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  const broken = new RegistryError('Misbehaved', `${answer.url.host} answers with something else for ${ask.what}`);
  for await (const part of contentOf(answer, ask)) {
    sizeBytes += part.length;
    if (sizeBytes > MAX_TOKEN_BYTES) throw broken;
    parts.push(part);
  }
  let document: Json;
  try {
    document = JSON.parse(Buffer.concat(parts).toString('utf8')) as Json;
  } catch {
    throw broken; // without the cause: it would quote what was read
  }
  const token = getPath(document, 'token') ?? getPath(document, 'access_token');
  const lives = getPath(document, 'expires_in');
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) throw broken;
  const seconds = typeof lives === 'number' && lives > 0 ? Math.min(lives, LONGEST_TOKEN_SECONDS) : TOKEN_SECONDS;
  return { token, seconds };
}

function basicOf({ username, password }: RegistryLogin): Secret {
  return new Secret(`Basic ${Buffer.from(`${username}:${password.reveal()}`).toString('base64')}`);
}
