import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whose a folder is, is in its name. */
const NAME = /^carto-tests-([0-9]+)-/;

/**
 * Gives a run of the tests a folder of its own for temporary files, which goes with it: also what a test leaves behind that
 * fails or is ended. Folders of runs that were killed go at the next run.
 *
 * @param env gets `TMPDIR`, which workers and what they start inherit.
 * @returns what is to be done when the run is over.
 */
export function setup(_project?: unknown, env: NodeJS.ProcessEnv = process.env, place: string = tmpdir()): () => void {
  for (const name of readdirSync(place)) {
    const [, pid] = NAME.exec(name) ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(place, name), { recursive: true, force: true });
  }
  const folder = mkdtempSync(join(place, `carto-tests-${process.pid}-`));
  // What a test starts as another user has its own folder in it.
  chmodSync(folder, 0o711);
  const before = env['TMPDIR'];
  env['TMPDIR'] = folder;
  return () => {
    if (before === undefined) delete env['TMPDIR'];
    else env['TMPDIR'] = before;
    rmSync(folder, { recursive: true, force: true });
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
