import { Buffer } from 'node:buffer';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { isExecutable, readExecutable } from './executables.ts';
import { mayTellPackages, readProgram } from './programs.ts';
import { elfOf, goBuildInfo } from './testing/binaries.ts';

const MODULES = 'path\texample.com/app\nmod\texample.com/app\t(devel)\t\ndep\tgolang.org/x/net\tv0.17.0\th1:x=\n';

const names = (bytes: Buffer): readonly string[] | undefined => {
  const facts = readProgram(bytes);
  return facts?.kind === 'packages' ? facts.packages.map(({ name, version }) => `${name} ${version}`) : undefined;
};
const go = (modules: string, version = 'go1.22.1'): readonly string[] | undefined =>
  names(elfOf({ '.text': Buffer.alloc(40), '.go.buildinfo': goBuildInfo(version, modules) }));

describe('a program of Go', () => {
  it('names its modules and the standard library', () => {
    expect(go(MODULES)).toEqual(['stdlib 1.22.1', 'example.com/app (devel)', 'golang.org/x/net v0.17.0']);
  });

  it.each([
    ['another module', 'dep\ta\tv1.0.0\t\n=>\tb\tv2.0.0\th1:x=\n', ['b v2.0.0']],
    ['a folder', 'dep\ta\tv1.0.0\t\n=>\t./b\t(devel)\t\n', ['a ']],
    ['a folder above', 'dep\ta\tv1.0.0\t\n=>\t../b\t\t\n', ['a ']],
    ['a folder anywhere', 'dep\ta\tv1.0.0\t\n=>\t/src/b\t\t\n', ['a ']],
    ['a module, itself the main one', 'mod\ta\tv1.0.0\t\n=>\tb\tv2.0.0\t\n', ['b v2.0.0']],
  ])('names what replaces a module: %s', (_name, modules, expected) => {
    expect(go(modules)?.slice(1)).toEqual(expected);
  });

  it.each([
    ['-X main.version=1.2.3', 'v1.2.3'],
    ['-X example.com/app/internal/build.Version=v1.2.3-rc.1', 'v1.2.3-rc.1'],
    ["-X 'main.gitVersion=v2.0.0'", 'v2.0.0'],
    ['-X example.com/other.Version=9.9.9', '(devel)'],
    ['-X example.com/apple.Version=9.9.9', '(devel)'],
    ['-X main.commit=1.2.3', '(devel)'],
  ])('has the version that the linker was given for it: %s', (flags, version) => {
    expect(go(`${MODULES}build\t-ldflags="-s -w ${flags}"\n`)?.[1]).toBe(`example.com/app ${version}`);
  });

  it('that does not name its modules is told', () => {
    expect(() => go('')).toThrow('is a program of Go that does not name its modules');
  });

  it('without a section for it has it in what may be written', () => {
    const padding = Buffer.alloc(8); // the mark stands at a multiple of 16 alone
    const unaligned = Buffer.concat([padding, goBuildInfo('go1.99', MODULES)]);
    const bytes = elfOf({ '.data': Buffer.concat([unaligned, Buffer.alloc(16 - (unaligned.length % 16))]) });
    expect(names(bytes)).toBeUndefined();
    expect(names(elfOf({ '.data': goBuildInfo('go1.22.1', MODULES) }))).toHaveLength(3);
  });

  it('before Go 1.18 has pointers to its texts', () => {
    const base = 0x400000;
    // The place of a section follows from those before it: the build is made twice, and knows its places then.
    const build = (at: number): Buffer => {
      const body = Buffer.alloc(512);
      body.write('\xff Go buildinf:', 'latin1');
      body[14] = 8;
      const marked = `${'<'.repeat(16)}${MODULES}${'>'.repeat(16)}`;
      for (const [index, value] of [base + at + 64, base + at + 80].entries()) {
        body.writeBigUInt64LE(BigInt(value), 16 + index * 8);
      }
      for (const [index, value] of [base + at + 128, 6, base + at + 160, marked.length].entries()) {
        body.writeBigUInt64LE(BigInt(value), 64 + index * 8);
      }
      body.write('go1.17', 128);
      body.write(marked, 160);
      return elfOf({ '.go.buildinfo': body });
    };
    const at = build(0).indexOf('\xff Go buildinf:', 0, 'latin1');
    expect(names(build(at))).toEqual(['stdlib 1.17', 'example.com/app (devel)', 'golang.org/x/net v0.17.0']);
    expect(names(build(at + 1_000_000))).toBeUndefined();
  });
});

describe('a program of Rust', () => {
  const crates = (document: unknown): Buffer =>
    elfOf({ '.dep-v0': deflateSync(typeof document === 'string' ? document : JSON.stringify(document)) });

  it('names the crates that are in it', () => {
    const packages = [
      { name: 'regex', version: '1.5.4', source: 'crates.io' },
      { name: 'cc', version: '1.0.0', source: 'crates.io', kind: 'build' },
    ];
    expect(names(crates({ packages }))).toEqual(['regex 1.5.4']);
  });

  it.each([
    ['no JSON', crates('nothing'), 'is not JSON'],
    ['a section that is not packed', elfOf({ '.dep-v0': Buffer.from('nothing') }), 'cannot be unpacked'],
    ['a section that unpacks to too much', crates(' '.repeat(17 * 1024 * 1024)), 'is larger than 16777216 bytes'],
    [
      'too many crates',
      crates({ packages: Array.from({ length: 100_001 }, () => ({ name: 'a' })) }),
      'more than 100000 packages',
    ],
  ])('with %s is told', (_name, bytes, says) => {
    expect(() => names(bytes)).toThrow(says);
  });
});

describe('a program', () => {
  it('that says nothing of what it is built from has no packages', () => {
    expect(readProgram(elfOf({ '.text': Buffer.alloc(100) }))).toBeUndefined();
  });

  it('that is packed by UPX is told', () => {
    const bytes = Buffer.concat([elfOf({ '.text': Buffer.from('UPX!') })]);
    expect(() => readProgram(bytes)).toThrow('packed by UPX');
  });

  it('that is cut off or damaged anywhere never throws anything else', () => {
    const whole = elfOf({ '.go.buildinfo': goBuildInfo('go1.22.1', MODULES), '.dep-v0': Buffer.alloc(20) });
    const read = (bytes: Buffer): void => {
      try {
        readProgram(bytes);
      } catch (error) {
        expect((error as Error).name).toBe('LayerFileError');
      }
    };
    for (let end = 0; end <= whole.length; end += 1) read(whole.subarray(0, end));
    for (let at = 0; at < whole.length; at += 1) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 0xff;
      read(damaged);
    }
  });

  it.each([
    ['a class of Java', 'cafebabe0000003d', true],
    ['a script', '23212f62696e2f7368', false],
    ['nothing', '', false],
  ])('is not what begins like %s', (_name, hex, isLike) => {
    const bytes = Buffer.from(hex, 'hex');
    expect(isExecutable(bytes)).toBe(isLike);
    expect(isLike ? readExecutable(bytes) : undefined).toBeUndefined();
  });

  it('that is too large to be held is searched for marks, over the ends of what comes at once', async () => {
    async function* inParts(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    }
    const bytes = elfOf({ '.text': Buffer.alloc(1000), '.go.buildinfo': goBuildInfo('go1.22.1', MODULES) });
    for (const size of [1, 7, 64, 100_000]) expect(await mayTellPackages(inParts(bytes, size))).toBe(true);
    expect(await mayTellPackages(inParts(elfOf({ '.text': Buffer.alloc(1000) }), 64))).toBe(false);
  });
});
