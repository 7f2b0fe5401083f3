import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'scripts/**/*.test.ts', 'e2e/**/*.test.ts'],
    pool: 'threads',
    isolate: false,
    testTimeout: 30_000,
    globalSetup: ['./scripts/build-for-tests.ts'],
    reporters: ['default', './scripts/count-reporter.ts'],
  },
});
