import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { setup } from './run-folder.ts';

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'carto-run-'));
});
afterEach(() => rmSync(place, { recursive: true }));

describe('the folder for temporary files of a run', () => {
  it('is where tests write, and goes with all that is left in it', () => {
    const env: NodeJS.ProcessEnv = { TMPDIR: place };
    const end = setup(undefined, env, place);
    const folder = env['TMPDIR'] ?? '';
    expect(dirname(folder)).toBe(place);
    mkdirSync(join(folder, 'carto-left'));
    writeFileSync(join(folder, 'carto-left', 'file'), 'x');
    end();
    expect([readdirSync(place), env]).toEqual([[], { TMPDIR: place }]);
  });

  it('is the one that this very run has', () => {
    expect(basename(tmpdir())).toMatch(/^carto-tests-[0-9]+-/);
  });

  it('goes at the next run when a run was killed, and stays while its run is under way', () => {
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    const [left, used, other] = [`carto-tests-${dead}-a`, `carto-tests-${process.pid}-b`, 'carto-tests-mine'];
    for (const name of [left, used, other]) mkdirSync(join(place, name, 'inner'), { recursive: true });
    setup(undefined, {}, place)();
    expect([left, used, other].map((name) => existsSync(join(place, name)))).toEqual([false, true, true]);
  });
});
