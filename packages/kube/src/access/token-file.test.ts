import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CredentialSource } from '../transport/cluster-access.ts';
import { createTokenFileCredentials } from './token-file.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'token-file-'));
  file = join(folder, 'token');
});
afterEach(() => rmSync(folder, { recursive: true }));

const tokenOf = async (source: CredentialSource): Promise<string | undefined> =>
  (await source.current()).authorization?.reveal();

describe('a token file', () => {
  it('is read when it is first needed, and again each minute, to the millisecond', async () => {
    const clock = createFakeClock();
    const source = createTokenFileCredentials(file, clock);
    writeFileSync(file, ' one\n');
    expect(await tokenOf(source)).toBe('Bearer one');
    writeFileSync(file, 'two');
    await clock.advance(59_999);
    expect(await tokenOf(source)).toBe('Bearer one');
    await clock.advance(1);
    expect(await tokenOf(source)).toBe('Bearer two');
    writeFileSync(file, 'three');
    await clock.advance(59_999);
    expect(await tokenOf(source)).toBe('Bearer two');
  });

  it('costs nothing while it is fresh, and one read for all who wait', async () => {
    const clock = createFakeClock();
    writeFileSync(file, 'one');
    const source = createTokenFileCredentials(file, clock);
    const [first, second] = [source.current(), source.current()];
    expect(first).toBe(second);
    await first;
    expect(source.current()).not.toBeInstanceOf(Promise);
    await clock.advance(60_000);
    expect(source.current()).toBe(source.current());
  });

  it('is read anew when the server refused its token', async () => {
    const source = createTokenFileCredentials(file, createFakeClock());
    writeFileSync(file, 'one');
    await source.current();
    writeFileSync(file, 'two');
    source.refused();
    expect(await tokenOf(source)).toBe('Bearer two');
    expect(source.current()).not.toBeInstanceOf(Promise);
  });

  it.each([
    ['is gone', () => rmSync(file)],
    ['is empty', () => writeFileSync(file, '\n')],
  ])('serves its last token while it %s, and tries again after a minute', async (_what, spoil) => {
    const clock = createFakeClock();
    const source = createTokenFileCredentials(file, clock);
    writeFileSync(file, 'one');
    await source.current();
    spoil();
    await clock.advance(60_000);
    expect(await tokenOf(source)).toBe('Bearer one');
    expect(source.current()).not.toBeInstanceOf(Promise);
    writeFileSync(file, 'two');
    await clock.advance(60_000);
    expect(await tokenOf(source)).toBe('Bearer two');
  });

  it.each([
    ['is not there', () => undefined, /token file .*token: .*ENOENT/],
    ['is empty', () => writeFileSync(file, ''), /token file .*token: the file is empty/],
  ])('is no credential when it %s from the start, until it is there', async (_what, prepare, message) => {
    prepare();
    const source = createTokenFileCredentials(file, createFakeClock());
    const failure = { code: 'CARTO_CREDENTIALS', message: expect.stringMatching(message) };
    await expect(tokenOf(source)).rejects.toMatchObject(failure);
    writeFileSync(file, 'one');
    expect(await tokenOf(source)).toBe('Bearer one');
  });

  it('has another token to fall back to, though the file comes first, and keeps the certificate beside it', async () => {
    const clock = createFakeClock();
    const certificate = { certPem: 'pem', keyPem: new Secret('key') };
    const source = createTokenFileCredentials(file, clock, { certificate }, 'spare');
    expect(await source.current()).toEqual({ certificate, authorization: new Secret('Bearer spare') });
    expect(await tokenOf(source)).toBe('Bearer spare');
    writeFileSync(file, 'one');
    await clock.advance(60_000);
    expect(await tokenOf(source)).toBe('Bearer one');
    expect((await source.current()).certificate).toBe(certificate);
  });
});
