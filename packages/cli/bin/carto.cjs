#!/usr/bin/env node
'use strict';
/*
 * What is released starts here. An old Node has to read this file, so that it can say what is needed: nothing newer than
 * Node 12 knows may stand in it, and nothing else is loaded before the version was looked at.
 */
const NEEDED = '22.19';

if (isOlder(process.versions.node, NEEDED)) {
  process.stderr.write(
    'carto: needs Node ' + NEEDED + ' or newer, and this is ' + process.versions.node + '; install a newer one first on the PATH\n',
  );
  process.exitCode = 1;
} else {
  withoutExperimentalWarnings();
  keepCompiledCode();
  require('../lib/start.cjs'); // oxlint-disable-line import/no-unassigned-import -- it starts there
}

function isOlder(version, needed) {
  const own = version.split('.').map(Number);
  const least = needed.split('.').map(Number);
  return own[0] < least[0] || (own[0] === least[0] && own[1] < least[1]);
}

/** What Node calls experimental (node:sqlite) is what we decided on: its user can do nothing about it. */
function withoutExperimentalWarnings() {
  const emitWarning = process.emitWarning;
  process.emitWarning = function (warning, options) {
    const type = options !== null && typeof options === 'object' ? options.type : options;
    if (type !== 'ExperimentalWarning') emitWarning.apply(process, arguments);
  };
}

/** What was compiled once is loaded at half the cost the next time; where the folder cannot be written, nothing happens. */
function keepCompiledCode() {
  const path = require('path');
  const caches = process.env.XDG_CACHE_HOME || process.env.LOCALAPPDATA || path.join(require('os').homedir(), '.cache');
  if (path.isAbsolute(caches)) require('module').enableCompileCache(path.join(caches, 'carto', 'compiled'));
}
