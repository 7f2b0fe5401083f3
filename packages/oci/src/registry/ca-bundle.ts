import { Buffer } from 'node:buffer';
import { X509Certificate } from 'node:crypto';

/** The certificates of a `caBundle`, which is PEM as base64; undefined where it is none. */
export function caBundlePem(bundle: string): string | undefined {
  const pem = Buffer.from(bundle, 'base64').toString('utf8');
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    for (const block of blocks) void new X509Certificate(block);
  } catch {
    return undefined;
  }
  return blocks.length === 0 ? undefined : blocks.join('\n');
}
