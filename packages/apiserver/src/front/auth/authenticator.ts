import { createHash, timingSafeEqual } from 'node:crypto';

import { type Clock, getPath, type KubeObject, memoByIdentity } from '@cartographer/machinery';

import type { Core } from '../../core-api.ts';
import { unauthorized } from '../wire/wire-errors.ts';
import { findObject } from './find-object.ts';
import { type BoundObject, ISSUER, type ServiceAccountTokens, type TokenClaims } from './service-account-tokens.ts';
import { AUTHENTICATED, anonymous, MASTERS, serviceAccountUser, type User } from './user.ts';

/** What a verified bearer token says. */
type VerifiedToken = { readonly user: User; readonly audiences: readonly string[] };

/** Tells who asks. */
export interface Authenticator {
  /**
   * The user of an Authorization header. A wrong token is refused even where anonymous requests are
   * allowed. Synchronous when the token is known already.
   * @throws StatusError 401
   */
  authenticate(authorization: string | undefined): User | Promise<User>;
  /** The user of a bearer token, or undefined when it is not valid (any more). */
  verify(token: string): VerifiedToken | undefined | Promise<VerifiedToken | undefined>;
}

/** What an authenticator stands on. */
export type AuthenticatorOptions = {
  readonly core: Pick<Core, 'get' | 'registry'>;
  readonly tokens: ServiceAccountTokens;
  readonly adminToken: string;
  /** Whether requests without credentials act as `system:anonymous`; otherwise they get 401. */
  readonly anonymous: boolean;
  readonly clock: Clock;
};

/** The user that the admin token makes. */
const admin: User = { name: 'admin', groups: [MASTERS, AUTHENTICATED] };

/** Creates the authenticator: the admin's static token and ServiceAccount tokens bound to live objects. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const adminDigest = digest(options.adminToken);
  const verifiedToken = memoByIdentity(
    (claims: TokenClaims): VerifiedToken => ({ user: userOf(claims), audiences: claims.audiences }),
  );

  function fromClaims(claims: TokenClaims | undefined, token: string): VerifiedToken | undefined {
    return claims === undefined || !isLive(options, claims, token) ? undefined : verifiedToken(claims);
  }

  function verify(token: string): VerifiedToken | undefined | Promise<VerifiedToken | undefined> {
    if (token === options.adminToken || isAdmin(token, adminDigest)) return { user: admin, audiences: [ISSUER] };
    const claims = options.tokens.verify(token);
    return claims instanceof Promise ? claims.then((known) => fromClaims(known, token)) : fromClaims(claims, token);
  }

  function accept(verified: VerifiedToken | undefined): User {
    if (verified === undefined || !verified.audiences.includes(ISSUER)) throw unauthorized();
    return verified.user;
  }

  return {
    verify,
    authenticate(authorization) {
      if (authorization === undefined || authorization === '') {
        if (!options.anonymous) throw unauthorized();
        return anonymous;
      }
      const [scheme = '', token = ''] = authorization.trim().split(/ +/, 2);
      if (scheme.toLowerCase() !== 'bearer' || token === '') throw unauthorized();
      const verified = verify(token);
      return verified instanceof Promise ? verified.then(accept) : accept(verified);
    },
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function isAdmin(token: string, adminDigest: Buffer): boolean {
  return !token.includes('.') && timingSafeEqual(digest(token), adminDigest);
}

/** How long a timed token outlives the beginning of its account's (or bound object's) deletion, as on a real server. */
const LEEWAY_MS = 60_000;

/** A token holds as long as its ServiceAccount (the very one, by uid) and the object it is bound to stay. */
function isLive({ core, clock }: AuthenticatorOptions, claims: TokenClaims, token: string): boolean {
  const { namespace, name, uid, bound, expiresAtMs } = claims;
  const goneBefore = clock.now() - (expiresAtMs === undefined ? 0 : LEEWAY_MS);
  const account = findObject(core, 'serviceaccounts', namespace, name);
  if (account?.metadata.uid !== uid || isLeaving(account, goneBefore)) return false;
  if (bound === undefined) return true;
  const found = findObject(core, resourceOfBound[bound.kind], namespace, bound.name);
  if (found === undefined || isLeaving(found, goneBefore)) return false;
  // A token without an end is good only while it stands in its Secret: another of the same name does not revive it.
  if (expiresAtMs === undefined) return getPath(found, 'data', 'token') === Buffer.from(token).toString('base64');
  return bound.uid === found.metadata.uid;
}

function isLeaving({ metadata }: KubeObject, before: number): boolean {
  return metadata.deletionTimestamp !== undefined && Date.parse(metadata.deletionTimestamp) <= before;
}

/** Where the objects are that tokens may be bound to. */
export const resourceOfBound: Readonly<Record<BoundObject['kind'], string>> = { Secret: 'secrets', Pod: 'pods' };

function userOf(claims: TokenClaims): User {
  const user = serviceAccountUser(claims.namespace, claims.name, claims.uid);
  const extra = {
    ...(claims.id === undefined ? {} : { 'authentication.kubernetes.io/credential-id': [`JTI=${claims.id}`] }),
    ...(claims.bound?.kind === 'Pod'
      ? {
          'authentication.kubernetes.io/pod-name': [claims.bound.name],
          'authentication.kubernetes.io/pod-uid': [claims.bound.uid],
        }
      : {}),
  };
  return Object.keys(extra).length === 0 ? user : { ...user, extra };
}
