import { describe, expect, it } from 'vitest';
import { readGoMod } from './go-mod.ts';
import { linesRead } from './testing/read-lock.ts';

const mod = (...lines: readonly string[]): string => ['module example.com/m', 'go 1.21', ...lines, ''].join('\n');
const required = (...lines: readonly string[]): readonly string[] => linesRead(readGoMod, mod(...lines)).slice(0, -1);

describe('go.mod', () => {
  it('requires modules one by one and in blocks, with quotes and remarks', () => {
    const text = mod(
      'require a.b/c v1.0.0',
      'require ( // all others',
      '\ta.b/d v1.0.0-20200622213623-75b288015ac9 // indirect',
      '\t"a.b/e" v2.0.0+incompatible',
      '\t`a.b/f` v1.0.0',
      ')',
      'require ()',
      'toolchain go1.22.1',
      'retract [v1.0.0, v1.1.0]',
      'tool a.b/c/cmd',
      'godebug default=go1.21',
    );
    expect(linesRead(readGoMod, text)).toEqual([
      'a.b/c v1.0.0',
      'a.b/d v1.0.0-20200622213623-75b288015ac9',
      'a.b/e v2.0.0+incompatible',
      'a.b/f v1.0.0',
      'stdlib 1.21',
    ]);
  });

  it.each([
    ['replace a.b/c => x.y/c v2.0.0', 'x.y/c v2.0.0'],
    ['replace a.b/c v1.0.0 => x.y/c v2.0.0', 'x.y/c v2.0.0'],
    ['replace a.b/c v0.9.0 => x.y/c v2.0.0', 'a.b/c v1.0.0'],
    ['replace a.b/d => x.y/c v2.0.0', 'a.b/c v1.0.0'],
    ['replace a.b/c => ../c', 'a.b/c '],
    ['replace (\n a.b/c v1.0.0 => x.y/one v1.0.0\n a.b/c => x.y/all v1.0.0\n)', 'x.y/one v1.0.0'],
    ['replace a.b/c => x.y/first v1.0.0\nreplace a.b/c => x.y/last v1.0.0', 'x.y/last v1.0.0'],
  ])('with %j builds %s', (replace, line) => {
    expect(required('require a.b/c v1.0.0', replace)).toEqual([line]);
  });

  it('names a version that is required and excluded', () => {
    expect(linesRead(readGoMod, mod('require a.b/c v1.0.0', 'exclude a.b/c v1.0.0', 'exclude a.b/c v0.9.0'))).toEqual([
      'a.b/c v1.0.0',
      'stdlib 1.21',
      '! lock: a.b/c v1.0.0 is required and excluded: which version is built is not said',
    ]);
  });

  it.each([
    ['go 1.17', 0],
    ['go 2.0', 0],
    ['go 1.16', 1],
    ['go 1.9', 1],
    ['', 1],
  ])('with the line "%s" names %d times that it may not be whole', (line, times) => {
    const text = `module m\n${line}\nrequire a.b/c v1.0.0\n`;
    expect(
      linesRead(readGoMod, text).filter((one) => one.startsWith('! lock says a go version before 1.17')),
    ).toHaveLength(times);
    expect(linesRead(readGoMod, `module m\n${line}\n`).filter((one) => one.startsWith('!'))).toEqual([]);
  });

  it.each([
    ['nonsense a', 'is no go.mod: line 3 is no directive'],
    ['nonsense a => b', 'is no go.mod: line 3 is no directive'],
    ['replace a v1', 'is no go.mod: line 3 is no directive'],
    ['require a.b/c', 'is no go.mod: line 3 is no directive'],
    ['require (', 'is no go.mod: the block of require has no end'],
  ])('is refused with %j', (line, message) => {
    expect(() => linesRead(readGoMod, mod(line))).toThrow(message);
  });
});
