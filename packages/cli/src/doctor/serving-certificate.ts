import { X509Certificate } from 'node:crypto';
import { certificateOf, certificatesOf } from '@cartographer/controller';
import { getIfThere, SECRETS } from '@cartographer/kube';
import type { Session } from '../frame/session.ts';

/** The certificate that a Secret holds; undefined where there is no Secret, and `unreadable` where it holds none. */
export async function servingCertificate(
  { client, signal }: Session,
  key: { readonly namespace: string; readonly name: string },
): Promise<X509Certificate | 'unreadable' | undefined> {
  const secret = await getIfThere(client, SECRETS, key, { signal });
  if (secret === undefined) return undefined;
  const [certificate] = authoritiesIn(certificateOf(secret).certPem ?? '');
  return certificate ?? 'unreadable';
}

/** The certificates of a PEM bundle that can be read. */
export function authoritiesIn(bundle: string): readonly X509Certificate[] {
  return certificatesOf(bundle).flatMap((pem) => {
    try {
      return [new X509Certificate(pem)];
    } catch {
      return [];
    }
  });
}

/** How long a certificate is good for from now on: milliseconds, negative when it has run out. */
export function remainingMs(certificate: X509Certificate, nowMs: number): number {
  return Date.parse(certificate.validTo) - nowMs;
}

/** How long it is good for in all. */
export function lifeMs({ validFrom, validTo }: X509Certificate): number {
  return Date.parse(validTo) - Date.parse(validFrom);
}
