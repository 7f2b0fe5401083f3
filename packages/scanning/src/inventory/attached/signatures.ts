import type { Buffer } from 'node:buffer';
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { type Json, textAt } from '@cartographer/machinery';

/** The keys of one policy: a signature by one of them is one that it trusts. */
export type TrustedKeys = {
  /** Whose keys they are: `ClusterScanPolicy web-gate`. */
  readonly owner: string;
  readonly keys: readonly KeyObject[];
  /** Why some of them count for nothing. */
  readonly wrong: readonly string[];
};

/** Reads keys in PEM: ECDSA on P-256 or Ed25519, as cosign makes them. One that cannot be read trusts nobody. */
export function trustedKeys(owner: string, pems: readonly string[]): TrustedKeys {
  const keys: KeyObject[] = [];
  const wrong: string[] = [];
  for (const [at, pem] of pems.entries()) {
    const key = keyIn(pem);
    if (key === undefined) wrong.push(`key ${at + 1} of ${owner} is no public key of ECDSA P-256 or Ed25519 in PEM`);
    else keys.push(key);
  }
  return { owner, keys, wrong };
}

function keyIn(pem: string): KeyObject | undefined {
  // A private key would be taken for its public half: it has no place in a policy.
  if (!/^\s*-----BEGIN PUBLIC KEY-----/.test(pem)) return undefined;
  try {
    const key = createPublicKey(pem);
    const isP256 = key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
    return isP256 || key.asymmetricKeyType === 'ed25519' ? key : undefined;
  } catch {
    return undefined;
  }
}

/** Whether one of the keys made the signature. ECDSA signs the SHA-256, and writes itself down as DER. */
export function isSignedBy(keys: readonly KeyObject[], bytes: Buffer, signature: Buffer): boolean {
  return keys.some((key) => {
    try {
      return verify(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', bytes, key, signature);
    } catch {
      return false;
    }
  });
}

/** The id of a key: the SHA-256 of what it is in DER. */
export function keyId(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/** Whether a simple-signing payload of cosign is about that manifest. */
export function isPayloadOf(payload: Json, digest: string): boolean {
  return (
    textAt(payload, 'critical', 'type') === 'cosign container image signature' &&
    textAt(payload, 'critical', 'image', 'docker-manifest-digest') === digest
  );
}
