import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const CACHE = join(import.meta.dirname, '../../.cache/node');
const run = promisify(execFile);

/**
 * The program of an exact version of Node for this machine, by npm, kept in `.cache/node`: some 50 MB the first time.
 * @throws Error that says how to get it when npm cannot.
 */
export async function otherNode(version: string): Promise<string> {
  const folder = join(CACHE, version);
  const name = `node-${process.platform}-${process.arch}`;
  const program = join(folder, 'node_modules', name, 'bin/node');
  if (existsSync(program)) return program;
  await mkdir(CACHE, { recursive: true });
  const draft = await mkdtemp(join(CACHE, '.draft-'));
  try {
    await run('npm', [
      'install',
      '--prefix',
      draft,
      '--no-save',
      '--ignore-scripts',
      '--no-audit',
      `${name}@${version}`,
    ]);
    await rename(draft, folder);
  } catch (cause) {
    if (existsSync(program)) return program; // another process was quicker
    throw new Error(`no Node ${version} here: run npm install --prefix .cache/node/${version} ${name}@${version}`, {
      cause,
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return program;
}
