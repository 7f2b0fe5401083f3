import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  X509Certificate,
} from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

import { CartoError, messageOf } from '@cartographer/machinery';

/** Everything secret that a server needs to be itself: kept in one file, so that kubeconfigs and tokens survive a restart. */
export type Credentials = {
  /** Certificate of the authority that clients trust. */
  readonly caPem: string;
  readonly caKeyPem: string;
  readonly serverCertPem: string;
  readonly serverKeyPem: string;
  /** Bearer token of the user `admin`, a member of system:masters. */
  readonly adminToken: string;
  /** PKCS #8 key (P-256) that signs ServiceAccount tokens. */
  readonly signingKeyPem: string;
};

const FILE = 'credentials.json';
const DAY_MS = 24 * 60 * 60 * 1000;
const CA_DAYS = 3650;
const SERVER_DAYS = 825;
const RENEW_BEFORE_DAYS = 60;

/**
 * Reads the credentials of a data folder, or makes them (in memory only when there is no folder). The
 * server certificate is renewed in time; the authority, the token and the signing key stay.
 */
export async function loadCredentials(folder: string | undefined, nowMs: number): Promise<Credentials> {
  if (folder === undefined) return createCredentials(nowMs);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, FILE);
  const stored = await readStored(path);
  if (stored !== undefined && !expiresSoon(stored.serverCertPem, nowMs)) return stored;
  const credentials =
    stored === undefined || expiresSoon(stored.caPem, nowMs)
      ? await createCredentials(nowMs, stored)
      : { ...stored, ...(await issueServerCertificate(stored.caPem, stored.caKeyPem, nowMs)) };
  await writePrivate(path, `${JSON.stringify(credentials, undefined, 2)}\n`);
  return credentials;
}

async function readStored(path: string): Promise<Credentials | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const stored = JSON.parse(text) as Credentials;
    createPrivateKey(stored.signingKeyPem);
    createPrivateKey(stored.serverKeyPem);
    if (typeof stored.adminToken !== 'string' || stored.adminToken === '') throw new TypeError('it has no admin token');
    return stored;
  } catch (error) {
    const reason = messageOf(error);
    const message = `${path} is damaged (${reason}); delete it to get new certificates and tokens`;
    throw new CartoError('CARTO_DATA_DAMAGED', message, { cause: error, retry: 'never' });
  }
}

/** Written aside and renamed: a crash leaves the old file or the new one, never half of it. */
async function writePrivate(path: string, text: string): Promise<void> {
  const aside = `${path}.${process.pid}.new`;
  const file = await open(aside, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(aside, path);
}

function expiresSoon(pem: string, nowMs: number): boolean {
  return Date.parse(new X509Certificate(pem).validTo) - nowMs < RENEW_BEFORE_DAYS * DAY_MS;
}

async function createCredentials(nowMs: number, kept?: Credentials): Promise<Credentials> {
  const id = randomBytes(4).toString('hex');
  const generate = await loadGenerate();
  const ca = await generate([{ name: 'commonName', value: `cartographer-ca-${id}` }], {
    ...curve,
    ...validity(nowMs, CA_DAYS),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, digitalSignature: true, critical: true },
    ],
  });
  return {
    caPem: ca.cert,
    caKeyPem: ca.private,
    ...(await issueServerCertificate(ca.cert, ca.private, nowMs)),
    adminToken: kept?.adminToken ?? randomBytes(32).toString('base64url'),
    signingKeyPem: kept?.signingKeyPem ?? newSigningKey(),
  };
}

/** Two hundred modules that only a new data folder needs. */
async function loadGenerate(): Promise<typeof import('selfsigned')['generate']> {
  return (await import('selfsigned')).generate;
}

const curve = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const;

function validity(nowMs: number, days: number): { readonly notBeforeDate: Date; readonly notAfterDate: Date } {
  return { notBeforeDate: new Date(nowMs - DAY_MS), notAfterDate: new Date(nowMs + days * DAY_MS) };
}

async function issueServerCertificate(
  caPem: string,
  caKeyPem: string,
  nowMs: number,
): Promise<Pick<Credentials, 'serverCertPem' | 'serverKeyPem'>> {
  const names = ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'host.docker.internal'];
  const generate = await loadGenerate();
  const server = await generate([{ name: 'commonName', value: 'cartographer-apiserver' }], {
    ...curve,
    ...validity(nowMs, SERVER_DAYS),
    ca: { cert: caPem, key: caKeyPem },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          ...names.map((value) => ({ type: 2 as const, value })),
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  });
  return { serverCertPem: server.cert, serverKeyPem: server.private };
}

function newSigningKey(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();
}

/** A short name of a signing key, the `kid` of its tokens. */
export function keyId(signingKeyPem: string): string {
  const der = createPublicKey(signingKeyPem).export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('base64url');
}
