import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const EXAMPLES = join(import.meta.dirname, '../../examples');
const CVE = join(EXAMPLES, 'cve');

/** The record of the CVE, and one that touches none of the apps: with it, npm is not an ecosystem of which nothing is known. */
export const ADVISORIES = {
  new: join(CVE, 'advisories/GHSA-xvch-5gv4-984h.json'),
  unrelated: join(EXAMPLES, 'hello/advisory/EXAMPLE-2026-0001.json'),
} as const;

/** A chain that reads the lock file before anything is built. */
export const CHAIN = join(EXAMPLES, 'source-scan');

/** The workloads, and the folder of `examples/cve` that each is made of. */
export const APPS = {
  one: 'plain',
  two: 'direct',
  three: 'plain',
  four: 'transitive',
  five: 'plain',
} as const;

/** The name of a workload. */
export type App = keyof typeof APPS;

/** All workloads, in order. */
export const ALL = Object.keys(APPS) as readonly App[];
/** Those whose lock file has the package of the CVE. */
export const CARRIERS: readonly App[] = ALL.filter((app) => APPS[app] !== 'plain');
/** The others. */
export const OTHERS: readonly App[] = ALL.filter((app) => APPS[app] === 'plain');

async function git(repository: string, ...args: readonly string[]): Promise<void> {
  const author = ['-c', 'user.name=Demo', '-c', 'user.email=demo@carto.invalid'];
  await run('git', ['-C', repository, ...author, ...args]);
}

/** Makes the repository of a workload, with npm's lock file in it. */
export async function makeRepository(root: string, app: App): Promise<string> {
  const repository = join(root, app);
  await cp(join(CVE, APPS[app]), repository, { recursive: true });
  await git(repository, 'init', '--quiet', '--initial-branch=main');
  await git(repository, 'add', '--all');
  await git(repository, 'commit', '--quiet', '-m', 'The first commit');
  return repository;
}

/** Commits what npm leaves of an update to the fixed version. */
export async function commitFix(repository: string, app: App): Promise<void> {
  await cp(join(CVE, `${APPS[app]}-fixed`), repository, { recursive: true });
  await git(repository, 'commit', '--quiet', '--all', '-m', 'Take the fixed version');
}
