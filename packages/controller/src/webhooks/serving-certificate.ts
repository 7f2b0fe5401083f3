import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { KeyPair } from '@cartographer/runtime';

/** What the certificate of the webhooks is called in logs and metrics. */
export const WEBHOOK_CERTIFICATE = 'webhook certificate';

const DAY_MS = 24 * 60 * 60 * 1_000;
/** A certificate of our own making lasts a year. */
const VALID_DAYS = 365;
/** From here on it is replaced; anything that stands in the way has four months to be mended. */
const RENEW_BEFORE_DAYS = 120;

/** A serving certificate and the authority that signed it; the authority's key is thrown away. */
export type IssuedCertificate = KeyPair & { readonly caPem: string };

const curve = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const;

/** Makes an authority, a certificate for these DNS names signed by it, and forgets the authority's key. */
export async function issueCertificate(dnsNames: readonly string[], nowMs: number): Promise<IssuedCertificate> {
  // A day of slack for a clock that is behind ours.
  const validity = { notBeforeDate: new Date(nowMs - DAY_MS), notAfterDate: new Date(nowMs + VALID_DAYS * DAY_MS) };
  const { generate } = await import('selfsigned'); // two hundred modules that most processes never need
  const ca = await generate([{ name: 'commonName', value: `cartographer-webhook-ca-${nowMs}` }], {
    ...curve,
    ...validity,
    extensions: [
      { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
      { name: 'keyUsage', keyCertSign: true, critical: true },
    ],
  });
  const serving = await generate([{ name: 'commonName', value: 'cartographer-webhook' }], {
    ...curve,
    ...validity,
    ca: { cert: ca.cert, key: ca.private },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: dnsNames.map((value) => ({ type: 2 as const, value })) },
    ],
  });
  return { caPem: ca.cert.trim(), certPem: serving.cert.trim(), keyPem: serving.private.trim() };
}

/** Why a certificate has to be replaced, or undefined while it serves. `caPem` may hold several authorities. */
export function whyReplace(
  { certPem, keyPem, caPem }: Partial<IssuedCertificate>,
  dnsNames: readonly string[],
  nowMs: number,
): string | undefined {
  if (!certPem || !keyPem || !caPem) return 'there is none';
  let certificate: X509Certificate;
  let signed: boolean;
  try {
    certificate = new X509Certificate(certPem);
    signed = certificatesOf(caPem).some((pem) => certificate.verify(new X509Certificate(pem).publicKey));
  } catch {
    return 'it cannot be read';
  }
  if (!signed) return 'its authority did not sign it';
  if (dnsNames.some((name) => certificate.checkHost(name) === undefined)) return 'it names another service';
  if (Date.parse(certificate.validTo) - nowMs < RENEW_BEFORE_DAYS * DAY_MS) return 'it expires soon';
  return Date.parse(certificate.validFrom) > nowMs ? 'it is not valid yet' : undefined;
}

/** Whether a server can serve with this; half-written files cannot. */
export function isUsable({ certPem, keyPem }: KeyPair): boolean {
  try {
    return new X509Certificate(certPem).checkPrivateKey(createPrivateKey(keyPem));
  } catch {
    return false;
  }
}

/** The certificates of a PEM bundle, one text each. */
export function certificatesOf(bundle: string): readonly string[] {
  return bundle.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}

/** A bundle without those that expired or cannot be read, and without doubles; the newest stand first. */
export function bundleOf(bundles: readonly string[], nowMs: number): string {
  const all = [...new Set(bundles.flatMap(certificatesOf))];
  return `${all
    .filter((pem) => isCurrent(pem, nowMs))
    .slice(0, MAX_AUTHORITIES)
    .join('\n')}\n`;
}

const MAX_AUTHORITIES = 4;

function isCurrent(pem: string, nowMs: number): boolean {
  try {
    return Date.parse(new X509Certificate(pem).validTo) > nowMs;
  } catch {
    return false;
  }
}
