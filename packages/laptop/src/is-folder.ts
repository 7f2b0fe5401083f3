import { lstat } from 'node:fs/promises';
import { join } from 'node:path';

/** Whether a folder exists. */
export async function isFolder(...path: readonly string[]): Promise<boolean> {
  const found = await lstat(join(...path)).catch(() => undefined);
  return found?.isDirectory() === true;
}
