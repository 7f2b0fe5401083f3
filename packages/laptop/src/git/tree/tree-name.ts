import { Buffer } from 'node:buffer';

/** What HFS+ leaves out when it compares names. */
const IGNORED_BY_HFS = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

/**
 * Why no checkout may make an entry of this name, by git's own rules for what it fetches (`fsck`): whoever unpacks the
 * archive would write outside of the folder, or into a repository's own files. Undefined for a good name.
 *
 * @param name a binary string, see {@link TarEntry}.
 */
export function refuseName(name: string): string | undefined {
  if (name === '') return 'it has no name';
  if (name.includes('/')) return 'its name holds a slash';
  // A backslash is a letter here and a slash on Windows.
  for (const part of name.split('\\')) {
    if (part === '..' || (part === '.' && part === name)) return `'${part}' is no name`;
    if (isDotGit(part)) return "'.git' is where git keeps its own files";
  }
  return undefined;
}

/** `.git` as any file system may read it: in any case, by its short name, with what NTFS and HFS+ overlook. */
function isDotGit(part: string): boolean {
  const text = Buffer.from(part, 'latin1').toString('utf8').replace(IGNORED_BY_HFS, '').toLowerCase();
  return /^(?:\.git|git~1)[ .]*(?::.*)?$/s.test(text);
}
