import type { Clock, Log } from '@cartographer/machinery';
import { BoundedMap, CartoError, messageOf, orAborted } from '@cartographer/machinery';
import type { Client, ServiceAccountToken } from '../client/client.ts';
import { createTroubleLog } from '../transport/trouble.ts';

/** One life of a service account: a recreated one of the same name has another uid, and gets another token. */
export type ServiceAccountKey = { readonly namespace: string; readonly name: string; readonly uid: string };

/** A token could not be had. The text is that of upstream's token manager. */
export class TokenError extends CartoError {
  constructor(message: string, cause?: unknown) {
    super('CARTO_TOKEN', message, { cause });
  }

  override readonly name = 'TokenError';
}

/** Tokens of service accounts, asked for once and kept fresh. */
export interface TokenCache {
  /**
   * A token that is valid for a while yet.
   * @throws TokenError when there is none and none can be had.
   */
  tokenFor(account: ServiceAccountKey, signal?: AbortSignal): Promise<string>;
  /** The server refused the token: ask for another one next time. */
  forget(account: ServiceAccountKey): void;
}

/** What {@link createTokenCache} needs. */
export type TokenCacheOptions = {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  /** A number in [0, 1), for jitter. */
  readonly random?: () => number;
};

type Entry = {
  readonly token: string;
  readonly expiresMs: number;
  readonly refreshMs: number;
};

const EXPIRATION_SECONDS = 7_200;
const MAX_AGE_MS = 7_200_000;
const JITTER_MS = 10_000;
const PURGE_INTERVAL_MS = 600_000;
// A refresh that failed is not tried again with every use while the old token still serves.
const REFRESH_RETRY_MS = 5_000;
const MAX_ENTRIES = 20_000;

/** Makes a {@link TokenCache}. A token is replaced at half its life; while a refresh fails, the old one serves until it expires. */
export function createTokenCache(options: TokenCacheOptions): TokenCache {
  const { client, clock, log, random = Math.random } = options;
  const refreshes = createTroubleLog({ clock, log, text: 'token refresh failed; the old token still serves' });
  const entries = new BoundedMap<Entry>(MAX_ENTRIES);
  const asking = new Map<string, Promise<string>>();
  let purgedMs = clock.now();

  const keep = (key: string, { token, expirationTimestamp }: ServiceAccountToken): string => {
    const now = clock.now();
    const parsed = Date.parse(expirationTimestamp);
    const expiresMs = Number.isNaN(parsed) ? now + EXPIRATION_SECONDS * 1_000 : parsed;
    const halfMs = Math.min((expiresMs - now) / 2, MAX_AGE_MS);
    entries.set(key, { token, expiresMs, refreshMs: now + halfMs - random() * Math.min(JITTER_MS, halfMs / 2) });
    return token;
  };

  const ask = async (key: string, account: ServiceAccountKey): Promise<string> => {
    const old = entries.get(key);
    try {
      return keep(key, await client.createToken(account, { expirationSeconds: EXPIRATION_SECONDS }));
    } catch (error) {
      if (old === undefined) throw new TokenError(`fetch token: ${messageOf(error)}`, error);
      if (old.expiresMs <= clock.now()) {
        throw new TokenError(`token ${key} expired and refresh failed: ${messageOf(error)}`, error);
      }
      refreshes.failed(error, { account: key });
      entries.set(key, { ...old, refreshMs: clock.now() + REFRESH_RETRY_MS });
      return old.token;
    } finally {
      asking.delete(key);
    }
  };

  const purge = (now: number): void => {
    if (now - purgedMs < PURGE_INTERVAL_MS) return;
    purgedMs = now;
    for (const key of entries.keys()) {
      const entry = entries.get(key);
      if (entry !== undefined && entry.expiresMs <= now) entries.delete(key);
    }
  };

  return {
    async tokenFor(account, signal) {
      const now = clock.now();
      const key = keyOf(account);
      const entry = entries.get(key);
      if (entry !== undefined && now < entry.refreshMs) return entry.token;
      let shared = asking.get(key);
      if (shared === undefined) asking.set(key, (shared = ask(key, account)));
      const token = await orAborted(shared, signal);
      purge(now);
      return token;
    },
    forget(account) {
      entries.delete(keyOf(account));
    },
  };
}

function keyOf({ namespace, name, uid }: ServiceAccountKey): string {
  return `${JSON.stringify(name)}/${JSON.stringify(namespace)}/${JSON.stringify(uid)}`;
}
