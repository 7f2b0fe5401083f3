import { getKey, listAt, textAt } from '@cartographer/machinery';
import { type LockContents, type LockFile, LockFileError, locked, parseTomlTable, unreadOf } from './lock-file.ts';

/** `Cargo.lock`: all crates, those of the workspace, which have no source, among them. */
export function readCargoLock(file: LockFile): LockContents {
  const listed = getKey(parseTomlTable(file.text), 'package') ?? [];
  if (!Array.isArray(listed)) throw new LockFileError('is no lock file of Cargo: package is not a list');
  const packages = listAt(listed)
    .filter((entry) => textAt(entry, 'name') !== '')
    .map((entry) => {
      const source = textAt(entry, 'source');
      const repository = source.startsWith('git+') ? source : '';
      return locked(file, 'crates.io', textAt(entry, 'name'), textAt(entry, 'version'), repository);
    });
  const unread = listAt(listed).flatMap((entry, index) =>
    textAt(entry, 'name') === '' ? [unreadOf(file, `package[${index}]`, 'has no name')] : [],
  );
  return { packages, unread };
}
