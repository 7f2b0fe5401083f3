import { fileURLToPath } from 'node:url';

/** As `builtFolder` of build-recipe.ts, in a released bundle: that brings the one build that belongs to it. */
export async function builtFolder(cache?: string): Promise<string | undefined> {
  return cache ?? fileURLToPath(new URL('../built', import.meta.url));
}
