import { readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import type { Json, JsonObject } from '@cartographer/machinery';
import { getKey, isList, isObject } from '@cartographer/machinery';
import type { Document } from 'yaml';
import { LineCounter, parseDocument } from 'yaml';
import { KubeconfigError } from './kubeconfig-error.ts';

/** Which of the three named lists of a kubeconfig. */
export type Section = 'clusters' | 'contexts' | 'users';

/** One entry of a kubeconfig list, together with where it stands. */
export type Entry = {
  readonly name: string;
  readonly fields: JsonObject;
  /** Reads a text field. */
  text(field: string): string | undefined;
  /** Reads a field that is true or false. */
  flag(field: string): boolean;
  /** Makes a path absolute, starting from the folder of the file, as kubectl does. */
  path(value: string): string;
  /** The error for this entry or one of its fields. */
  error(message: string, field?: string): KubeconfigError;
};

/** One kubeconfig file, read and checked for shape. */
export type KubeconfigFile = {
  readonly path: string;
  readonly currentContext: string | undefined;
  entries(section: Section): readonly Entry[];
};

const MAX_FILE_BYTES = 4 * 1024 * 1024;
const MAX_ALIASES = 100;
const KINDS = { clusters: 'cluster', contexts: 'context', users: 'user' } as const;

/**
 * Reads one file; undefined if it does not exist.
 * @throws KubeconfigError when it cannot be read or is malformed.
 */
export function readKubeconfigFile(path: string): KubeconfigFile | undefined {
  const text = readText(path);
  if (text === undefined) return undefined;
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [broken] = document.errors;
  if (broken !== undefined) {
    const { line } = lines.linePos(broken.pos[0]);
    throw new KubeconfigError(`not valid YAML: ${broken.message}; mend this line`, { file: path, line }, broken);
  }
  const root = rootOf(document, path);
  const source: Source = {
    lineOf(...keys) {
      const start = nodeAt(document, keys)?.range?.[0];
      return start === undefined ? undefined : lines.linePos(start).line;
    },
    textOf: (...keys) => nodeAt(document, keys)?.source,
  };
  const read = (section: Section): readonly Entry[] => readEntries(root, section, path, source);
  return {
    path,
    currentContext: textOf(getKey(root, 'current-context')) || undefined,
    entries: read,
  };
}

function readText(path: string): string | undefined {
  try {
    const { size } = statSync(path);
    if (size > MAX_FILE_BYTES) {
      throw new KubeconfigError(`the file has ${size} bytes, which is too much to be a kubeconfig`, { file: path });
    }
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof KubeconfigError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    const advice = code === 'EACCES' ? '; make it readable for this user' : '';
    throw new KubeconfigError(`cannot be read (${code ?? String(error)})${advice}`, { file: path }, error);
  }
}

function rootOf(document: Document, file: string): JsonObject {
  let root: Json;
  try {
    root = document.toJS({ maxAliasCount: MAX_ALIASES }) as Json;
  } catch (error) {
    throw new KubeconfigError('too many YAML aliases; write the values out', { file }, error);
  }
  if (root === null || root === undefined) return {};
  if (!isObject(root))
    throw new KubeconfigError('not a kubeconfig: expected "clusters", "users" and "contexts"', { file });
  return root;
}

function readEntries(root: JsonObject, section: Section, file: string, source: Source): readonly Entry[] {
  const { lineOf } = source;
  const list = getKey(root, section) ?? [];
  if (!isList(list)) {
    throw new KubeconfigError(`"${section}" must be a list`, { file, line: lineOf(section) });
  }
  return list.map((item, index) => {
    const kind = KINDS[section];
    const line = lineOf(section, index);
    const name = isObject(item) ? textOf(getKey(item, 'name')) : undefined;
    if (!isObject(item) || name === undefined) {
      throw new KubeconfigError(`each of "${section}" needs a "name" and a "${kind}"`, { file, line });
    }
    const fields = getKey(item, kind) ?? {};
    if (!isObject(fields)) throw new KubeconfigError(`"${kind}" of "${name}" must be a map`, { file, line });
    const error = (message: string, field?: string): KubeconfigError => {
      const at = field === undefined ? undefined : lineOf(section, index, kind, field);
      return new KubeconfigError(`${kind} "${name}": ${message}`, { file, line: at ?? line });
    };
    return entryOf(name, fields, file, error, (field) => source.textOf(section, index, kind, field));
  });
}

function entryOf(
  name: string,
  fields: JsonObject,
  file: string,
  error: Entry['error'],
  sourceOf: (field: string) => string | undefined,
): Entry {
  return {
    name,
    fields,
    error,
    text(field) {
      const value = getKey(fields, field);
      if (value === undefined || value === null || value === '') return undefined;
      // A token may look like a number; what counts is how it is written.
      const text = typeof value === 'number' ? sourceOf(field) : textOf(value);
      if (text === undefined) throw error(`"${field}" must be a text`, field);
      return text;
    },
    flag(field) {
      const value = getKey(fields, field);
      if (value === undefined || value === null) return false;
      if (typeof value !== 'boolean') throw error(`"${field}" must be true or false`, field);
      return value;
    },
    path: (value) => (isAbsolute(value) ? value : resolve(dirname(file), value)),
  };
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined;
}

type Keys = readonly (string | number)[];

/** How the document was written: where a value stands, and the characters of a scalar. */
type Source = {
  lineOf(this: void, ...keys: Keys): number | undefined;
  textOf(this: void, ...keys: Keys): string | undefined;
};

function nodeAt(document: Document, keys: Keys) {
  return document.getIn(keys, true) as
    | { readonly range?: readonly number[] | null; readonly source?: string }
    | undefined;
}
