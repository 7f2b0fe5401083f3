import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { shownUrl } from '../../redact.ts';
import { GitError } from '../fetch/git-error.ts';
import { type GitLocation, parseGitLocation } from '../fetch/git-location.ts';
import { GitMirror, type GitRemote } from '../fetch/git-mirror.ts';
import type { Git } from '../fetch/git-process.ts';
import { listTree, type TreeEntry } from './list-tree.ts';

/** Where the mirrors of submodules live. */
export type SubmoduleStore = { readonly git: Git; readonly folder: string };

/** go-git's bound on nesting. */
const MAX_DEPTH = 10;
const MAX_SUBMODULES = 200;

/** All entries of a commit, with what is in its submodules, and in theirs. */
export async function listSubmodules(
  store: SubmoduleStore,
  mirror: GitMirror,
  remote: GitRemote,
  commit: string,
): Promise<readonly TreeEntry[]> {
  return expand({ ...store, count: 0 }, mirror, remote, commit, 0);
}

async function expand(
  walk: SubmoduleStore & { count: number },
  mirror: GitMirror,
  remote: GitRemote,
  commit: string,
  depth: number,
): Promise<readonly TreeEntry[]> {
  const entries = await listTree(mirror, commit, remote.signal);
  if (!entries.some(({ kind }) => kind === 'submodule')) return entries;
  if (!entries.some(({ path }) => path === '.gitmodules')) return entries;
  const urls = await submoduleUrls(mirror, commit, remote.signal);
  const all: TreeEntry[] = [...entries];
  for (const { kind, path, hash } of entries) {
    const url = kind === 'submodule' ? urls.get(path) : undefined;
    if (url === undefined) continue; // a link that .gitmodules does not explain stays an empty folder
    walk.count += 1;
    if (walk.count > MAX_SUBMODULES || depth >= MAX_DEPTH) {
      throw new GitError(`too many submodules at '${path}': at most ${MAX_SUBMODULES}, ${MAX_DEPTH} deep, are fetched`);
    }
    const inside = await fetchSubmodule(walk, remote, { path, hash, url }, depth);
    all.push(...inside.map((entry) => ({ ...entry, path: `${path}/${entry.path}` })));
  }
  return all;
}

async function fetchSubmodule(
  walk: SubmoduleStore & { count: number },
  remote: GitRemote,
  { path, hash, url }: { readonly path: string; readonly hash: string; readonly url: string },
  depth: number,
): Promise<readonly TreeEntry[]> {
  try {
    const location = locateSubmodule(remote.location, url);
    const folder = createHash('sha256').update(url).digest('hex').slice(0, 16);
    const mirror = new GitMirror(walk.git, join(walk.folder, folder));
    const inside: GitRemote = { ...remote, location };
    await mirror.fetchCommit(inside, hash, undefined);
    return await expand(walk, mirror, inside, hash, depth + 1);
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    throw new GitError(`submodule '${path}': ${error.message}`, error);
  }
}

/**
 * Where a submodule is, seen from its parent. A repository from elsewhere may not reach into this
 * machine's files, nor make use of this user's SSH keys: the author of the repository wrote the URL.
 */
function locateSubmodule(parent: GitLocation, url: string): GitLocation {
  let location: GitLocation;
  try {
    location = parseGitLocation(/^\.\.?\//.test(url) ? resolveRelative(parent, url) : url);
  } catch (error) {
    throw new GitError(`failed to parse url '${shownUrl(url)}': ${(error as Error).message}`);
  }
  if (location.kind !== 'http' && location.kind !== parent.kind) {
    throw new GitError(
      `'${location.text}' is refused: a repository from elsewhere may only have submodules from elsewhere`,
    );
  }
  return location;
}

function resolveRelative(parent: GitLocation, url: string): string {
  if (parent.kind === 'local') return join(parent.path, url);
  const base = parent.url.endsWith('/') ? parent.url : `${parent.url}/`;
  return new URL(url, base).href;
}

/** Path to URL of each submodule, from `.gitmodules`; paths are binary strings. */
async function submoduleUrls(
  mirror: GitMirror,
  commit: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const output = await mirror.read(['config', `--blob=${commit}:.gitmodules`, '--null', '--list'], signal);
  const byName = new Map<string, { path?: string; url?: string }>();
  for (const line of output.toString('latin1').split('\0')) {
    const match = /^submodule\.(.+)\.(path|url)\n(.*)$/s.exec(line);
    if (match === null) continue;
    const [, name = '', key = '', value] = match;
    byName.set(name, { ...byName.get(name), [key]: value });
  }
  const pairs = [...byName.values()].flatMap(({ path, url }) =>
    path === undefined || url === undefined ? [] : [[path, Buffer.from(url, 'latin1').toString()] as const],
  );
  return new Map(pairs);
}
