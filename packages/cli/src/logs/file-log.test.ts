import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cartographer/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileLog } from './file-log.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'carto-file-log-'));
  file = join(folder, 'app.log');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

type Following = { readonly texts: string[]; readonly end: () => Promise<void> };

function follow(how: Partial<Parameters<typeof fileLog>[1]> = {}): Following {
  const texts: string[] = [];
  let isWanted = true;
  const session = { clock: systemClock, signal: new AbortController().signal };
  const log = fileLog(session, { file, goesOn: () => isWanted, lines: undefined, notBefore: undefined, ...how });
  const ended = (async () => {
    for await (const { text } of log) texts.push(text);
  })();
  return {
    texts,
    async end() {
      isWanted = false;
      await ended;
    },
  };
}

describe('the log of a file', () => {
  it('is what is there, the older half first, then what comes', async () => {
    await writeFile(`${file}.1`, 'one\ntwo\n');
    await writeFile(file, 'three\nfo');
    const { texts, end } = follow();
    await expect.poll(() => texts).toEqual(['one', 'two', 'three']);
    await appendFile(file, 'ur\nfive');
    await expect.poll(() => texts).toEqual(['one', 'two', 'three', 'four']);
    await end();
    expect(texts).toEqual(['one', 'two', 'three', 'four', 'five']);
  });

  it('goes on in the file that follows a full one, and loses no line of the full one', async () => {
    await writeFile(file, 'one\n');
    const { texts, end } = follow();
    await expect.poll(() => texts).toEqual(['one']);
    await appendFile(file, 'two\n');
    await rename(file, `${file}.1`);
    await writeFile(file, 'three\n');
    await expect.poll(() => texts).toEqual(['one', 'two', 'three']);
    await end();
  });

  it('waits for a file that is not there yet', async () => {
    const { texts, end } = follow();
    await writeFile(file, 'first\n');
    await expect.poll(() => texts).toEqual(['first']);
    await end();
  });

  it('begins with the last lines, or with none of a file that was written before', async () => {
    await writeFile(file, '1\n2\n3\n');
    const last = follow({ lines: 2 });
    await expect.poll(() => last.texts).toEqual(['2', '3']);
    const old = follow({ notBefore: Date.now() + 60_000 });
    await appendFile(file, '4\n');
    await expect.poll(() => last.texts).toEqual(['2', '3', '4']);
    await Promise.all([last.end(), old.end()]);
    expect(old.texts.filter((text) => text !== '4')).toEqual([]);
  });
});
