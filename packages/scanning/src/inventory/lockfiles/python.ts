import type { BillPackage } from '@cartographer/bills';
import { getKey, isObject, type Json, listAt, textAt } from '@cartographer/machinery';
import {
  type LockContents,
  type LockFile,
  LockFileError,
  locked,
  parseJsonObject,
  parseTomlTable,
  unreadOf,
} from './lock-file.ts';

/** `poetry.lock`, `uv.lock` and `pdm.lock`: a list of packages in TOML. The project itself has no version that counts. */
export function readPythonLock(file: LockFile): LockContents {
  return readToml(file, 'package');
}

/** `pylock.toml`, the format that PEP 751 sets for all tools. */
export function readPylock(file: LockFile): LockContents {
  return readToml(file, 'packages');
}

function readToml(file: LockFile, key: string): LockContents {
  const listed = getKey(parseTomlTable(file.text), key) ?? [];
  if (!Array.isArray(listed)) throw new LockFileError(`is no lock file of Python: ${key} is not a list`);
  const packages = listAt(listed).flatMap((entry) => packageOf(file, entry) ?? []);
  const unread = listAt(listed).flatMap((entry, index) =>
    textAt(entry, 'name') === '' ? [unreadOf(file, `${key}[${index}]`, 'has no name')] : [],
  );
  return { packages, unread };
}

function packageOf(file: LockFile, entry: Json): BillPackage | undefined {
  // uv lists the project, which is no package if it is built as none.
  if (textAt(entry, 'name') === '' || textAt(entry, 'source', 'virtual') !== '') return undefined;
  const git =
    textAt(entry, 'source', 'git') ||
    textAt(entry, 'git') ||
    textAt(entry, 'vcs', 'url') ||
    (textAt(entry, 'source', 'type') === 'git' ? textAt(entry, 'source', 'url') : '');
  return locked(file, 'PyPI', textAt(entry, 'name'), textAt(entry, 'version'), git);
}

/** `Pipfile.lock`: each key but `_meta` is a category of packages, with a version of `==1.2.3`. */
export function readPipfileLock(file: LockFile): LockContents {
  const document = parseJsonObject(file.text);
  if (!isObject(getKey(document, 'default'))) throw new LockFileError('is no lock file of Pipenv: it has no default');
  const packages = Object.entries(document).flatMap(([category, listed]) =>
    category === '_meta' || !isObject(listed)
      ? []
      : Object.entries(listed).map(([name, entry]) =>
          locked(file, 'PyPI', name, textAt(entry, 'version').replace(/^={2,3}/, ''), textAt(entry, 'git')),
        ),
  );
  return { packages, unread: [] };
}
