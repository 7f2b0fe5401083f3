import { createVitest } from 'vitest/node';

/** A running vitest that tries one version of a file after another, without starting anew. It ends with its process. */
export interface WarmTests {
  /** True when all tests pass with this text in the file's place. */
  pass(source: string): Promise<boolean>;
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
      testTimeout: 120_000,
      hookTimeout: 60_000,
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
    async pass(source) {
      current = source;
      vitest.invalidateFile(file);
      const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications);
      return unhandledErrors.length === 0 && testModules.length > 0 && testModules.every((module) => module.ok());
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
