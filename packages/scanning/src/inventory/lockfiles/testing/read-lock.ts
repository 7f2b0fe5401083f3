import type { LockContents, LockReader } from '../lock-file.ts';

/** Reads a text as the lock file of a path. */
export function readLock(read: LockReader, text: string, path = 'lock'): LockContents {
  return read({ path, text });
}

/** What a text gives, in one line each: `name version`, and after `!` what is unread and why. */
export function linesRead(read: LockReader, text: string): readonly string[] {
  const { packages, unread } = readLock(read, text);
  return [
    ...packages.map(({ name, version }) => `${name} ${version}`),
    ...unread.map(({ what, why }) => `! ${what} ${why}`),
  ];
}
