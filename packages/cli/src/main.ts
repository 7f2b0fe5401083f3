#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// What was compiled once is loaded at half the cost the next time; where the folder cannot be written, nothing happens.
enableCompileCache(join(import.meta.dirname, '../../../.cache/compile'));

process.on('unhandledRejection', (error) => {
  const text = String(error instanceof Error ? error.stack : error);
  process.stderr.write(`carto: unexpected failure, please report it: ${text}\n`);
  process.exit(1);
});

const { runCommandLine } = await import('./command-line.ts');
await runCommandLine(process.argv);
