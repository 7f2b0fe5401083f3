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
    expect(await loadCredentials(data, now)).toEqual(first);
  });

  test('hold a certificate for loopback that the authority signed', async () => {
    const { caPem, serverCertPem } = await loadCredentials(undefined, Date.now());
    const server = new X509Certificate(serverCertPem);
    expect(server.verify(new X509Certificate(caPem).publicKey)).toBe(true);
    expect(server.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(server.checkHost('localhost')).toBe('localhost');
  });

  test('get a new server certificate before the old one ends; authority, token and signing key stay', async () => {
    const data = await folder();
    const first = await loadCredentials(data, Date.now() - 2.2 * YEAR_MS);
    const second = await loadCredentials(data, Date.now());
    expect(second.serverCertPem).not.toBe(first.serverCertPem);
    expect(second).toMatchObject({
      caPem: first.caPem,
      adminToken: first.adminToken,
      signingKeyPem: first.signingKeyPem,
    });
    expect(await readFile(join(data, 'credentials.json'), 'utf8')).toContain(JSON.stringify(second.serverCertPem));
  });

  test('that are damaged are named, with the way out', async () => {
    const data = await folder();
    await writeFile(join(data, 'credentials.json'), '{');
    await expect(loadCredentials(data, Date.now())).rejects.toThrow(/credentials\.json is damaged .*delete it/);
  });
});
