import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, describe, expect, test } from 'vitest';

import { loadCredentials } from './credentials.ts';

const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

describe('credentials', () => {
  const folders: string[] = [];
  async function folder(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), 'carto-credentials-'));
    folders.push(path);
    return path;
  }
  afterEach(async () => {
    for (const path of folders.splice(0)) await rm(path, { recursive: true, force: true });
  });

  test('are kept in a file that only its owner reads', async () => {
    const data = await folder();
    const now = Date.now();
    const first = await loadCredentials(data, now);
    expect((await stat(join(data, 'credentials.json'))).mode & 0o777).toBe(0o600);
    const again = await loadCredentials(data, now);
    expect({ ...again, ...(await again.serverCertificate()) }).toEqual({
      ...first,
      ...(await first.serverCertificate()),
      serverCertificate: expect.any(Function),
    });
  });

  test('hold a certificate for loopback that the authority signed', async () => {
    const { caPem, serverCertificate } = await loadCredentials(undefined, Date.now());
    const { serverCertPem } = await serverCertificate();
    const server = new X509Certificate(serverCertPem);
    expect(server.verify(new X509Certificate(caPem).publicKey)).toBe(true);
    expect(server.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(server.checkHost('localhost')).toBe('localhost');
  });

  test('get a new server certificate before the old one ends; authority, token and signing key stay', async () => {
    const data = await folder();
    const first = await loadCredentials(data, Date.now() - 2.2 * YEAR_MS);
    const second = await loadCredentials(data, Date.now());
    const [{ serverCertPem: old }, { serverCertPem: made }] = await Promise.all([
      first.serverCertificate(),
      second.serverCertificate(),
    ]);
    expect(made).not.toBe(old);
    expect(second).toMatchObject({
      caPem: first.caPem,
      adminToken: first.adminToken,
      signingKeyPem: first.signingKeyPem,
    });
    expect(await readFile(join(data, 'credentials.json'), 'utf8')).toContain(JSON.stringify(made));
  });

  test('of servers that keep nothing share an authority as long as it is valid, and nothing else', async () => {
    const now = Date.now();
    const first = await loadCredentials(undefined, now);
    const second = await loadCredentials(undefined, now + YEAR_MS);
    expect(second.caPem).toBe(first.caPem);
    expect(second.adminToken).not.toBe(first.adminToken);
    expect(second.signingKeyPem).not.toBe(first.signingKeyPem);
    expect(await second.serverCertificate()).not.toEqual(await first.serverCertificate());
    for (const other of [now - 10 * YEAR_MS, now + 20 * YEAR_MS]) {
      const { caPem, serverCertificate } = await loadCredentials(undefined, other);
      const { serverCertPem } = await serverCertificate();
      for (const { validFrom, validTo } of [new X509Certificate(caPem), new X509Certificate(serverCertPem)]) {
        expect(Date.parse(validFrom)).toBeLessThan(other);
        expect(Date.parse(validTo)).toBeGreaterThan(other + YEAR_MS);
      }
    }
  });

  test('that are damaged are named, with the way out', async () => {
    const data = await folder();
    await writeFile(join(data, 'credentials.json'), '{');
    await expect(loadCredentials(data, Date.now())).rejects.toThrow(/credentials\.json is damaged .*delete it/);
  });
});
