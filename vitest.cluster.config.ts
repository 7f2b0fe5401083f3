import { defineConfig } from 'vitest/config';

/** The tests against a real cluster, and those that take minutes without one: `npm run test:cluster`. */
export default defineConfig({
  test: {
    include: ['e2e/cluster/**/*.cluster.ts', '{e2e,scripts,packages/*/src}/**/*.long.ts'],
    // A file starts a control plane of its own, and waits much of the time; with four at once they only take turns.
    pool: 'forks',
    maxWorkers: 3,
    testTimeout: 300_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 200_000 } },
    globalSetup: ['./scripts/run-folder.ts', './scripts/build-for-tests.ts', './scripts/bundle-for-tests.ts'],
    reporters: ['default', './scripts/count-reporter.ts'],
  },
});
