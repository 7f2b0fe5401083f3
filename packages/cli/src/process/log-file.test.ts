import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLogFile } from './log-file.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'log-file-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('a log file', () => {
  it('keeps lines in their order, over restarts, for its user alone', async () => {
    const file = join(dir, 'log');
    for (const run of [1, 2]) {
      const log = await openLogFile(file);
      for (let i = 0; i < 100; i += 1) log.write(`${run} ${i}\n`);
      await log.close();
    }
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    expect(lines).toEqual([1, 2].flatMap((run) => Array.from({ length: 100 }, (_, i) => `${run} ${i}`)));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('is set aside when it is full; one older file is kept', async () => {
    const file = join(dir, 'log');
    const log = await openLogFile(file, { maxBytes: 10 });
    for (const line of ['first line\n', 'second line\n', 'third line\n']) {
      log.write(line);
      await expect.poll(() => readFile(file, 'utf8')).toBe(line);
    }
    await log.close();
    expect(await readFile(`${file}.1`, 'utf8')).toBe('second line\n');
    expect(existsSync(`${file}.2`)).toBe(false);
  });

  it.skipIf(!existsSync('/dev/full'))('on a full disk loses lines and nothing else', async () => {
    const log = await openLogFile('/dev/full');
    log.write('lost\n');
    await log.close();
  });

  it('that takes lines faster than the disk leaves out what is too much, and says how much', async () => {
    const file = join(dir, 'log');
    const log = await openLogFile(file);
    log.write(`${'x'.repeat(5 * 1024 * 1024)}\n`);
    log.write('three\n');
    await log.close();
    expect(await readFile(file, 'utf8')).toMatch(/^.*1 lines are missing here: the disk is too slow.*\nthree\n$/);
  });

  it('that cannot be opened is an error that names it', async () => {
    await expect(openLogFile(join(dir, 'no', 'log'))).rejects.toThrow(/cannot write .*no\/log: ENOENT/);
  });
});
