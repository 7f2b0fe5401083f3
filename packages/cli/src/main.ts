#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

/** `carto` from the sources; what is released starts in `bin/carto.cjs`. */

// What was compiled once is loaded at half the cost the next time; where the folder cannot be written, nothing happens.
enableCompileCache(fileURLToPath(new URL('../../../.cache/compile', import.meta.url)));

await import('./start.ts');
