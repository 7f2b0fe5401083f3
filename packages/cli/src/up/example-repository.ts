import { execFile } from 'node:child_process';
import { cp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CartoError } from '@cartographer/machinery';

const run = promisify(execFile);

/**
 * Makes a git repository of an app, with one commit. An existing one is kept, with the user's commits; one that an
 * earlier start began and was killed before its first commit is made anew, and files that are there are kept.
 * @throws CartoError `CARTO_GIT` when git is missing or refuses.
 */
export async function prepareRepository(dir: string, app: string): Promise<void> {
  if (await isBegun(dir)) {
    if (await hasCommits(dir)) return;
    await rm(join(dir, '.git'), { recursive: true });
  }
  await cp(app, dir, { recursive: true, force: false });
  try {
    await run('git', ['init', '--quiet', '--initial-branch=main', dir]);
    await introduceAuthor(dir);
    await run('git', ['-C', dir, 'add', '.']);
    await run('git', ['-C', dir, 'commit', '--quiet', '-m', 'The first commit']);
  } catch (cause) {
    throw new CartoError(
      'CARTO_GIT',
      `cannot make the example repository ${dir}: ${(cause as Error).message.trim()}; is git installed?`,
      { cause, retry: 'never' },
    );
  }
}

async function isBegun(dir: string): Promise<boolean> {
  return stat(join(dir, '.git')).then(
    () => true,
    () => false,
  );
}

/** On any branch. A repository that git cannot read is the user's to mend, so it counts as one with commits. */
async function hasCommits(dir: string): Promise<boolean> {
  return run('git', ['-C', dir, '--git-dir', join(dir, '.git'), 'rev-list', '--all', '--max-count=1']).then(
    ({ stdout }) => stdout.trim() !== '',
    () => true,
  );
}

/** Where the user never told git who they are, the repository gets an author of its own, so that `git commit` just works. */
async function introduceAuthor(dir: string): Promise<void> {
  const known = await run('git', ['-C', dir, 'config', 'user.email']).then(
    ({ stdout }) => stdout.trim() !== '',
    () => false,
  );
  if (known) return;
  await run('git', ['-C', dir, 'config', 'user.name', 'Carto Example']);
  await run('git', ['-C', dir, 'config', 'user.email', 'example@carto.invalid']);
}
