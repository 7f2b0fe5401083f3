#!/usr/bin/env node
'use strict';
/* `kubectl carto …`: the same program, found by kubectl through its name. */
require('./carto.cjs'); // oxlint-disable-line import/no-unassigned-import -- it starts there
