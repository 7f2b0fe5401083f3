import type { SqlDatabase } from '@cartographer/store';
import { createFakeClock } from '@cartographer/testkit';
import { beforeEach, describe } from 'vitest';
import { portfolioSuite } from './testing/portfolio-suite.ts';
import { sharedMemory } from './testing/shared-memory.ts';

let database: SqlDatabase;
beforeEach(() => {
  database = sharedMemory();
});

describe('a portfolio in SQLite', () => {
  portfolioSuite(() => database, createFakeClock());
});
