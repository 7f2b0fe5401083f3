import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import type { FileFacts } from './facts.ts';
import { packagesAt } from './packages-at.ts';
import { createReaders, FILE_LIMITS, type FileLimits } from './readers.ts';
import { readRpmHeader } from './rpm.ts';
import { elfOf, goBuildInfo, rpmHeader } from './testing/binaries.ts';

const { signal } = new AbortController();

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 3) yield bytes.subarray(at, at + 3);
}

async function factsOf(
  path: string,
  content: string | Buffer,
  limits: Partial<FileLimits> = {},
): Promise<FileFacts | undefined> {
  const bytes = Buffer.from(content as string);
  const read = createReaders(signal, { ...FILE_LIMITS, ...limits })(path);
  return await read?.(once(bytes), bytes.length);
}

/** What files give, in one line each: ecosystem, name and version, and after `!` what is unread and why. */
async function linesOf(files: Readonly<Record<string, string | Buffer>>): Promise<readonly string[]> {
  const read = await Promise.all(
    Object.entries(files).map(async ([path, content]) => ({ path, value: await factsOf(path, content) })),
  );
  const { packages, unread } = packagesAt(
    read.flatMap(({ path, value }) => (value === undefined ? [] : [{ path, value }])),
  );
  return [
    ...packages.map(({ ecosystem, name, version, source }) =>
      `${ecosystem} ${name} ${version}${source === undefined ? '' : ` of ${source.name} ${source.version}`}`.trim(),
    ),
    ...unread.map(({ what, why }) => `! ${what} ${why}`),
  ];
}

const debian = 'ID=debian\nVERSION_ID="12"\n';
const dpkg = 'var/lib/dpkg/status';
const npm = (name: string, more = ''): string => `{"name": "${name}", "version": "1.0.0"${more}}`;

describe('package.json', () => {
  it.each([
    ['node_modules/a/package.json', npm('a'), ['npm a 1.0.0']],
    ['app/node_modules/@s/a/package.json', npm('@s/a'), ['npm @s/a 1.0.0']],
    ['node_modules/a/node_modules/b/package.json', npm('b'), ['npm b 1.0.0']],
    ['node_modules/alias/package.json', npm('real'), ['npm real 1.0.0']],
    ['node_modules/a/package.json', `\uFEFF${npm('a')}`, ['npm a 1.0.0']],
    ['node_modules/a/package.json', npm('a', ', "private": true'), ['npm a 1.0.0']],
    ['node_modules/a/dist/compiled/b/package.json', npm('b'), ['npm b 1.0.0']],
    ['opt/yarn/package.json', npm('yarn'), ['npm yarn 1.0.0']],
    ['app/package.json', npm('shop', ', "private": true'), []],
    ['node_modules/a/dist/package.json', '{"type": "module"}', []],
    ['node_modules/a/package.json', '{"name": "a"}', ['npm a']],
    ['node_modules/a/package.json', '{"name": "a", "version": 1}', ['npm a']],
    ['node_modules/a/package.json', '{}', []],
    ['node_modules/a/package.json', '{"version": "1"}', ['! node_modules/a/package.json has a version and no name']],
    ['node_modules/a/package.json', '[]', ['! node_modules/a/package.json is not a JSON object']],
    ['node_modules/a/test/package.json', '{"name', []],
    ['node_modules/.package-lock.json', npm('a'), []],
    [
      'node_modules/a/package.json',
      `{"name": ${'['.repeat(999)}`,
      ['! node_modules/a/package.json nests more than 200 levels deep'],
    ],
  ])('%s with %s gives %j', async (path, text, expected) => {
    expect(await linesOf({ [path]: text })).toEqual(expected);
  });

  it('that cannot be read is told where a package is installed', async () => {
    expect(await linesOf({ 'node_modules/a/package.json': '{"name' })).toEqual([
      expect.stringMatching(/^! node_modules\/a\/package\.json is not JSON: /),
    ]);
  });
});

