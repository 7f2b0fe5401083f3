import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeProgram } from './write-program.ts';

const TEXT = '#!/bin/sh\nprintf \'%s\\n\' "said: $1"\n';
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'carto-program-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a program that a test writes', () => {
  it('can be run, and holds the text as it was given', () => {
    const path = join(folder, 'a $name "of" it');
    writeProgram(path, TEXT);
    expect(readFileSync(path, 'utf8')).toBe(TEXT);
    expect(spawnSync(path, ['it'], { encoding: 'utf8' })).toMatchObject({ status: 0, stdout: 'said: it\n' });
  });

  it('is never open for writing in the process of the test', () => {
    const path = join(folder, 'written-by-another');
    const code = `import { writeProgram } from '${join(import.meta.dirname, 'write-program.ts')}';
      writeProgram(process.argv[1], process.argv[2]);`;
    const mayNotWrite = ['--permission', '--allow-fs-read=*', '--allow-child-process'];
    const { stderr, status } = spawnSync(
      process.execPath,
      [...mayNotWrite, '--input-type=module', '-e', code, path, TEXT],
      {
        encoding: 'utf8',
      },
    );
    expect([status, stderr]).toEqual([0, expect.not.stringContaining('Error')]);
    expect(readFileSync(path, 'utf8')).toBe(TEXT);
  });

  it('that cannot be written says where and why', () => {
    const path = join(folder, 'no/such/folder');
    expect(() => writeProgram(path, TEXT)).toThrow(`${path} was not written: `);
  });
});
