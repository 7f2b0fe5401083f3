#!/usr/bin/env node
'use strict';
/* kubectl calls this with the words behind `kubectl carto` to complete the last of them. */
process.argv.splice(2, 0, '__complete');
require('./carto.cjs'); // oxlint-disable-line import/no-unassigned-import -- it starts there
