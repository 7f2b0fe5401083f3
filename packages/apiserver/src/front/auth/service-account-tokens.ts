import { createPrivateKey, createPublicKey, randomUUID } from 'node:crypto';

import { type Clock, getPath, type Json, type JsonObject, textsAt } from '@cartographer/machinery';
import { errors, jwtVerify, SignJWT } from 'jose';

import { keyId } from './credentials.ts';

/** Issuer and default audience of tokens, as on a real cluster. */
export const ISSUER = 'https://kubernetes.default.svc.cluster.local';
const LEGACY_ISSUER = 'kubernetes/serviceaccount';
const ALGORITHM = 'ES256';
const MAX_VERIFIED = 4096;

/** An object that a token dies with. */
export type BoundObject = { readonly kind: 'Secret' | 'Pod'; readonly name: string; readonly uid: string };

/** Whom a token names, and how long it holds. */
export type TokenClaims = {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly audiences: readonly string[];
  readonly id?: string;
  readonly bound?: BoundObject;
  /** Milliseconds since 1970; undefined for the tokens in Secrets, which hold until the Secret goes. */
  readonly expiresAtMs?: number;
};

/** Signs and verifies ServiceAccount tokens. A verified token is remembered: the signature is checked once. */
export interface ServiceAccountTokens {
  sign(claims: TokenClaims): Promise<string>;
  /** The claims of a token that holds now; undefined for any other text. Synchronous when it is remembered. */
  verify(token: string): TokenClaims | undefined | Promise<TokenClaims | undefined>;
}

/** Creates the tokens of one signing key (PKCS #8, P-256). */
export function createServiceAccountTokens(signingKeyPem: string, clock: Clock): ServiceAccountTokens {
  const privateKey = createPrivateKey(signingKeyPem);
  const publicKey = createPublicKey(signingKeyPem);
  const kid = keyId(signingKeyPem);
  const verified = new Map<string, TokenClaims>();

  async function verifySignature(token: string): Promise<TokenClaims | undefined> {
    try {
      const { payload } = await jwtVerify(token, publicKey, {
        algorithms: [ALGORITHM],
        issuer: [ISSUER, LEGACY_ISSUER],
        currentDate: new Date(clock.now()),
      });
      const claims = readClaims(payload as JsonObject);
      if (claims === undefined) return undefined;
      if (verified.size >= MAX_VERIFIED) verified.clear();
      verified.set(token, claims);
      return claims;
    } catch (error) {
      if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined;
      throw error;
    }
  }

  return {
    sign(claims) {
      const issuedAt = Math.floor(clock.now() / 1000);
      const jwt = new SignJWT(payloadOf(claims)).setProtectedHeader({ alg: ALGORITHM, kid });
      if (claims.expiresAtMs === undefined) return jwt.setIssuer(LEGACY_ISSUER).sign(privateKey);
      return jwt
        .setIssuer(ISSUER)
        .setAudience([...claims.audiences])
        .setIssuedAt(issuedAt)
        .setNotBefore(issuedAt)
        .setExpirationTime(Math.floor(claims.expiresAtMs / 1000))
        .setJti(claims.id ?? randomUUID())
        .sign(privateKey);
    },
    verify(token) {
      const known = verified.get(token);
      if (known === undefined) return verifySignature(token);
      if (known.expiresAtMs === undefined || known.expiresAtMs > clock.now()) return known;
      verified.delete(token);
      return undefined;
    },
  };
}

const LEGACY = 'kubernetes.io/serviceaccount/';

function payloadOf(claims: TokenClaims): Record<string, unknown> {
  const sub = `system:serviceaccount:${claims.namespace}:${claims.name}`;
  if (claims.expiresAtMs === undefined) {
    return {
      sub,
      [`${LEGACY}namespace`]: claims.namespace,
      [`${LEGACY}secret.name`]: claims.bound?.name,
      [`${LEGACY}service-account.name`]: claims.name,
      [`${LEGACY}service-account.uid`]: claims.uid,
    };
  }
  const { bound } = claims;
  return {
    sub,
    'kubernetes.io': {
      namespace: claims.namespace,
      serviceaccount: { name: claims.name, uid: claims.uid },
      ...(bound === undefined ? {} : { [bound.kind.toLowerCase()]: { name: bound.name, uid: bound.uid } }),
    },
  };
}

function readClaims(payload: JsonObject): TokenClaims | undefined {
  if (payload['iss'] === LEGACY_ISSUER) {
    const namespace = payload[`${LEGACY}namespace`];
    const name = payload[`${LEGACY}service-account.name`];
    const uid = payload[`${LEGACY}service-account.uid`];
    const secret = payload[`${LEGACY}secret.name`];
    if (!isText(namespace) || !isText(name) || !isText(uid) || !isText(secret)) return undefined;
    return { namespace, name, uid, audiences: [ISSUER], bound: { kind: 'Secret', name: secret, uid: '' } };
  }
  const own = payload['kubernetes.io'];
  const namespace = getPath(own, 'namespace');
  const name = getPath(own, 'serviceaccount', 'name');
  const uid = getPath(own, 'serviceaccount', 'uid');
  const expires = payload['exp'];
  if (!isText(namespace) || !isText(name) || !isText(uid) || typeof expires !== 'number') return undefined;
  const bound = readBound(own, 'Secret') ?? readBound(own, 'Pod');
  return {
    namespace,
    name,
    uid,
    audiences: audiencesOf(payload['aud']),
    ...(isText(payload['jti']) ? { id: payload['jti'] } : {}),
    ...(bound === undefined ? {} : { bound }),
    expiresAtMs: expires * 1000,
  };
}

function readBound(own: Json | undefined, kind: BoundObject['kind']): BoundObject | undefined {
  const name = getPath(own, kind.toLowerCase(), 'name');
  const uid = getPath(own, kind.toLowerCase(), 'uid');
  return isText(name) && isText(uid) ? { kind, name, uid } : undefined;
}

function isText(value: Json | undefined): value is string {
  return typeof value === 'string' && value !== '';
}

/** The claim is one text or a list of them. */
function audiencesOf(value: Json | undefined): readonly string[] {
  return typeof value === 'string' ? [value] : textsAt(value);
}
