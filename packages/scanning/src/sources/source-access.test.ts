import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiError } from '@cartographer/kube';
import { failure, type KubeObject } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import type { SourceSpec } from '../kinds/read.ts';
import { Portfolio } from '../portfolio/portfolio.ts';
import { bill, npm } from '../portfolio/testing/records.ts';
import { sharedMemory } from '../portfolio/testing/shared-memory.ts';
import { createSourceAccess, type Opened } from './source-access.ts';
import { takeInSource } from './take-in.ts';
import { osv } from './testing/osv-records.ts';
import { startOsvServer } from './testing/osv-server.ts';

const { signal } = new AbortController();
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** A cluster with one Secret, `sources/login`; namespace `closed` may not be read. */
function clusterWith(data?: Readonly<Record<string, string>>) {
  return {
    get(
      _type: unknown,
      { namespace = '', name }: { readonly namespace?: string; readonly name: string },
    ): Promise<KubeObject> {
      if (namespace === 'closed') return Promise.reject(new ApiError(failure(403, 'Forbidden', 'no')));
      if (data === undefined) return Promise.reject(new ApiError(failure(404, 'NotFound', 'no')));
      const encoded = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64(value)]));
      return Promise.resolve({ apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name }, data: encoded });
    },
  };
}

const spec = (more: Partial<SourceSpec> = {}): SourceSpec => ({
  type: 'Api',
  url: 'https://osv.example.com',
  interval: '10m',
  secretRef: { namespace: 'sources', name: 'login' },
  ...more,
});

async function open(
  data: Readonly<Record<string, string>> | undefined,
  more: Partial<SourceSpec> = {},
): Promise<Opened> {
  const access = createSourceAccess(clusterWith(data));
  try {
    return await access.open('osv', spec(more), signal);
  } finally {
    await access.close();
  }
}

describe('the credentials of a source', () => {
  it.each([
    [{ bearerToken: 'secret-token' }, 'Bearer secret-token'],
    [{ bearerToken: 'secret-token\n' }, 'Bearer secret-token'],
    [{ username: 'red', password: 'secret:wörd' }, `Basic ${base64('red:secret:wörd')}`],
  ])('are those of its Secret: %j', async (data, authorization) => {
    expect(await open(data)).toMatchObject({ kind: 'open', authorization });
  });

  it('are none where it names no Secret', async () => {
    const access = createSourceAccess(clusterWith());
    const { secretRef: _, ...without } = spec();
    expect(await access.open('osv', without, signal)).not.toHaveProperty('authorization');
    await access.close();
  });

  it.each<[string, Readonly<Record<string, string>> | undefined, Partial<SourceSpec>, string]>([
    ['that is not there', undefined, {}, 'Secret sources/login does not exist'],
    [
      'that may not be read',
      {},
      { secretRef: { namespace: 'closed', name: 'login' } },
      'the scanner may not read Secret closed/login: carto install --with scanner --pull-secrets-in closed',
    ],
    ['without a login', { other: 'x' }, {}, 'Secret sources/login has neither bearerToken nor username and password'],
    ['without a password', { username: 'hidden' }, {}, 'has neither bearerToken nor username and password'],
    ['that no header takes', { bearerToken: 'hidden\r\nx: y' }, {}, 'has a bearerToken with characters'],
    ['that no login takes', { username: 'hidden:x', password: 'hidden' }, {}, 'has a username or password with'],
    ['for plain HTTP', { bearerToken: 'hidden' }, { url: 'http://127.0.0.1:1' }, 'is not sent without TLS'],
  ])('of a Secret %s are missed, and never told', async (_what, data, more, message) => {
    const opened = await open(data, more);
    expect(opened).toMatchObject({ kind: 'refused', reason: 'CredentialsMissing' });
    expect(JSON.stringify(opened)).toContain(message);
    expect(JSON.stringify(opened)).not.toContain('hidden');
  });
});

describe('the authorities of a source', () => {
  const folder = mkdtempSync(join(tmpdir(), 'carto-tls-'));
  const [keyFile, certFile] = [join(folder, 'key'), join(folder, 'cert')];
  const about = ['-subj', '/CN=osv', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', ...about];
  execFileSync('openssl', [...made, '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' });
  const tls = { key: readFileSync(keyFile), cert: readFileSync(certFile, 'utf8') };
  rmSync(folder, { recursive: true });

  it.each(['', 'not base64 at all', base64('no certificate'), base64(tls.cert.slice(0, 200)), tls.cert])(
    'have to be certificates: %#',
    async (caBundle) => {
      expect(await open({ bearerToken: 'secret' }, { caBundle })).toMatchObject({
        kind: 'refused',
        reason: 'CaBundleInvalid',
      });
    },
  );

  it('are trusted besides, and the login goes to its server', async () => {
    await using server = await startOsvServer(tls);
    server.records.set('A-1', osv('A-1', 'a'));
    const clock = createFakeClock();
    const portfolio = await Portfolio.open({ database: sharedMemory(), clock });
    await portfolio.putBill({ digest: 'one' }, bill(npm('a', '1.0.0')));
    const access = createSourceAccess(clusterWith({ bearerToken: 'secret-token' }), {
      allowed: [new URL(server.url).host],
    });
    const take = async (more: Partial<SourceSpec>) => {
      const opened = await access.open('osv', spec({ url: server.url, ...more }), signal);
      if (opened.kind === 'refused') throw new Error(opened.message);
      const { fetch, authorization = '' } = opened;
      const source = { name: 'osv', type: 'Api', url: server.url, which: 'all', authorization } as const;
      return await takeInSource(portfolio, source, { fetch, clock, signal });
    };
    await expect(take({})).rejects.toThrow('cannot be asked: ');
    expect(server.authorizations).toEqual([]);
    expect(await take({ caBundle: base64(tls.cert) })).toMatchObject({ reading: { records: 1 } });
    expect(server.authorizations).toEqual(['Bearer secret-token', 'Bearer secret-token']);
    await access.close();
  });
});
