import { posix } from 'node:path';
import type { BillPackage, Unread } from '@cartographer/bills';
import { type LockContents, type LockFile, linesOf, locked, unreadOf } from './lock-file.ts';

type Found = {
  readonly packages: BillPackage[];
  readonly unread: Unread[];
  /** Requirements without a pin, which have no version. */
  readonly unpinned: string[];
  /** Files that were read already: an include may lead back. */
  readonly files: Set<string>;
};

/**
 * `requirements.txt` with what it includes by `-r`. A requirement that pins no version (`==`) has none; they are named
 * together as unread, since what will be installed is not said.
 */
export function readRequirements(file: LockFile): LockContents {
  const found: Found = { packages: [], unread: [], unpinned: [], files: new Set([file.path]) };
  readInto(file, found);
  const names = [...new Set(found.unpinned)].toSorted();
  if (names.length > 0) found.unread.push(unreadOf(file, '', `pins no version of ${shown(names)}`));
  return found;
}

const MOST_SHOWN = 10;

function shown(names: readonly string[]): string {
  const more = names.length - MOST_SHOWN;
  return more > 0 ? `${names.slice(0, MOST_SHOWN).join(', ')} and ${more} more` : names.join(', ');
}

/** Longer than any real line, and short enough for any pattern. */
const MOST_CHARACTERS = 8192;

function readInto(file: LockFile, found: Found): void {
  for (const line of requirementsOf(file.text)) {
    if (line.length > MOST_CHARACTERS) {
      found.unread.push(
        unreadOf(file, `${line.slice(0, 50)}…`, `is a line of more than ${MOST_CHARACTERS} characters`),
      );
      continue;
    }
    const [, option = '', value = ''] = /^(--?[a-z-]+)[\s=]*(.*)$/.exec(line) ?? [];
    if (option === '-r' || option === '--requirement') include(file, value, found);
    else if (option === '-e' || option === '--editable') addPlace(file, value, found);
    else if (option === '') addRequirement(file, line, found);
  }
}

/** Logical lines: a backslash at the end goes on, `#` begins a comment. */
function requirementsOf(text: string): readonly string[] {
  const joined = linesOf(text).join('\n').replaceAll(/\\\n/g, '');
  return joined
    .split('\n')
    .map((line) => line.replace(/(?:^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
}

function include(file: LockFile, target: string, found: Found): void {
  const path = posix.join(posix.dirname(file.path), target);
  if (found.files.has(path)) return;
  found.files.add(path);
  const text = file.other(path);
  if (text === undefined) found.unread.push(unreadOf(file, `-r ${target}`, 'is not in the source'));
  else readInto({ ...file, path, text }, found);
}

const REQUIREMENT =
  /^(?<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*(?:@\s*(?<place>\S+)|\(?(?<pins>(?:[=<>!~][^;()]*)?)\)?)\s*(?:;.*)?$/;

function addRequirement(file: LockFile, line: string, found: Found): void {
  const requirement = line.replace(/\s--?[a-z-]+[\s=].*$/, '');
  const { name, place, pins = '' } = REQUIREMENT.exec(requirement)?.groups ?? {};
  if (name === undefined || /^[^=<>~!;@]*[/\\]|^\./.test(requirement)) return addPlace(file, requirement, found);
  if (place !== undefined) return add(file, name, versionOfFile(place)?.[1] ?? '', found, place);
  const pin = pins.split(',').map((one) => /^\s*===?\s*(\S+)\s*$/.exec(one)?.[1] ?? '');
  add(file, name, pin.find((version) => version !== '' && !version.includes('*')) ?? '', found);
}

/** A folder, a file or an address: its name stands in `#egg=`, name and version in the name of a wheel or a sdist. */
function addPlace(file: LockFile, place: string, found: Found): void {
  const [name, version] = versionOfFile(place) ?? [/[#&]egg=([A-Za-z0-9._-]+)/.exec(place)?.[1] ?? '', ''];
  if (name === '') found.unread.push(unreadOf(file, place.slice(0, 200), 'says neither name nor version of a package'));
  else add(file, name, version, found, place);
}

const DISTRIBUTION_FILE =
  /(?<name>[A-Za-z0-9][A-Za-z0-9._]*(?:-[A-Za-z][A-Za-z0-9._]*)*)-(?<version>\d[^-/]*?)(?:-[^/]+\.whl|\.tar\.gz|\.zip)(?:#.*)?$/;

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
