import type { LockContents, LockReader } from '../lock-file.ts';

/** Reads a text as the lock file of a path, beside other files. */
export function readLock(
  read: LockReader,
  text: string,
  path = 'lock',
  others: Record<string, string> = {},
): LockContents {
  return read({ path, text, other: (other) => (Object.hasOwn(others, other) ? others[other] : undefined) });
}

/** What a text gives, in one line each: `name version`, and after `!` what is unread and why. */
export function linesRead(read: LockReader, text: string, others: Record<string, string> = {}): readonly string[] {
  const { packages, unread } = readLock(read, text, 'lock', others);
  return [
    ...packages.map(({ name, version }) => `${name} ${version}`),
    ...unread.map(({ what, why }) => `! ${what} ${why}`),
  ];
}
