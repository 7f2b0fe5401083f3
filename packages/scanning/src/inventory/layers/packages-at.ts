import { type BillPackage, formatPurl, packageOfPurl, purlOf, type Unread } from '@cartographer/bills';
import type { StandingFile } from '@cartographer/oci';
import type { BuiltFacts, BuiltPackage, FileFacts, NamedPackage } from './facts.ts';
import { jarPackagesAt } from './jar-packages.ts';
import { npmPackageAt } from './npm.ts';

/** What the files of an image come to. */
export type ImagePackages = { readonly packages: readonly BillPackage[]; readonly unread: readonly Unread[] };

type Release = { readonly id: string; readonly version: string };
type Collected = { readonly packages: BillPackage[]; readonly unread: Unread[] };

/** Beyond any real image: what names more is not read to its end. */
const MOST_PACKAGES = 500_000;
/** Longer than any real name or version. */
const MOST_CHARACTERS = 1024;

/** Namespaces of package URLs where they are not the `ID` of `os-release`. */
const NAMESPACES: ReadonlyMap<string, string> = new Map([
  ['rhel', 'redhat'],
  ['opensuse-leap', 'opensuse'],
  ['opensuse-tumbleweed', 'opensuse'],
]);

/**
 * The packages that the files of an image stand for, each with the file that names it. Packages of a distribution have the
 * release that `os-release` of the same root says.
 */
export function packagesAt(
  files: readonly Pick<StandingFile<FileFacts>, 'path' | 'value'>[],
  mostPackages: number = MOST_PACKAGES,
): ImagePackages {
  const found: Collected = { packages: [], unread: [] };
  const releases = releasesIn(files);
  for (const { path, value } of files) {
    if (found.packages.length >= mostPackages) {
      found.unread.push({ what: 'image', why: `names more than the ${mostPackages} packages that are read` });
      break;
    }
    take(path, value, releases, found);
  }
  return found;
}

function take(path: string, facts: FileFacts, releases: ReadonlyMap<string, Release>, found: Collected): void {
  switch (facts.kind) {
    case 'packages':
      for (const item of facts.packages) addNamed(item, path, found);
      break;
    case 'built':
      addBuilt(path, facts, releases, found);
      break;
    case 'npm': {
      const item = npmPackageAt(path, facts);
      if (item !== undefined && 'why' in item) found.unread.push({ what: path, why: item.why });
      else if (item !== undefined) addNamed({ ecosystem: 'npm', ...item }, path, found);
      break;
    }
    case 'jar': {
      const { packages, unread } = jarPackagesAt(path, facts.jar);
      for (const item of packages) addNamed(item, item.place, found);
      found.unread.push(...unread);
      break;
    }
    case 'unread':
      found.unread.push({ what: path, why: facts.why });
      break;
    case 'release':
      break;
  }
}

function addNamed({ ecosystem, name, version }: NamedPackage, place: string, found: Collected): void {
  if (isTooLong(name, version)) {
    found.unread.push({ what: place, why: TOO_LONG });
    return;
  }
  // Package URLs have names of PyPI in their normal form; files have them as their authors write them.
  const normal = ecosystem === 'PyPI' ? name.toLowerCase().replaceAll(/[-_.]+/g, '-') : name;
  found.packages.push({ ecosystem, name, version, purl: purlOf(ecosystem, normal, version), places: [place] });
}

function addBuilt(
  path: string,
  { type, packages, why }: BuiltFacts,
  releases: ReadonlyMap<string, Release>,
  found: Collected,
): void {
  if (why !== undefined) found.unread.push({ what: path, why });
  const release = releases.get(rootOf(path)) ?? releases.get('');
  if (packages.length === 0) return;
  if (release === undefined || release.id === '') {
    found.unread.push({ what: path, why: 'is of a distribution that no etc/os-release names' });
  }
  const { id, version } = release ?? { id: '', version: '' };
  for (const item of packages) {
    if (isTooLong(item.name, item.version)) {
      found.unread.push({ what: path, why: TOO_LONG });
      continue;
    }
    const text = purlOfBuilt(type, item, id, version);
    const read = packageOfPurl(text);
    if (read === undefined) found.unread.push({ what: `${path}: ${item.name}`, why: 'has a name that no package has' });
    else found.packages.push({ ...read, places: [path] });
  }
}

function purlOfBuilt(
  type: string,
  { name, version, arch, upstream, epoch }: BuiltPackage,
  id: string,
  release: string,
): string {
  const qualifiers = new Map([
    ['arch', arch],
    ['epoch', epoch ?? ''],
    ['distro', release === '' ? id : `${id}-${release}`],
    ['upstream', upstream],
  ]);
  return formatPurl({ type, namespace: NAMESPACES.get(id) ?? id, name, version, qualifiers, subpath: '' });
}

const TOO_LONG = `names a package whose name or version is longer than ${MOST_CHARACTERS} characters`;

function isTooLong(name: string, version: string): boolean {
  return Math.max(name.length, version.length) > MOST_CHARACTERS;
}

/** What `os-release` says, by the folder that is the root of the system it is of: the image itself, mostly. */
function releasesIn(files: readonly Pick<StandingFile<FileFacts>, 'path' | 'value'>[]): ReadonlyMap<string, Release> {
  const releases = new Map<string, Release>();
  for (const { path, value } of files) {
    if (value.kind !== 'release') continue;
    const root = rootOf(path);
    // Both are the same, or one is a link to the other; of two that differ it is the one of etc that counts.
    if (!releases.has(root) || /(?:^|\/)etc\/os-release$/.test(path)) releases.set(root, value);
  }
  return releases;
}

/** Files that tell of the system in whose root they stand; other systems may lie unpacked in folders. */
const IN_ROOT =
  /^(?:(?<root>.*?)\/)??(?:etc\/os-release|usr\/lib\/os-release|(?:var|usr)\/lib\/dpkg\/status(?:\.d\/[^/]+)?|(?:usr\/)?lib\/apk\/db\/installed|(?:var\/lib|usr\/share|usr\/lib\/sysimage)\/rpm\/[^/]+)$/;

function rootOf(path: string): string {
  return IN_ROOT.exec(path)?.groups?.['root'] ?? '';
}
