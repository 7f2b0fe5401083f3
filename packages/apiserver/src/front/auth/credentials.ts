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

/** Certificate of a server and its key, both PEM. */
export type ServerCertificate = { readonly serverCertPem: string; readonly serverKeyPem: string };

/** Certificate of the authority that clients trust, and its key, both PEM. */
type Authority = { readonly caPem: string; readonly caKeyPem: string };

/** What of a server's secrets does not depend on its address. */
type Keys = {
  /** Bearer token of the user `admin`, a member of system:masters. */
  readonly adminToken: string;
  /** PKCS #8 key (P-256) that signs ServiceAccount tokens. */
  readonly signingKeyPem: string;
};

/** What a data folder holds. */
type Stored = Authority & ServerCertificate & Keys;

/** Everything secret that a server needs to be itself: kept in one file, so that kubeconfigs and tokens survive a restart. */
export type Credentials = Keys & {
  readonly caPem: string;
  /** The certificate for HTTPS; a server that keeps nothing makes it when it is asked for. */
  serverCertificate(): Promise<ServerCertificate>;
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
  if (folder === undefined) return briefCredentials(nowMs);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, FILE);
  const stored = await readStored(path);
  if (stored !== undefined && !expiresSoon(stored.serverCertPem, nowMs)) return withCertificate(stored);
  const authority = stored === undefined || expiresSoon(stored.caPem, nowMs) ? await createAuthority(nowMs) : stored;
  const credentials: Stored = {
    caPem: authority.caPem,
    caKeyPem: authority.caKeyPem,
    ...(await issueServerCertificate(authority, nowMs)),
    adminToken: stored?.adminToken ?? newToken(),
    signingKeyPem: stored?.signingKeyPem ?? newSigningKey(),
  };
  await writePrivate(path, `${JSON.stringify(credentials, undefined, 2)}\n`);
  return withCertificate(credentials);
}

function withCertificate({ serverCertPem, serverKeyPem, caPem, adminToken, signingKeyPem }: Stored): Credentials {
  const certificate = Promise.resolve({ serverCertPem, serverKeyPem });
  return { caPem, adminToken, signingKeyPem, serverCertificate: () => certificate };
}

/** Of servers that keep nothing: the authority is one for all of a process, as it costs more than the rest of a server. */
let briefAuthority: Authority | undefined;

async function briefCredentials(nowMs: number): Promise<Credentials> {
  if (briefAuthority === undefined || !isValid(briefAuthority.caPem, nowMs)) {
    briefAuthority = await createAuthority(nowMs);
  }
  const authority = briefAuthority;
  let issued: Promise<ServerCertificate> | undefined;
  return {
    caPem: authority.caPem,
    adminToken: newToken(),
    signingKeyPem: newSigningKey(),
    serverCertificate: () => (issued ??= issueServerCertificate(authority, nowMs)),
  };
}

async function readStored(path: string): Promise<Stored | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const stored = JSON.parse(text) as Stored;
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

/** Valid now, and as long as a server certificate may be that it signs. */
function isValid(caPem: string, nowMs: number): boolean {
  const { validFrom, validTo } = new X509Certificate(caPem);
  return Date.parse(validFrom) <= nowMs && nowMs + SERVER_DAYS * DAY_MS <= Date.parse(validTo);
}

async function createAuthority(nowMs: number): Promise<Authority> {
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
  return { caPem: ca.cert, caKeyPem: ca.private };
}

function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** Two hundred modules that only a new data folder needs. */
async function loadGenerate(): Promise<typeof import('selfsigned')['generate']> {
  return (await import('selfsigned')).generate;
}

const curve = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const;

function validity(nowMs: number, days: number): { readonly notBeforeDate: Date; readonly notAfterDate: Date } {
  return { notBeforeDate: new Date(nowMs - DAY_MS), notAfterDate: new Date(nowMs + days * DAY_MS) };
}

async function issueServerCertificate({ caPem, caKeyPem }: Authority, nowMs: number): Promise<ServerCertificate> {
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
