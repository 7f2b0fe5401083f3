/**
 * `npm ci` ends with this: an error when the Node that the lock file holds by its hash did not come, since npm leaves out
 * an optional package that it cannot fetch, or that is not what its hash says, without a word. Plain JavaScript, as it
 * has to run on whatever Node there is.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const OLDEST_OWN_NODE = 24;
const root = join(import.meta.dirname, '..');
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
const name = Object.keys(packages[''].optionalDependencies).find((each) => {
  const { os, cpu } = packages[`node_modules/${each}`];
  return [os].flat().includes(process.platform) && [cpu].flat().includes(process.arch);
});
const isOmitted = (process.env.npm_config_omit ?? '').split(/\s+/).includes('optional');
const hasCome = name !== undefined && process.execPath.startsWith(join(root, 'node_modules', name));
const isNewEnough = Number(process.versions.node.split('.')[0]) >= OLDEST_OWN_NODE;

if (name !== undefined && !isOmitted && !hasCome) {
  fail(
    `${name} ${packages[`node_modules/${name}`].version} was not installed: it could not be fetched, or it is not what its hash in package-lock.json says; run npm ci again`,
  );
}
if (!hasCome && !isNewEnough) {
  fail(
    `there is no Node for ${process.platform} ${process.arch} here, and ${process.version} of this machine is too old; install Node ${OLDEST_OWN_NODE} or newer`,
  );
}

/** @param {string} message */
function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