describe('packages of distributions', () => {
  const paragraph = 'Package: a\nStatus: install ok installed\nVersion: 1.0-1\nSource: s (1.0)\n';
  it.each([
    ['of the release', { [dpkg]: paragraph, 'etc/os-release': debian }, ['Debian:12 a 1.0-1 of s 1.0']],
    ['of what usr/lib says', { [dpkg]: paragraph, 'usr/lib/os-release': debian }, ['Debian:12 a 1.0-1 of s 1.0']],
    [
      'of what etc says, if both do',
      { [dpkg]: paragraph, 'usr/lib/os-release': debian, 'etc/os-release': debian.replace('12', '13') },
      ['Debian:13 a 1.0-1 of s 1.0'],
    ],
    [
      'of what etc says, whatever comes first',
      { [dpkg]: paragraph, 'etc/os-release': debian, 'usr/lib/os-release': debian.replace('12', '13') },
      ['Debian:12 a 1.0-1 of s 1.0'],
    ],
    [
      'of a release that has a name alone',
      { [dpkg]: paragraph, 'etc/os-release': 'ID=debian\nVERSION_CODENAME=trixie\n' },
      ['Debian:13 a 1.0-1 of s 1.0'],
    ],
    [
      'of Ubuntu',
      { [dpkg]: paragraph, 'etc/os-release': "ID='ubuntu'\nVERSION_ID='22.04'\n" },
      ['Ubuntu:22.04:LTS a 1.0-1 of s 1.0'],
    ],
    [
      'of one that no advisories are of',
      { [dpkg]: paragraph, 'etc/os-release': 'ID=kali\nVERSION_ID=2024.1\n' },
      ['deb:kali a 1.0-1 of s 1.0'],
    ],
    [
      'each of the release in whose folder it lies',
      {
        [dpkg]: paragraph,
        'etc/os-release': debian,
        [`chroot/${dpkg}`]: paragraph.replace('Package: a', 'Package: b'),
        'chroot/etc/os-release': debian.replace('12', '11'),
      },
      ['Debian:12 a 1.0-1 of s 1.0', 'Debian:11 b 1.0-1 of s 1.0'],
    ],
    [
      'of files of one each, which have no states',
      {
        'var/lib/dpkg/status.d/a': 'Package: a\nVersion: 1\n',
        'var/lib/dpkg/status.d/a.md5sums': 'x y',
        'var/lib/dpkg/status.d/a.preinst': '#!/bin/sh',
        'etc/os-release': debian,
      },
      ['Debian:12 a 1'],
    ],
    [
      'of Alpine, wherever its list is',
      {
        'usr/lib/apk/db/installed': 'P:a\np:b=1\nV:1-r0\na:0:0:755\nA:x86_64\no:s\n\n',
        'etc/os-release': 'ID=alpine\nVERSION_ID=3.20.3\n',
      },
      ['Alpine:v3.20 a 1-r0 of s 1-r0'],
    ],
  ])('are %s', async (_name, files, expected) => {
    expect(await linesOf(files)).toEqual(expected);
  });

  it.each([
    ['installed', 1],
    ['unpacked', 1],
    ['half-configured', 1],
    ['half-installed', 1],
    ['triggers-pending', 1],
    ['config-files', 0],
    ['not-installed', 0],
  ])('count in the state %s: %i', async (state, count) => {
    const text = `Package: a\nStatus: deinstall ok ${state}\nVersion: 1\n`;
    expect(await linesOf({ [dpkg]: text, 'etc/os-release': debian })).toHaveLength(count);
  });

  it.each([
    ['no release', { [dpkg]: paragraph }, `! ${dpkg} is of a distribution that no etc/os-release names`],
    [
      'a release without a name',
      { [dpkg]: paragraph, 'etc/os-release': 'x' },
      `! ${dpkg} is of a distribution that no etc/os-release names`,
    ],
    ['a line that is no field', { [dpkg]: 'Package: a\nnonsense\n' }, `! ${dpkg} has a line 2 that is no field`],
    ['a paragraph of nothing', { [dpkg]: 'Version: 1\n' }, `! ${dpkg} has a paragraph without a package`],
    [
      'a damaged list of Alpine',
      { 'lib/apk/db/installed': 'V:1\n' },
      '! lib/apk/db/installed has a paragraph without a package',
    ],
    ['no database of rpm', { 'var/lib/rpm/rpmdb.sqlite': 'x' }, '! var/lib/rpm/rpmdb.sqlite is no database of SQLite'],
    [
      'changes beside the database of rpm',
      { 'usr/lib/sysimage/rpm/rpmdb.sqlite-wal': 'x' },
      '! usr/lib/sysimage/rpm/rpmdb.sqlite-wal holds changes of the database of rpm beside it, which are not read',
    ],
    [
      'an old database of rpm',
      { 'var/lib/rpm/Packages': 'x' },
      "! var/lib/rpm/Packages is rpm's database in the form of Berkeley DB, which is not read",
    ],
    [
      'archives of Yarn',
      { 'app/.pnp.cjs': 'x' },
      '! app/.pnp.cjs says that packages of npm are in archives of Yarn, which are not read',
    ],
    [
      'a packed egg',
      { 'usr/lib/python3/dist-packages/a-1.egg': 'PK' },
      '! usr/lib/python3/dist-packages/a-1.egg is a packed egg of Python, which is not read',
    ],
    [
      'another package manager',
      { 'var/lib/pacman/local/ALPM_DB_VERSION': '9' },
      '! var/lib/pacman/local/ALPM_DB_VERSION is the database of pacman, which is not read',
    ],
  ])('with %s are told as unread', async (_name, files, expected) => {
    expect(await linesOf(files)).toContain(expected);
  });

  it('are read besides what cannot be, and a paragraph of nothing is nothing', async () => {
    const text = `Package:\n\nVersion: 1\n\nnonsense\n\n${paragraph}`;
    expect(await linesOf({ [dpkg]: text, 'etc/os-release': debian })).toEqual([
      'Debian:12 a 1.0-1 of s 1.0',
      `! ${dpkg} has a line 5 that is no field`,
    ]);
    expect(await linesOf({ [dpkg]: `Package:\n\n${paragraph}`, 'etc/os-release': debian })).toHaveLength(1);
    expect(await linesOf({ 'a.egg-info': 'Name: a\nnonsense\nVersion: 1\n' })).toEqual(['PyPI a 1']);
  });

  it('are not missed where a file of another kind is empty', async () => {
    expect(await linesOf({ 'var/lib/rpm/rpmdb.sqlite-wal': '', 'var/lib/rpm/Packages': '' })).toEqual([]);
  });

  it('of rpm have the epoch that is not 0, and the source that they were built from', () => {
    const header = rpmHeader({
      1000: 'a',
      1001: '1',
      1002: '2.el9',
      1003: 3,
      1022: 'x86_64',
      1044: 's-1-2.el9.src.rpm',
    });
    expect(readRpmHeader(header)).toEqual({
      name: 'a',
      version: '1-2.el9',
      arch: 'x86_64',
      upstream: 's-1-2.el9.src.rpm',
      epoch: '3',
    });
    for (let end = 0; end < 60; end += 1) expect(() => readRpmHeader(header.subarray(0, end))).toThrow('header');
  });
});

