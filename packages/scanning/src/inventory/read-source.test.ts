import { describe, expect, it } from 'vitest';
import { isReadInSource, readSource, SOURCE_LIMITS, type SourceFile } from './read-source.ts';

const npmLock = (name: string): string =>
  JSON.stringify({ packages: { [`node_modules/${name}`]: { version: '1.0.0' } } });

function filesOf(texts: Record<string, string | Uint8Array>): readonly SourceFile[] {
  return Object.entries(texts).map(([path, text]) => ({
    path,
    bytes: typeof text === 'string' ? Buffer.from(text) : text,
  }));
}

async function linesOf(files: readonly SourceFile[], limits = SOURCE_LIMITS): Promise<readonly string[]> {
  const { packages, unread } = await readSource(files, limits);
  return [
    ...packages.map(({ name, version, places = [] }) => `${name} ${version} in ${places.join(' ')}`),
    ...unread.map(({ what, why }) => `! ${what} ${why}`),
  ];
}

const NOT_KNOWN = '! source has no lock file that is read: what it depends on is not known';

describe('a source', () => {
  it('has the packages of its lock files, wherever they stand', async () => {
    const files = filesOf({
      './package-lock.json': npmLock('a'),
      'api/go.mod': 'module m\nrequire a.b/c v1.0.0\ngo 1.21\n',
      'README.md': '',
    });
    expect(await linesOf(files)).toEqual([
      'a.b/c v1.0.0 in api/go.mod',
      'stdlib 1.21 in api/go.mod',
      'a 1.0.0 in package-lock.json',
    ]);
  });

  it('has a package once that several lock files name, with their places', async () => {
    expect(
      await linesOf(filesOf({ 'y/package-lock.json': npmLock('a'), 'x/package-lock.json': npmLock('a') })),
    ).toEqual(['a 1.0.0 in x/package-lock.json y/package-lock.json']);
  });

  it('has the packages of the bills that stand in it', async () => {
    const bill = JSON.stringify({
      bomFormat: 'CycloneDX',
      specVersion: '1.5',
      components: [{ purl: 'pkg:npm/a@1' }, 7],
    });
    const spdx = JSON.stringify({ spdxVersion: 'SPDX-2.3', packages: [{ name: 'b' }] });
    expect(
      await linesOf(filesOf({ 'bom.json': bill, 'x/app.cdx.json': bill, 'app.spdx.json': spdx, 'app.json': bill })),
    ).toEqual([
      'b  in app.spdx.json',
      'a 1 in bom.json x/app.cdx.json',
      '! bom.json: components[1] is not an object',
      '! x/app.cdx.json: components[1] is not an object',
    ]);
  });

  it('is not looked into where git and npm keep what is not its own', async () => {
    const files = filesOf({
      '.git/package-lock.json': npmLock('a'),
      'web/node_modules/b/yarn.lock': 'b@1:\n  version "1"\n',
    });
    expect(await linesOf(files)).toEqual([NOT_KNOWN]);
    expect(await linesOf(filesOf({ 'vendor/package-lock.json': npmLock('a') }))).toHaveLength(1);
  });

  it('names what of it cannot be read, and reads the rest', async () => {
    const files = filesOf({
      'a/package-lock.json': '{"packages": {',
      'b/package-lock.json': npmLock('b'),
      'bom.json': '{}',
      'bun.lockb': new Uint8Array([0xff]),
      'app.spdx': 'SPDXVersion: SPDX-2.3',
      'latin/requirements.txt': new Uint8Array([0x61, 0xe9]),
    });
    const lines = await linesOf(files);
    expect(lines.map((line) => line.replace(/(is not JSON:).*/, '$1'))).toEqual([
      'b 1.0.0 in b/package-lock.json',
      '! a/package-lock.json is not JSON:',
      '! app.spdx locks versions in a form that is not read',
      '! bom.json is neither CycloneDX nor SPDX: there is no bomFormat "CycloneDX" and no spdxVersion',
      '! bun.lockb locks versions in a form that is not read',
      '! latin/requirements.txt is neither UTF-8 nor UTF-16',
    ]);
  });

  it('names manifests whose dependencies no lock file covers, and no others', async () => {
    const manifest = '{"dependencies": {"a": "^1"}}';
    const files = filesOf({
      'package.json': manifest,
      'package-lock.json': npmLock('a'),
      'packages/b/package.json': manifest,
      'Cargo.toml': '[dependencies]\nlog = "0.4"',
    });
    const [first, ...others] = await linesOf(files);
    expect(first).toBe('a 1.0.0 in package-lock.json');
    expect(others).toEqual([
      '! Cargo.toml names dependencies, and no lock file beside it or above it says their versions',
    ]);
    expect(await linesOf(filesOf({ 'package.json': manifest, 'bun.lock': '{}' }))).toEqual([
      '! bun.lock locks versions in a form that is not read',
    ]);
  });

  it('has requirements as Windows writes them, and what they include', async () => {
    const wide = Buffer.from('\uFEFFa==1\r\n-r base.txt\r\n', 'utf16le');
    expect(await linesOf(filesOf({ 'x/requirements.txt': wide, 'x/base.txt': 'b==2' }))).toEqual([
      'a 1 in x/requirements.txt',
      'b 2 in x/base.txt',
    ]);
    expect(await linesOf(filesOf({ 'x/requirements.txt': wide.swap16() }))).toHaveLength(2);
  });

  it('has what requirements include, each file once, and names what is not there', async () => {
    const files = filesOf({
      'base.txt': 'c==3\n-r requirements.txt\n-r base.txt',
      'notes.txt': 'no==1',
      'requirements.txt': 'a==1\n-r x/requirements.txt\n-r base.txt\n-r none.txt',
      'x/requirements.txt': 'b==2\n-r ../base.txt',
    });
    const lines = ['a 1 in requirements.txt', 'b 2 in x/requirements.txt', 'c 3 in base.txt'];
    expect(await linesOf(files)).toEqual([...lines, '! requirements.txt: -r none.txt is not in the source']);
  });

  it.each([
    ['files', { ...SOURCE_LIMITS, files: 2 }, '! source has more than 1 files'],
    ['depth', { ...SOURCE_LIMITS, depth: 1 }, '! x/package-lock.json is more than 0 folders deep'],
    ['fileBytes', { ...SOURCE_LIMITS, fileBytes: npmLock('a').length }, /^! \S+ is larger than \d+ bytes$/],
    [
      'totalBytes',
      { ...SOURCE_LIMITS, totalBytes: 2 * npmLock('a').length },
      /^! \S+ is beyond the \d+ bytes that are read of a source$/,
    ],
  ] as const)('is read up to its limit of %s, and what is beyond is named', async (limit, limits, line) => {
    const files = filesOf({ 'package-lock.json': npmLock('a'), 'x/package-lock.json': npmLock('b') });
    expect(await linesOf(files, limits)).toHaveLength(2);
    const lines = await linesOf(files, { ...limits, [limit]: limits[limit] - 1 });
    expect(lines.filter((one) => one.startsWith('!'))).toContainEqual(
      typeof line === 'string' ? line : (expect.stringMatching(line) as string),
    );
  });

  it('names a lock file that whoever walks it did not keep', async () => {
    expect(await linesOf([{ path: 'package-lock.json', bytes: undefined }])).toEqual([
      '! package-lock.json is larger than 33554432 bytes',
    ]);
    expect(await linesOf([...filesOf({ 'go.mod': '' }), { path: 'notes.txt', bytes: undefined }])).toEqual([]);
  });

  it('asks for the contents of few files', () => {
    const paths = ['package-lock.json', 'a/go.mod', 'bom.json', 'package.json', 'base.txt', 'bun.lock'];
    const others = ['src/main.ts', 'image.png', 'node_modules/a/package.json', '.git/config', 'go.sum', 'bill.json'];
    expect(paths.filter((path) => !isReadInSource(path))).toEqual([]);
    expect(others.filter((path) => isReadInSource(path))).toEqual([]);
  });

  it('has the limits that its pages name', () => {
    expect(SOURCE_LIMITS).toEqual({ files: 1_000_000, depth: 64, fileBytes: 2 ** 25, totalBytes: 2 ** 28 });
  });

  it('may have more packages than a call may have arguments', async () => {
    const packages = Array.from({ length: 150_000 }, (_, i) => [String(i), { Package: 'a', Version: '1' }]);
    const lock = JSON.stringify({ Packages: Object.fromEntries(packages) });
    expect((await readSource(filesOf({ 'renv.lock': lock }))).packages).toHaveLength(1);
  });

  it('is not whole where nothing says what it depends on, and is where something says that it is nothing', async () => {
    expect(await linesOf(filesOf({ 'main.c': 'int main;', 'notes.txt': 'a==1.0' }))).toEqual([NOT_KNOWN]);
    for (const [path, text] of [
      ['go.mod', 'module m'],
      ['package.json', '{}'],
    ] as const)
      expect(await linesOf(filesOf({ 'main.c': 'int main;', [path]: text }))).toEqual([]);
    expect(await readSource([])).toEqual({ packages: [], unread: [] });
  });
});
