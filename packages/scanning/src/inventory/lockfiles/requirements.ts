import { posix } from 'node:path';
import type { BillPackage, Unread } from '@cartographer/bills';
import { type LockContents, type LockFile, linesOf, locked, unreadOf, withoutLogin } from './lock-file.ts';

type Found = {
  readonly packages: BillPackage[];
  readonly unread: Unread[];
  readonly includes: { readonly written: string; readonly path: string }[];
  /** Requirements without a pin, which have no version. */
  readonly unpinned: string[];
};

/** Longer than any real line without its hashes. */
const MOST_CHARACTERS = 8192;

/**
 * `requirements.txt` and what includes it or is included by `-r`. A requirement that pins no version (`==`) has none; they
 * are named together as unread, since what will be installed is not said.
 */
export function readRequirements(file: LockFile): LockContents {
  const found: Found = { packages: [], unread: [], includes: [], unpinned: [] };
  for (const line of requirementsOf(file.text)) readLine(file, line, found);
  const names = [...new Set(found.unpinned)].toSorted();
  if (names.length > 0) found.unread.push(unreadOf(file, '', `pins no version of ${shown(names)}`));
  return found;
}

const MOST_SHOWN = 10;

function shown(names: readonly string[]): string {
  const more = names.length - MOST_SHOWN;
  return more > 0 ? `${names.slice(0, MOST_SHOWN).join(', ')} and ${more} more` : names.join(', ');
}

function readLine(file: LockFile, line: string, found: Found): void {
  const [, option = '', value = ''] = /^(--?[a-z-]+)[\s=]*(.*)$/.exec(line) ?? [];
  // What follows a requirement are options of its own: hashes, mostly.
  const requirement = option === '' ? line.slice(0, optionsAt(line)) : value;
  if (requirement.length > MOST_CHARACTERS) {
    found.unread.push(unreadOf(file, `${line.slice(0, 50)}…`, `is a line of more than ${MOST_CHARACTERS} characters`));
  } else if (option === '-r' || option === '--requirement') {
    found.includes.push({ written: `-r ${withoutLogin(value)}`, path: posix.join(posix.dirname(file.path), value) });
  } else if (option === '-e' || option === '--editable') addPlace(file, value, found);
  else if (option === '') addRequirement(file, requirement, found);
}

function optionsAt(line: string): number {
  const at = line.search(/\s--?[a-z]/);
  return at < 0 ? line.length : at;
}

/** Logical lines: a backslash at the end goes on, `#` begins a comment. */
function requirementsOf(text: string): readonly string[] {
  const joined = linesOf(text).join('\n').replaceAll(/\\\n/g, '');
  return joined
    .split('\n')
    .map((line) => line.replace(/(?:^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
}

/** `name [extras] pins ; marker` or `name @ address ; marker`. Source: PEP 508. */
function addRequirement(file: LockFile, line: string, found: Found): void {
  const [requirement = ''] = line.split(';', 1);
  const name = /^[A-Za-z0-9][A-Za-z0-9._-]*/.exec(requirement)?.[0] ?? '';
  const rest = requirement
    .slice(name.length)
    .replace(/^\s*\[[^\]]*\]/, '')
    .trim();
  const pins = rest.replace(/^\((.*)\)$/, '$1').trim();
  if (name !== '' && rest.startsWith('@')) {
    const place = rest.slice(1).trim();
    add(file, name, versionOfFile(place)?.[1] ?? '', found, place);
  } else if (name !== '' && /^(?:[=<>!~]|$)/.test(pins)) add(file, name, pinned(pins), found);
  else addPlace(file, requirement.trim(), found);
}

/** The version that `==` or `===` pins; none for one with a star. */
function pinned(pins: string): string {
  const versions = pins
    .split(',')
    .map((pin) => pin.trim())
    .filter((pin) => pin.startsWith('==') && !pin.includes('*'))
    .map((pin) => pin.replace(/^={2,3}/, '').trim());
  return versions[0] ?? '';
}

/** A folder, a file or an address: its name stands in `#egg=`, name and version in the name of a wheel or a sdist. */
function addPlace(file: LockFile, place: string, found: Found): void {
  const [name, version] = versionOfFile(place) ?? [/[#&]egg=([A-Za-z0-9._-]+)/.exec(place)?.[1] ?? '', ''];
  if (name === '')
    found.unread.push(unreadOf(file, withoutLogin(place).slice(0, 200), 'says neither name nor version of a package'));
  else add(file, name, version, found, place);
}

const DISTRIBUTION_FILE =
  /^(?<name>[A-Za-z0-9][A-Za-z0-9._]*(?:-[A-Za-z][A-Za-z0-9._]*)*)-(?<version>\d[^-/]*?)(?:-[^/]+\.whl|\.tar\.gz|\.zip)(?:#.*)?$/;

function versionOfFile(place: string): readonly [string, string] | undefined {
  const { name, version } = DISTRIBUTION_FILE.exec(place.slice(place.lastIndexOf('/') + 1))?.groups ?? {};
  return name === undefined || version === undefined ? undefined : [name, decodeURIComponentOr(version)];
}

function decodeURIComponentOr(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function add(file: LockFile, name: string, version: string, found: Found, place = ''): void {
  if (version === '') found.unpinned.push(name);
  found.packages.push(locked(file, 'PyPI', name, version, place.startsWith('git+') ? place : ''));
}
