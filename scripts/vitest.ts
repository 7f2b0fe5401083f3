/**
 * `npm run vitest -- packages/api`: vitest takes a name for the beginning of a path, so that `packages/apiserver` would
 * run, too. A package's folder gets the slash that ends its name; everything else goes on as it is.
 */
import { spawnSync } from 'node:child_process';

const args = process.argv.slice(2).map((arg) => arg.replace(/^packages\/[a-z]+$/, '$&/'));
process.exitCode = spawnSync('vitest', ['run', ...args], { stdio: 'inherit' }).status ?? 1;
