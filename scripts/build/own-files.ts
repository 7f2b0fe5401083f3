import { readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { Plugin } from 'rolldown';
import { transformSync } from 'rolldown/utils';

/** Where programs of the bundle are, in its folder. */
export const PROGRAMS = 'lib';

const OURS = /\/packages\/[^/]+\/src\/.*\.m?ts$/;
const BESIDE = /new URL\('([^']+)', import\.meta\.url\)/g;
const REQUIRED = /\brequire\('([^']+)'\)/g;

/**
 * Lets the bundle find what the sources find beside themselves by `new URL(PATH, import.meta.url)`:
 *
 * - `.ts` (a worker, a program of its own) becomes a file of the bundle;
 * - `.mts` runs without the bundle, far from it: it loses its types, and nothing else;
 * - anything else is looked for at its path in the repository, see {@link wantedFiles}.
 *
 * What is loaded by a `require` of `createRequire`, when somebody needs it, becomes a file of the bundle, too.
 *
 * @param root the repository.
 * @throws Error while it is built, when code looks for its files in another way.
 */
export function ownFiles(root: string): Plugin {
  return {
    name: 'own-files',
    transform: {
      filter: { id: OURS },
      handler(code, id) {
        if (!code.includes('import.meta.')) return null;
        const lost = /import\.meta\.(?:dirname|filename)/.exec(code)?.[0];
        if (lost !== undefined) throw new Error(`${id}: ${lost} is another place in a bundle; use new URL(…) instead`);
        const asProgram = (target: string, name: string): string => {
          this.emitFile({ type: 'chunk', id: target, name, fileName: `${PROGRAMS}/${name}.cjs` });
          return `./${name}.cjs`;
        };
        const withoutTypes = (target: string): string => {
          const name = basename(target, '.mts');
          const source = transformSync(target, readFileSync(target, 'utf8')).code;
          this.emitFile({ type: 'asset', fileName: `${PROGRAMS}/${name}.mjs`, source });
          return `./${name}.mjs`;
        };
        const placeOf = (path: string): string => {
          const target = resolve(dirname(id), path);
          if (target.endsWith('.mts')) return withoutTypes(target);
          if (target.endsWith('.ts')) return asProgram(target, basename(target, '.ts'));
          return join('..', relative(root, target));
        };
        const found = code.replaceAll(BESIDE, (_, path: string) => `new URL('${placeOf(path)}', import.meta.url)`);
        if (!code.includes('createRequire(import.meta.url)')) return found;
        return found.replaceAll(REQUIRED, (_, name: string) => `require('${asProgram(name, basename(name))}')`);
      },
    },
  };
}

/** Files and folders that the code of a bundle looks for, by their path in the repository. */
export function wantedFiles(code: string): readonly string[] {
  return [...code.matchAll(/new URL\(["'`]\.\.\/([^"'`]+)["'`],/g)].map(([, path = '']) => path);
}
