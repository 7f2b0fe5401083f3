import { relative } from 'node:path';

/** A path as it is named from a folder: relative where it is below, else as it is. */
export function shortPath(path: string, cwd: string): string {
  const near = relative(cwd, path);
  return near.startsWith('..') ? path : near || '.';
}
