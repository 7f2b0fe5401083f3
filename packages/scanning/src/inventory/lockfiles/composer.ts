import { getKey, listAt, textAt } from '@cartographer/machinery';
import { type LockContents, type LockFile, LockFileError, locked, parseJsonObject, unreadOf } from './lock-file.ts';

/** `composer.lock`: the packages, and those for development. */
export function readComposerLock(file: LockFile): LockContents {
  const document = parseJsonObject(file.text);
  if (!Array.isArray(getKey(document, 'packages'))) {
    throw new LockFileError('is no lock file of Composer: it has no packages');
  }
  const entries = ['packages', 'packages-dev'].flatMap((key) =>
    listAt(document, key).map((entry, index) => ({ entry, where: `${key}[${index}]` })),
  );
  const nameless = entries.filter(({ entry }) => textAt(entry, 'name') === '');
  return {
    packages: entries
      .filter(({ entry }) => textAt(entry, 'name') !== '')
      .map(({ entry }) => locked(file, 'Packagist', textAt(entry, 'name'), textAt(entry, 'version'))),
    unread: nameless.map(({ where }) => unreadOf(file, where, 'has no name')),
  };
}