describe('packages of languages', () => {
  it.each([
    ['a-1.dist-info/METADATA', 'Name: A.b\nVersion: 1\n\nName: c\n', ['PyPI A.b 1']],
    ['a.egg-info/PKG-INFO', 'name: a\nVersion: 1\n', ['PyPI a 1']],
    ['a-1-py3.egg-info', 'Name: a\nVersion: 1\n', ['PyPI a 1']],
    ['a.dist-info/METADATA', 'Name: a\n', ['PyPI a']],
    ['a.dist-info/METADATA', 'Name: a\nVersion: 1\nName: b\nVersion: 2\n', ['PyPI a 1']],
    ['a.dist-info/METADATA', 'Version: 1\n', ['! a.dist-info/METADATA does not say the name of its package']],
    ['specifications/a-1.gemspec', '# stub: a 1.0 ruby lib\n', ['RubyGems a 1.0']],
    ['specifications/a-1.gemspec', "s.name = 'a'\ns.version = Gem::Version.new('1.0')\n", ['RubyGems a 1.0']],
    [
      'specifications/a-1.gemspec',
      's.name = NAME\n',
      ['! specifications/a-1.gemspec does not say name and version in plain texts'],
    ],
    ['a.deps.json', '{"libraries": {"A/1.0": {"type": "package"}, "P/1": {"type": "project"}}}', ['NuGet A 1.0']],
    ['a.deps.json', '{"runtimeTarget": {}}', ['! a.deps.json has no libraries']],
    ['webpack.deps.json', '{}', []],
    ['a.jar', '', []],
    ['song.kar', 'MThd', []],
    ['node_modules/a/.pnp.cjs', 'x', []],
    ['vendor/composer/installed.json', '[{"name": "a/b", "version": "v1"}]', ['Packagist a/b v1']],
    ['vendor/composer/installed.json', '{}', ['! vendor/composer/installed.json has no list of packages']],
    ['a/package-lock.json', '{"packages": {"node_modules/a": {"version": "1"}}}', []],
    ['a/README', 'x', []],
  ])('%s with %s gives %j', async (path, text, expected) => {
    expect(await linesOf({ [path]: text })).toEqual(expected);
  });

  it('have package URLs of one spelling', async () => {
    const value = await factsOf('a.dist-info/METADATA', 'Name: Zope.Interface_x\nVersion: 1\n');
    const go = await factsOf('app', elfOf({ '.go.buildinfo': goBuildInfo('go1.22.1', 'path\tx\n') }));
    const files = [value, go].flatMap((facts, at) => (facts === undefined ? [] : [{ path: String(at), value: facts }]));
    expect(packagesAt(files).packages.map(({ purl }) => purl)).toEqual([
      'pkg:pypi/zope-interface-x@1',
      'pkg:golang/stdlib@1.22.1',
    ]);
  });

  it('with names that no package has are told', async () => {
    expect(await linesOf({ 'node_modules/a/package.json': npm('a'.repeat(1025)) })).toEqual([
      '! node_modules/a/package.json names a package whose name or version is longer than 1024 characters',
    ]);
  });
});

