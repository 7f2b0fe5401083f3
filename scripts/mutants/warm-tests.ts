import { createVitest } from 'vitest/node';

/** How long a test waits at least for something before it counts as failed. */
export const PATIENCE_MS = 60_000;

/** How the tests fared. `disturbed`: all passed, but something failed beside them; it may be of the run before. */
export type Run = 'passed' | 'failed' | 'disturbed';

/** A running vitest that tries one version of a file after another, without starting anew. It ends with its process. */
export interface WarmTests {
  /** Runs the tests with this text in the file's place. */
  run(source: string): Promise<Run>;
}

/**
 * Starts vitest for these tests. Nothing is written: the file's text is handed over when it is loaded. Transformed files
 * are not kept on disk (`fsModuleCache`), or the second version of a file would never be seen. The tests run one file
 * after the other, the first failure ends a run.
 */
export async function createWarmTests(root: string, file: string, tests: readonly string[]): Promise<WarmTests> {
  let current: string | undefined;
  const vitest = await createVitest(
    {
      root,
      config: false,
      watch: false,
      reporters: [{}],
      bail: 1,
      pool: 'threads',
      maxWorkers: 1,
      isolate: false,
      fileParallelism: false,
      fsModuleCache: false,
      // As in vitest.config.ts: vitest's own times are over on a busy machine while nothing is wrong.
      testTimeout: 2 * PATIENCE_MS,
      hookTimeout: PATIENCE_MS,
      expect: { poll: { timeout: PATIENCE_MS } },
      include: ['packages/*/src/**/*.test.ts'],
      sequence: { sequencer: InOrder },
    },
    {
      plugins: [
        { name: 'mutant', enforce: 'pre', load: (id: string) => (id.split('?')[0] === file ? current : undefined) },
      ],
    },
  );
  const found = await vitest.globTestSpecifications([...tests]);
  const specifications = tests.flatMap((test) => found.filter(({ moduleId }) => moduleId === test));
  return {
    async run(source) {
      current = source;
      vitest.invalidateFile(file);
      const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications);
      if (testModules.length === 0 || !testModules.every((module) => module.ok())) return 'failed';
      return unhandledErrors.length === 0 ? 'passed' : 'disturbed';
    },
  };
}

/** Leaves the files in the order in which they are given. */
class InOrder {
  shard<T>(files: T): T {
    return files;
  }
  sort<T>(files: T): T {
    return files;
  }
}
