/**
 * `npm run vitest -- packages/api`: vitest takes a name for the beginning of a path, so that `packages/apiserver` would
 * run, too. A package's folder gets the slash that ends its name; everything else goes on as it is. Files that
 * `npm run test:cluster` runs may be named, too.
 */
import { spawnSync } from 'node:child_process';

const args = process.argv.slice(2).map((arg) => arg.replace(/^packages\/[a-z]+$/, '$&/'));
const config = args.some((arg) => /\.(?:long|cluster)\.ts$/.test(arg)) ? ['--config', 'vitest.cluster.config.ts'] : [];
process.exitCode = spawnSync('vitest', ['run', ...config, ...args], { stdio: 'inherit' }).status ?? 1;