describe('the packages of an image', () => {
  it('are taken up to so many', () => {
    const facts = { kind: 'npm', version: '1', isPrivate: false } as const;
    const files = ['a', 'b', 'c'].map((name) => ({ path: `${name}/package.json`, value: { ...facts, name } }));
    expect(packagesAt(files, 4).unread).toEqual([]);
    const { packages, unread } = packagesAt(files, 2);
    expect(packages).toHaveLength(2);
    expect(unread).toEqual([{ what: 'image', why: 'names more than the 2 packages that are read' }]);
  });
});

describe('the limits of files', () => {
  const program = elfOf({ '.go.buildinfo': goBuildInfo('go1.22.1', 'path\tx\n') });
  it.each<[string, string | Buffer, Partial<FileLimits>, string]>([
    ['a.dist-info/METADATA', 'Name: a\n', { textBytes: 8 }, 'is larger than'],
    [dpkg, 'Package: a\n', { listBytes: 11 }, 'is larger than'],
    ['a.jar', 'no archive', { binaryBytes: 10 }, 'is larger than'],
    ['app', program, { binaryBytes: program.length }, 'is larger than'],
    ['a.deps.json', '{"libraries":{}}', { totalBytes: 16 }, 'is beyond the 15 bytes that are read of a layer'],
  ])('%s is read at the limit, and named beyond it', async (path, content, limits, says) => {
    const facts = await factsOf(path, content, limits);
    expect(facts?.kind === 'unread' ? facts.why : '').not.toContain(says);
    const [[key, value] = ['', 0]] = Object.entries(limits) as [string, number][];
    expect(await factsOf(path, content, { [key]: value - 1 })).toMatchObject({
      kind: 'unread',
      why: expect.stringContaining(says),
    });
  });

  it('hold for all files of a layer together', async () => {
    const find = createReaders(signal, { ...FILE_LIMITS, totalBytes: 20 });
    const text = Buffer.from('Name: a\nVersion: 1\n');
    const read = find('a.egg-info');
    expect(await read?.(once(text), text.length)).toMatchObject({ kind: 'packages' });
    expect(await read?.(once(text), text.length)).toMatchObject({ kind: 'unread' });
  });

  it('are not asked for lists of logins, which are sparse', () => {
    expect(createReaders(signal)('var/log/lastlog')).toBeUndefined();
  });

  it('do not speak of large programs that say nothing of packages', async () => {
    expect(await factsOf('libtorch.so', elfOf({ '.text': Buffer.alloc(1000) }), { binaryBytes: 100 })).toBeUndefined();
  });
});
