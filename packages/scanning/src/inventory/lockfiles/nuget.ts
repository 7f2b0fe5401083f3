import { getKey, isObject, textAt } from '@cartographer/machinery';
import { type LockContents, type LockFile, LockFileError, locked, parseJsonObject } from './lock-file.ts';

/** `packages.lock.json`, versions 1 and 2: packages by framework. A project among them has no version. */
export function readNuGetLock(file: LockFile): LockContents {
  const document = parseJsonObject(file.text);
  const [version, frameworks] = [getKey(document, 'version'), getKey(document, 'dependencies')];
  if (version !== 1 && version !== 2) {
    throw new LockFileError(
      `is a lock file of NuGet of version ${JSON.stringify(version)}, which is not read: 1 and 2 are`,
    );
  }
  const packages = Object.values(isObject(frameworks) ? frameworks : {}).flatMap((listed) =>
    Object.entries(isObject(listed) ? listed : {}).map(([name, entry]) =>
      locked(file, 'NuGet', name, textAt(entry, 'resolved')),
    ),
  );
  return { packages, unread: [] };
}
