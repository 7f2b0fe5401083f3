import type { BillPackage, Unread } from '@cartographer/bills';
import { type LockContents, type LockFile, LockFileError, linesOf, locked, unreadOf } from './lock-file.ts';
import { type Element, elementsAt, parseXml, textOf } from './xml.ts';

/**
 * `pom.xml`: the dependencies and the managed ones, with the versions that properties of the same file fix. It is never
 * whole, and is named as unread: what a parent, an import and the dependencies themselves bring is not in it.
 */
export function readPom(file: LockFile): LockContents {
  const project = parseXml(file.text);
  if (project.name !== 'project') throw new LockFileError('is no pom.xml: it has no project');
  const properties = propertiesOf(project);
  const versions = new Map<string, string>();
  const all = [
    ...elementsAt(project, 'dependencyManagement', 'dependencies', 'dependency'),
    ...elementsAt(project, 'dependencies', 'dependency'),
  ];
  for (const dependency of all) {
    const of = (key: string): string => interpolated(textOf(dependency, key), properties);
    const name = `${of('groupId')}:${of('artifactId')}`;
    // What is managed gives the version of what says none.
    versions.set(
      name,
      fixedVersion(of('version')) || (textOf(dependency, 'version') === '' ? (versions.get(name) ?? '') : ''),
    );
  }
  const packages = [...versions].map(([name, version]) => locked(file, 'Maven', name, version));
  return { packages, unread: unreadIn(file, packages) };
}

function unreadIn(file: LockFile, packages: readonly BillPackage[]): readonly Unread[] {
  const open = packages.filter(({ version }) => version === '').map(({ name }) => name);
  const brought = 'names direct dependencies only, and not what they and a parent bring';
  const fixes = open.length > 0 ? `; it fixes no version of ${open.slice(0, 10).join(', ')}` : '';
  return [unreadOf(file, '', `${brought}${fixes}`)];
}

function propertiesOf(project: Element): ReadonlyMap<string, string> {
  const own = ['groupId', 'artifactId', 'version'].flatMap((key) => {
    const parent = textOf(project, 'parent', key);
    const value = textOf(project, key) || parent;
    return [
      [`project.${key}`, value],
      [`pom.${key}`, value],
      [`project.parent.${key}`, parent],
    ] as const;
  });
  const named = elementsAt(project, 'properties').flatMap(({ children }) => children);
  return new Map(
    [...own, ...named.map(({ name, text }) => [name, text] as const)].filter(
      ([, value]) => value !== '' && value.length < MOST_CHARACTERS,
    ),
  );
}

/** How often a property may name another, and how long it and what names it may be. */
const MOST_ROUNDS = 10;
const MOST_CHARACTERS = 1000;

function interpolated(text: string, properties: ReadonlyMap<string, string>): string {
  let value = text;
  for (let round = 0; round < MOST_ROUNDS && value.includes('${') && value.length < MOST_CHARACTERS; round += 1) {
    value = value.replaceAll(/\$\{([^{}]+)\}/g, (whole, key: string) => properties.get(key.trim()) ?? whole);
  }
  return value;
}

/** A version that Maven takes as it is, `1.2` or `[1.2]`; of a range, of a property that nobody sets, there is none. */
function fixedVersion(version: string): string {
  const exact = /^\[\s*([^,()[\]\s]+)\s*\]$/.exec(version)?.[1] ?? version;
  return /[[\](),$]|^(?:LATEST|RELEASE)$/.test(exact) ? '' : exact;
}

/** `gradle.lockfile`: lines of `group:artifact:version=configurations`. */
export function readGradleLock(file: LockFile): LockContents {
  const packages: BillPackage[] = [];
  const unread: Unread[] = [];
  for (const [index, line] of linesOf(file.text).entries()) {
    if (line.trim() === '' || line.startsWith('#') || line.startsWith('empty=')) continue;
    const [coordinates = ''] = line.trim().split('=');
    const [group = '', artifact = '', version = ''] = coordinates.split(':');
    if (group === '' || artifact === '' || version === '') {
      unread.push(unreadOf(file, `line ${index + 1}`, 'is no dependency'));
    } else packages.push(locked(file, 'Maven', `${group}:${artifact}`, version));
  }
  return { packages, unread };
}

/** `gradle/verification-metadata.xml`: everything that Gradle may load, with its checksums. */
export function readGradleVerification(file: LockFile): LockContents {
  const components = elementsAt(parseXml(file.text), 'components', 'component');
  const packages = components.map(({ attributes }) => {
    const of = (key: string): string => attributes.get(key) ?? '';
    return locked(file, 'Maven', `${of('group')}:${of('name')}`, of('version'));
  });
  return { packages, unread: [] };
}
