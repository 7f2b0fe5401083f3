import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@cartographer/machinery';
import type { KeyPair } from '@cartographer/runtime';
import { createFakeClock } from '@cartographer/testkit';
import { expect, it } from 'vitest';
import { certificateFolder } from './certificate-folder.ts';
import { issueCertificate } from './serving-certificate.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const [one, two] = await Promise.all([issueCertificate(['a'], NOW), issueCertificate(['a'], NOW)]);

/** A folder that is looked into; `use` may refuse what is found. */
async function watching(use: (pair: KeyPair) => void = () => undefined) {
  const folder = await mkdtemp(join(tmpdir(), 'carto-certs-'));
  const clock = createFakeClock(NOW);
  const used: string[] = [];
  const part = certificateFolder({
    folder,
    clock,
    log: silentLog,
    use(pair) {
      use(pair);
      used.push(pair.certPem === one.certPem ? 'one' : 'two');
    },
  });
  const end = new AbortController();
  const life = part.run(end.signal);
  const slept = (): Promise<unknown> => expect.poll(() => clock.pending, { interval: 2 }).toBe(1);
  await slept();
  return {
    used,
    trouble: () => part.trouble?.()?.message,
    async put(certPem: string, keyPem: string) {
      await writeFile(join(folder, 'tls.crt'), certPem);
      await writeFile(join(folder, 'tls.key'), keyPem);
    },
    /** Lets so much time pass, and the look end that falls due. */
    async after(ms: number) {
      await clock.advance(ms);
      await slept();
    },
    async [Symbol.asyncDispose]() {
      end.abort();
      await life;
      await rm(folder, { recursive: true });
    },
  };
}

it('a folder is looked into every ten seconds, and what it holds is used once', async () => {
  await using at = await watching();
  await at.put(one.certPem, one.keyPem);
  await at.after(9_999);
  expect(at.used).toEqual([]);
  await at.after(1);
  expect(at.used).toEqual(['one']);
  await at.after(10_000);
  expect(at.used).toEqual(['one']);
  await at.put(two.certPem, two.keyPem);
  await at.after(10_000);
  expect(at.used).toEqual(['one', 'two']);
});

it('a certificate without its own key is not used, and is told of until the files fit again', async () => {
  await using at = await watching();
  expect(at.trouble()).toMatch(/^tls.crt and tls.key in .*: ENOENT/);
  await at.put(one.certPem, one.keyPem);
  await at.after(10_000);
  expect([at.used, at.trouble()]).toEqual([['one'], undefined]);
  await at.put(two.certPem, one.keyPem);
  await at.after(10_000);
  expect([at.used, at.trouble()]).toEqual([['one'], expect.stringMatching(/they are no certificate with its key$/)]);
  await at.put(one.certPem, one.keyPem);
  await at.after(10_000);
  expect([at.used, at.trouble()]).toEqual([['one'], undefined]);
});

it('a certificate that cannot be used yet is tried again, though its files stay the same', async () => {
  let refusals = 2;
  await using at = await watching(() => {
    if ((refusals -= 1) >= 0) throw new Error('not now');
  });
  await at.put(one.certPem, one.keyPem);
  await at.after(10_000);
  expect([at.used, at.trouble()]).toEqual([[], 'not now']);
  await at.after(10_000);
  await at.after(10_000);
  expect([at.used, at.trouble()]).toEqual([['one'], undefined]);
});
