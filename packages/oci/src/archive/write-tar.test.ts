import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type TarEntry, tarEnd, tarHeader, tarPadding } from './write-tar.ts';

const folder = (path: string): readonly [TarEntry, Buffer] => [{ kind: 'folder', path: bytes(path) }, Buffer.alloc(0)];
const file = (path: string, text: string, executable = false): readonly [TarEntry, Buffer] => {
  const content = Buffer.from(text);
  return [{ kind: 'file', path: bytes(path), executable, sizeBytes: content.length }, content];
};
const bytes = (text: string): string => Buffer.from(text).toString('latin1');

function archive(entries: readonly (readonly [TarEntry, Buffer])[]): Buffer {
  const parts = entries.flatMap(([entry, content]) => [tarHeader(entry), content, tarPadding(content.length)]);
  return Buffer.concat([...parts, tarEnd()]);
}

describe('an artifact archive', () => {
  it('is byte for byte what Go archive/tar writes, long and non-ASCII names included', () => {
    const made = archive([
      folder('.'),
      folder('sub'),
      file('sub/b.txt', 'b\n'),
      file('d/é.txt', 'z'),
      file(`d/${'x'.repeat(120)}/file.txt`, 'q'),
      file('y'.repeat(130), 'w'),
    ]);
    // The digest of the same entries written by Go 1.26 with the header fields that Flux sets.
    const sha256 = createHash('sha256').update(made).digest('hex');
    expect(sha256).toBe('ddaa8addad300906fb8ae6812d836f333231eeec6256505e5479dab44089a732');
  });

  it('is read by tar with the modes of Flux', () => {
    const made = archive([folder('.'), file('run', '#!', true), file('a', 'a'), folder('sub')]);
    const listing = execFileSync('tar', ['--numeric-owner', '--utc', '-tvf', '-'], { input: made }).toString();
    const lines = listing
      .trim()
      .split('\n')
      .map((line) => line.replace(/\s+/g, ' '));
    expect(lines).toEqual([
      'drwxr-x--- 0/0 0 1970-01-01 00:00 .',
      '-rwx------ 0/0 2 1970-01-01 00:00 run',
      '-rw------- 0/0 1 1970-01-01 00:00 a',
      'drwxr-x--- 0/0 0 1970-01-01 00:00 sub',
    ]);
  });

  it('gives any name and content back to tar unchanged', () => {
    const name = fc.string({
      unit: fc.constantFrom('a', 'é', '-', ' ', '日', 'z'.repeat(40)),
      minLength: 1,
      maxLength: 6,
    });
    const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
    fc.assert(
      fc.property(path, fc.string({ maxLength: 1200 }), (at, text) => {
        const made = archive([file(`p/${at}`, text)]);
        const same = archive([file(`p/${at}`, text)]);
        expect(made.equals(same)).toBe(true);
        expect(made.length % 512).toBe(0);
        const read = execFileSync('tar', ['-xOf', '-', '--', `p/${at}`], { input: made });
        expect(read.toString()).toBe(Buffer.from(text).toString());
      }),
      { numRuns: 25 },
    );
  });
});
