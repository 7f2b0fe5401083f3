import { type BillPackage, purlOf, type Unread } from '@cartographer/bills';
import { isObject, type JsonObject, jsonTextNestsTooDeep, messageOf } from '@cartographer/machinery';
import { parse } from 'smol-toml';

/** What a lock file gives: packages, with an empty version where it says none, and what of it could not be read. */
export type LockContents = {
  readonly packages: readonly BillPackage[];
  readonly unread: readonly Unread[];
  /** Paths of files of the same kind that this one includes, as it writes them and from the top of the source. */
  readonly includes?: readonly { readonly written: string; readonly path: string }[];
};

/** A lock file to be read: where it stands in the source, and its text. */
export type LockFile = {
  /** Below the source, parts joined by `/`: `web/package-lock.json`. */
  readonly path: string;
  readonly text: string;
};

/**
 * Reads one kind of lock file. Names and versions are as they stand there.
 * @throws LockFileError when the text as a whole is no such lock file.
 */
export type LockReader = (file: LockFile) => LockContents;

/** A text that is no lock file of its kind. The message follows the path of the file. */
export class LockFileError extends Error {
  override readonly name = 'LockFileError';
}

/** One package of a lock file; `repository` is where it comes from, if that is a repository and no registry. */
export function locked(
  { path }: LockFile,
  ecosystem: string,
  name: string,
  version: string,
  repository = '',
): BillPackage {
  const qualifiers = new Map(repository === '' ? [] : [['vcs_url', withoutLogin(repository)] as const]);
  return { name, version, ecosystem, purl: purlOf(ecosystem, name, version, qualifiers), places: [path] };
}

/** An address without a name and a password, which some lock files keep: bills are read by more people than sources. */
export function withoutLogin(address: string): string {
  return address.replace(/\/\/(?!git@)[^/@]*@/, '//');
}

/** Something of a lock file that could not be read: `web/yarn.lock: line 7`. */
export function unreadOf({ path }: LockFile, what: string, why: string): Unread {
  return { what: what === '' ? path : `${path}: ${what}`, why };
}

/** Real lock files nest as deep as dependencies of the first npm did, some dozen levels. */
const MOST_NESTING = 500;

/** The object that a lock file in JSON is. */
export function parseJsonObject(text: string): JsonObject {
  if (jsonTextNestsTooDeep(text, MOST_NESTING)) throw new LockFileError(`nests more than ${MOST_NESTING} levels deep`);
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new LockFileError(`is not JSON: ${messageOf(error)}`);
  }
  if (!isObject(value)) throw new LockFileError('is not a JSON object');
  return value;
}

/** The table that a lock file in TOML is. */
export function parseTomlTable(text: string): JsonObject {
  try {
    return parse(text.replace(/^\uFEFF/, ''), { maxDepth: MOST_NESTING }) as JsonObject;
  } catch (error) {
    throw new LockFileError(`is not TOML: ${messageOf(error).split('\n')[0] ?? ''}`);
  }
}

/** The lines of a text, whatever ends them. */
export function linesOf(text: string): readonly string[] {
  return text.replace(/^\uFEFF/, '').split(/\r?\n/);
}
