import type { BillPackage, Unread } from '@cartographer/bills';
import { getKey, isObject, type Json, messageOf, parseYamlDocuments, textAt } from '@cartographer/machinery';
import { type LockContents, type LockFile, LockFileError, locked, unreadOf } from './lock-file.ts';
import { repositoryOf } from './npm.ts';

/**
 * `pnpm-lock.yaml`, versions 5 to 9: the keys of `packages` are paths of name and version, of a form that changed with
 * the versions; what comes from elsewhere says name and version itself.
 */
export function readPnpmLock(file: LockFile): LockContents {
  const unread: Unread[] = [];
  const packages = documentsOf(file.text).flatMap((document) => {
    if (!isObject(document) || getKey(document, 'lockfileVersion') === undefined) {
      throw new LockFileError('is no lock file of pnpm: it has no lockfileVersion');
    }
    const listed = getKey(document, 'packages');
    return isObject(listed)
      ? Object.entries(listed).flatMap(([key, entry]) => packageOf(file, key, entry, unread) ?? [])
      : [];
  });
  return { packages, unread };
}

function documentsOf(text: string): readonly Json[] {
  try {
    return parseYamlDocuments(text);
  } catch (error) {
    throw new LockFileError(`is not YAML: ${messageOf(error)}`);
  }
}

function packageOf(file: LockFile, key: string, entry: Json | undefined, unread: Unread[]): BillPackage | undefined {
  const [keyName, keyVersion] = nameAndVersion(key);
  const name = textAt(entry, 'name') || keyName;
  if (name === '') {
    unread.push(unreadOf(file, key, 'says no name of a package'));
    return undefined;
  }
  const repository = textAt(entry, 'resolution', 'repo') || repositoryOf(textAt(entry, 'resolution', 'tarball'));
  return locked(file, 'npm', name, textAt(entry, 'version') || keyVersion, repository);
}

const FORMS = [
  // 5, with a registry before it or without: /@a/b/1.2.3_react@18.0.0, npm.example.com/a/1.2.3
  /^[^/@]*\/(?<name>(?:@[^/@]+\/)?[^/@]+)\/(?<version>\d[^/_()]*)/,
  // 6 and 9: /@a/b@1.2.3(react@18.0.0), @a/b@1.2.3
  /^\/?(?<name>(?:@[^/@]+\/)?[^/@]+)@(?<version>[^()]+)/,
];

/** Of a key such as `file:…` neither is known, of one such as `a@https://…` the name alone. */
function nameAndVersion(key: string): readonly [string, string] {
  if (key.startsWith('file:')) return ['', ''];
  for (const form of FORMS) {
    const { name = '', version = '' } = form.exec(key)?.groups ?? {};
    if (name !== '') return [name, /^\d/.test(version) ? version : ''];
  }
  return ['', ''];
}
