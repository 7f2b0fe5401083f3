/**
 * `npm run build`: makes what is released. `dist/carto` is the package as a folder, `dist/carto-VERSION.tgz` is what
 * `npm install -g` takes. `-- --executable` makes `dist/carto-linux-x64` as well, one file with Node in it.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureBuilt } from '@cartographer/ytt';
import { makeExecutable } from './build/executable.ts';
import { pack } from './build/pack.ts';
import { makePackage } from './build/package.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const ytt = await ensureBuilt({ env: process.env, say });
if (ytt.kind === 'noGo') {
  process.stderr.write(`${ytt.message}\n`);
  process.exit(1);
}
await rm(dist, { recursive: true, force: true });
await mkdir(dist);
const folder = join(dist, 'carto');
await makePackage({ root, folder, ytt: ytt.path });
say(`the package is in ${folder}`);
say(`npm install -g ${await pack(folder, dist)}`);
if (process.argv.includes('--executable')) {
  const executable = join(dist, 'carto-linux-x64');
  await makeExecutable(root, folder, executable);
  say(`the executable is ${executable}`);
}
