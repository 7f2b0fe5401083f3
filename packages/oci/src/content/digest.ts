import type { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';

const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** `sha256:…` of some bytes, or their digest by another algorithm. */
export function digestOf(bytes: string | Buffer, algorithm = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

/** Whether a text is a digest that we can check: SHA-256 or SHA-512, the two that the OCI image specification registers. */
export function isDigest(text: unknown): text is string {
  return typeof text === 'string' && DIGEST.test(text);
}

/** The two halves of a digest. */
export function digestParts(digest: string): { readonly algorithm: string; readonly hex: string } {
  const colon = digest.indexOf(':');
  return { algorithm: digest.slice(0, colon), hex: digest.slice(colon + 1) };
}
