'use strict';
/*
 * What the single executable runs: the package that it holds is put into the cache folder of its user, once for each
 * version, and started there. The files of the package that are programs of their own are started by their path, as by
 * `node FILE`.
 */
const fs = require('node:fs');
const { createRequire } = require('node:module');
const os = require('node:os');
const path = require('node:path');
const sea = require('node:sea');

const { digest, files } = JSON.parse(sea.getAsset('index', 'utf8'));
const caches = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
const folder = path.join(caches, 'carto', digest);

const [, , file = ''] = process.argv;
if (isUnpacked(file)) {
  start(file, process.argv.slice(3));
} else if (unpack()) {
  tellOfNode();
  start(path.join(folder, 'bin/carto.cjs'), process.argv.slice(2));
}

/** With the arguments that it would have from `node FILE`: who starts it again does so by them. */
function start(program, args) {
  process.argv = [process.execPath, program, ...args];
  createRequire(program)(program);
}

/** By its end alone: who is started here does not always know where its user's home is. */
function isUnpacked(program) {
  return files.some(({ name }) => program.endsWith(path.join(path.sep, 'carto', digest, name)) && fs.existsSync(program));
}

/** Half a package is never found: it gets its name when it is whole. */
function unpack() {
  if (fs.existsSync(folder)) return true;
  const draft = `${folder}.${process.pid}`;
  try {
    for (const { name, mode } of files) {
      const target = path.join(draft, name);
      fs.mkdirSync(path.dirname(target), { recursive: true, mode: 0o700 });
      fs.writeFileSync(target, Buffer.from(sea.getRawAsset(name)), { mode });
    }
    fs.renameSync(draft, folder);
    return true;
  } catch (error) {
    fs.rmSync(draft, { recursive: true, force: true });
    if (fs.existsSync(folder)) return true; // another one was quicker
    process.stderr.write(`carto: cannot unpack itself: ${error.message}; name a folder of yours in XDG_CACHE_HOME\n`);
    process.exitCode = 1;
    return false;
  }
}

/** The Node in here is for `carto` alone. */
function tellOfNode() {
  if (process.argv[2] !== 'up') return;
  const places = (process.env.PATH || '').split(path.delimiter);
  if (places.some((place) => fs.existsSync(path.join(place, 'node')))) return;
  process.stderr.write('carto: there is no node on the PATH, which apps written in Node need, the example too\n');
}
