import type { BillPackage, Unread } from '@cartographer/bills';
import { getKey, isObject, type Json, messageOf, parseYamlDocuments, textAt, textsAt } from '@cartographer/machinery';
import {
  type LockContents,
  type LockFile,
  LockFileError,
  linesOf,
  locked,
  parseJsonObject,
  unreadOf,
} from './lock-file.ts';

const MIX = /^ {2}"(?<name>[^"]+)": \{:(?<kind>\w+), (?<first>:?"?[^",]+"?)(?:, "(?<version>[^"]*)")?/;

/** `mix.lock`: one package a line; one from a repository has no version. */
export function readMixLock(file: LockFile): LockContents {
  const packages: BillPackage[] = [];
  const unread: Unread[] = [];
  for (const [index, line] of linesOf(file.text).entries()) {
    if (/^\s*(?:%\{|\})?\s*$/.test(line)) continue;
    const { name, kind, first = '', version = '' } = MIX.exec(line)?.groups ?? {};
    if (name === undefined) unread.push(unreadOf(file, `line ${index + 1}`, 'is no package'));
    else if (kind === 'hex') packages.push(locked(file, 'Hex', name, version));
    else packages.push(locked(file, 'Hex', name, '', first.replaceAll('"', '')));
  }
  return { packages, unread };
}

/** `pubspec.lock`. */
export function readPubspecLock(file: LockFile): LockContents {
  const listed = getKey(firstDocument(file.text), 'packages');
  const packages = Object.entries(isObject(listed) ? listed : {}).map(([name, entry]) => {
    const isGit = textAt(entry, 'source') === 'git';
    return locked(file, 'Pub', name, textAt(entry, 'version'), isGit ? textAt(entry, 'description', 'url') : '');
  });
  return { packages, unread: [] };
}

function firstDocument(text: string): { readonly [key: string]: Json | undefined } {
  let first: Json | undefined;
  try {
    [first] = parseYamlDocuments(text);
  } catch (error) {
    throw new LockFileError(`is not YAML: ${messageOf(error)}`);
  }
  if (!isObject(first)) throw new LockFileError('is no lock file of Dart: it is not a map');
  return first;
}

/** `name/version`, and after it a user, revisions and a time: `zlib/1.2.11#ff9f2eb…%1640000000`. */
const CONAN = /^(?<name>[^/@#:%]+)\/(?<version>[^@#:%]+)/;

/** `conan.lock`: the nodes of a graph in Conan 1, lists of references in Conan 2. */
export function readConanLock(file: LockFile): LockContents {
  const document = parseJsonObject(file.text);
  const graph = getKey(document, 'graph_lock');
  const nodes = isObject(graph) ? getKey(graph, 'nodes') : undefined;
  const references = isObject(nodes)
    ? Object.values(nodes)
        // The project itself is the node with a path.
        .filter((node) => textAt(node, 'path') === '')
        .map((node) => textAt(node, 'pref') || textAt(node, 'ref'))
    : ['requires', 'build_requires', 'python_requires'].flatMap((key) => textsAt(document, key));
  const packages = references.flatMap((reference) => {
    const { name, version = '' } = CONAN.exec(reference)?.groups ?? {};
    return name === undefined ? [] : [locked(file, 'ConanCenter', name, version)];
  });
  return { packages, unread: [] };
}

/** `renv.lock`: packages of R. Those that are from no repository are of no ecosystem. */
export function readRenvLock(file: LockFile): LockContents {
  const listed = getKey(parseJsonObject(file.text), 'Packages');
  if (!isObject(listed)) throw new LockFileError('is no lock file of renv: it has no Packages');
  const packages = Object.values(listed).flatMap((entry) => {
    const [name, version] = [textAt(entry, 'Package'), textAt(entry, 'Version')];
    const repository = textAt(entry, 'Repository');
    if (name === '') return [];
    const isFromCran = repository !== '' && !repository.startsWith('Bioconductor');
    return [isFromCran ? locked(file, 'CRAN', name, version) : { ...locked(file, '', name, version), purl: '' }];
  });
  return { packages, unread: [] };
}
