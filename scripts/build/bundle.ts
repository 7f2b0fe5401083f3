import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { type OutputChunk, rolldown } from 'rolldown';
import { ownFiles, PROGRAMS, wantedFiles } from './own-files.ts';

/** The oldest Node that a bundle runs on: undici 8 asks for it. `packages/cli/bin/carto.cjs` says so to older ones. */
export const OLDEST_NODE = '22.19.0';

/** What a bundle consists of. */
export type Bundle = {
  /** Files and folders that its code looks for, by their path in the repository. */
  readonly wanted: readonly string[];
  /** Every file that went into it. */
  readonly modules: readonly string[];
  /** For each of its files: what is loaded with it, files of the bundle and modules of Node. */
  readonly loads: ReadonlyMap<string, readonly string[]>;
};

/**
 * Bundles the code of `carto` into `lib/` of a folder: what a command needs is loaded when it runs. Nothing in it says
 * where or when it was made. CommonJS, as Node starts it in less time than modules: by 13 ms for `carto --help`.
 *
 * @throws Error when something cannot be resolved, or what rolldown only warns of.
 */
export async function bundle(root: string, folder: string): Promise<Bundle> {
  const bundling = await rolldown({
    cwd: root,
    input: { start: join(root, 'packages/cli/src/start.ts') },
    platform: 'node',
    // The native PostgreSQL client, which pg looks for and does without.
    external: ['pg-native'],
    plugins: [ownFiles(root)],
    resolve: { conditionNames: ['bundle', 'node'] },
    // A module of ours that nobody uses is left out.
    treeshake: { moduleSideEffects: [{ test: /\/packages\/[^/]+\/src\/(?!start\.ts)/, sideEffects: false }] },
    transform: { target: `node${OLDEST_NODE}` },
    // Merged into others, what one command needs would be loaded by all.
    experimental: { chunkOptimization: false },
    onLog: (_level, log) => {
      throw new Error(stripVTControlCharacters(log.message));
    },
  });
  try {
    const { output } = await bundling.write({
      dir: folder,
      format: 'cjs',
      entryFileNames: `${PROGRAMS}/[name].cjs`,
      chunkFileNames: `${PROGRAMS}/[name]-[hash].cjs`,
      minify: { mangle: false, compress: true, codegen: { removeWhitespace: true } },
    });
    const chunks = output.filter((file): file is OutputChunk => file.type === 'chunk');
    return {
      wanted: [...new Set(chunks.flatMap(({ code }) => wantedFiles(code)))].toSorted(),
      modules: [...new Set(chunks.flatMap(({ moduleIds }) => moduleIds))].toSorted(),
      loads: new Map(chunks.map(({ fileName, imports }) => [fileName, imports])),
    };
  } finally {
    await bundling.close();
  }
}
