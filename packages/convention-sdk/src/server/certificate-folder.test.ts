import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeClock, type SelfSigned, selfSigned } from '@cartographer/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { followCertificate, type WatchFolder } from './certificate-folder.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'carto-convention-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function write({ certPem, keyPem }: SelfSigned): Promise<void> {
  await writeFile(join(folder, 'tls.crt'), certPem);
  await writeFile(join(folder, 'tls.key'), keyPem);
}

async function follow(watchFolder?: WatchFolder) {
  const clock = createFakeClock();
  const used: string[] = [];
  const said: string[] = [];
  const end = await followCertificate({
    folder,
    clock,
    log: ({ level, message }) => void said.push(`${level}: ${message}`),
    use: ({ cert }) => used.push(cert),
    ...(watchFolder === undefined ? {} : { watchFolder }),
  });
  return { clock, used, said, end };
}

const tellsNothing: WatchFolder = () => () => undefined;

describe('the folder of a certificate', () => {
  it('is looked at every five minutes where the file system tells of no change', async () => {
    const [one, two] = [await selfSigned(['a']), await selfSigned(['a'])];
    await write(one);
    const { clock, used, end } = await follow(tellsNothing);
    await write(two);
    await clock.advance(299_999);
    expect(used).toEqual([one.certPem]);
    await clock.advance(1);
    await expect.poll(() => used).toEqual([one.certPem, two.certPem]);
    await clock.advance(300_000);
    end();
    expect([used.length, clock.pending]).toEqual([2, 0]);
  });

  it('changes nothing while its files do not fit together, or one is missing', async () => {
    const [one, two] = [await selfSigned(['a']), await selfSigned(['a'])];
    await write(one);
    const { clock, used, said, end } = await follow(tellsNothing);
    const looked = async (count: number): Promise<void> => {
      await clock.advance(300_000);
      await expect.poll(() => said.length).toBe(count);
    };
    const warning = `warn: ${folder} has no certificate to serve with; the one before stays`;
    await write({ ...two, keyPem: one.keyPem });
    await looked(1);
    await rm(join(folder, 'tls.key'));
    await looked(2);
    expect([said, used]).toEqual([[warning, warning], [one.certPem]]);
    await write(two);
    await looked(3);
    expect(used).toEqual([one.certPem, two.certPem]);
    end();
  });

  it('is read once for changes that come together, as the link of a kubelet changes', async () => {
    const [one, two] = [await selfSigned(['a']), await selfSigned(['a'])];
    await write(one);
    let tell = (): void => undefined;
    let isEnded = false;
    const { clock, used, end } = await follow((_folder, onChange) => {
      tell = onChange;
      return () => {
        isEnded = true;
      };
    });
    await write(two);
    tell();
    await clock.advance(199);
    tell();
    await clock.advance(199);
    expect(used.length).toBe(1);
    await clock.advance(1);
    await expect.poll(() => used.length).toBe(2);
    tell();
    end();
    expect([isEnded, clock.pending]).toEqual([true, 0]);
  });

  it('may be a mount, whose files are links that change at once', async () => {
    const [one, two] = [await selfSigned(['a']), await selfSigned(['a'])];
    const mount = async (version: string, { certPem, keyPem }: SelfSigned): Promise<void> => {
      const inner = await mkdtemp(join(folder, `..${version}`));
      await writeFile(join(inner, 'tls.crt'), certPem);
      await writeFile(join(inner, 'tls.key'), keyPem);
      await symlink(inner, join(folder, '..data_tmp'));
      await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    };
    await mount('1', one);
    for (const name of ['tls.crt', 'tls.key']) await symlink(join('..data', name), join(folder, name));
    const { clock, used, end } = await follow();
    await mount('2', two);
    let passedMs = 0;
    const count = async (): Promise<number> => {
      // The time at which it looks by itself does not come.
      if (passedMs < 200_000) await clock.advance(200);
      passedMs += 200;
      return used.length;
    };
    await expect.poll(count).toBe(2);
    expect(used).toEqual([one.certPem, two.certPem]);
    end();
  });
});
