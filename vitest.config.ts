import { defineConfig } from 'vitest/config';
import { LongestFirst } from './scripts/longest-first.ts';

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'scripts/**/*.test.ts', 'e2e/**/*.test.ts', 'examples/**/*.test.ts'],
    // Processes, not threads: to start a program copies the page tables of the process, 2 ms in a small one, 100 ms in a
    // large one, and threads share one that grows with every file.
    pool: 'forks',
    isolate: false,
    // Node strips the types of what is imported by itself, in a third less time.
    experimental: { viteModuleRunner: false },
    // Left to itself, vitest keeps a core free; much of what tests do is to wait.
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
    // What hangs is ended; these say nothing of how long anything takes, also on a machine with much else to do.
    testTimeout: 300_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 200_000 } },
    globalSetup: ['./scripts/run-folder.ts', './scripts/build-for-tests.ts'],
    reporters: ['default', './scripts/count-reporter.ts'],
  },
});
