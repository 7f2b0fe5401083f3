import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Bill, BillPackage } from '@cartographer/bills';
import { describe, expect, it } from 'vitest';
import { readSource, type SourceFile } from './read-source.ts';

const root = join(import.meta.dirname, '..', '..', 'testdata', 'lockfiles');
const folders = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const RECORDED = 'osv-scanner.txt';

function filesOf(folder: string): readonly SourceFile[] {
  const top = join(root, folder);
  return readdirSync(top, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== RECORDED)
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: relative(top, path), bytes: readFileSync(path) }));
}

const read = (folder: string): Promise<Bill> => readSource(filesOf(folder));

/** As the scanner writes them: Go without its `v`, requirements with normalised names. */
function asRecorded({ ecosystem, name, version, places = [] }: BillPackage): string {
  if (ecosystem === 'Go') return `${ecosystem} ${name} ${version.replace(/^v/, '')}`;
  const isRequirement = places.some((place) => place.endsWith('.txt'));
  return `${ecosystem} ${isRequirement ? name.toLowerCase().replaceAll(/[-_.]+/g, '-') : name} ${version}`;
}

type Difference = { readonly theirs: readonly string[]; readonly ours: readonly string[]; readonly why: string };

const DIFFERENCES: Readonly<Record<string, Difference>> = {
  requirements: {
    theirs: ['PyPI typing-extensions =3.7.4'],
    ours: ['PyPI typing-extensions 3.7.4'],
    why: 'the scanner takes === for ==, and leaves one sign in the version',
  },
  'yarn-4': {
    theirs: ['npm @shop/lib 0.0.0-use.local', 'npm shop 0.0.0-use.local'],
    ours: [],
    why: 'what stands in the source itself has no version in the lock file of Yarn',
  },
  mix: { theirs: [' foe '], ours: [], why: 'the scanner lists what has a commit and no version' },
  renv: { theirs: [], ours: [' mine 0.1'], why: 'the scanner leaves out what is not from CRAN' },
};

describe('lock files', () => {
  it.each(folders.filter((folder) => existsSync(join(root, folder, RECORDED))))(
    '%s gives what a real scanner reads in it, but for what is listed',
    async (folder) => {
      const theirs = readFileSync(join(root, folder, RECORDED), 'utf8')
        .split('\n')
        .filter((line) => line !== '');
      const { packages } = await read(folder);
      const ours = packages.filter(({ version }) => version !== '').map(asRecorded);
      const listed = DIFFERENCES[folder] ?? { theirs: [], ours: [] };
      expect(theirs.filter((line) => !ours.includes(line))).toEqual(listed.theirs);
      expect(ours.filter((line) => !theirs.includes(line))).toEqual(listed.ours);
    },
  );

  it('have their packages without a version, too', async () => {
    const without = await Promise.all(
      folders.map(async (folder) => {
        const { packages } = await read(folder);
        return packages.filter(({ version }) => version === '').map(({ purl }) => `${folder}: ${purl}`);
      }),
    );
    expect(without.flat()).toMatchInlineSnapshot(`
      [
        "go: pkg:golang/example.com/shop/lib",
        "mix: pkg:hex/foe?vcs_url=https%3A%2F%2Fgithub.com%2Facme%2Ffoe.git",
        "npm-git: pkg:npm/tools",
        "nuget: pkg:nuget/shop.core",
        "pipenv: pkg:pypi/shop",
        "yarn-4: pkg:npm/%40shop/lib",
      ]
    `);
  });

  it('name what they do not say', async () => {
    const unread = await Promise.all(
      folders.map(async (folder) => (await read(folder)).unread.map(({ what, why }) => `${folder}: ${what} ${why}`)),
    );
    expect(unread.flat()).toMatchInlineSnapshot(`
      [
        "go-old: go.mod says a go version before 1.17, so it need not name what its requirements require: run go mod tidy -go=1.17",
        "maven: pom.xml names direct dependencies only, and not what they and a parent bring",
      ]
    `);
  });

  it.each(['uv', 'pylock'])('%s is read, though no recording is there', async (folder) => {
    const { packages } = await read(folder);
    expect(packages.map(({ purl }) => purl)).toMatchInlineSnapshot(`
      [
        "pkg:pypi/idna@2.10",
        "pkg:pypi/urllib3@1.26.4",
      ]
    `);
  });
});
