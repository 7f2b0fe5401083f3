import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt } from '@cartographer/ytt';
import { makePackage } from './build/package.ts';

/**
 * Makes the package once before the tests that start `carto` as a user does: they run what is released. Another program
 * is tried by `CARTO_PROGRAM`: `CARTO_PROGRAM=$PWD/packages/cli/src/main.ts` is the sources.
 */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env['CARTO_PROGRAM'] !== undefined) return undefined;
  const ytt = await ensureBuilt({ env: process.env, say: (line) => void process.stdout.write(`${line}\n`) });
  if (ytt.kind === 'noGo') throw new Error(ytt.message);
  const folder = await mkdtemp(join(tmpdir(), 'carto-package-'));
  await makePackage({ root: join(import.meta.dirname, '..'), folder, ytt: ytt.path });
  process.env['CARTO_PROGRAM'] = join(folder, 'bin/carto.cjs');
  return async () => {
    delete process.env['CARTO_PROGRAM'];
    await rm(folder, { recursive: true, force: true });
  };
}
