import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ifThere } from '@cartographer/oci';

import type { Candidate } from './choose-revision.ts';
import { GitError } from './git-error.ts';
import { describeGitFailure } from './git-failure.ts';
import type { GitLocation } from './git-location.ts';
import type { Git, GitOutput, GitProcess } from './git-process.ts';
import { parseRemoteRefs, type RemoteRef } from './remote-refs.ts';

/** A remote repository for the length of one run. */
export type GitRemote = {
  readonly location: GitLocation;
  /** Credentials. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
};

/** What a commit says about itself. */
export type CommitInfo = { readonly commit: string; readonly subject: string; readonly committedAt: number };

/** More packs than this: the mirror starts anew, because only the newest commit in it is ever needed. */
const MAX_PACKS = 40;
const UNLIMITED_DEPTH = 2_147_483_647;
const FETCH = [
  'fetch',
  '--quiet',
  '--no-tags',
  '--no-write-fetch-head',
  '--no-auto-maintenance',
  '--update-shallow',
].concat('--no-recurse-submodules');
/** A server that says nothing for a minute has hung up, should the deadline of the run not come first or its keeper die. */
const HANG_UP = ['-c', 'http.lowSpeedLimit=1', '-c', 'http.lowSpeedTime=60'];

/**
 * The bare repository on disk that stands between one GitRepository and its remote. It holds only
 * what was asked for: the tip of a ref without its history, or a branch when a commit is looked for in it.
 */
export class GitMirror {
  readonly #git: Git;
  readonly #folder: string;

  constructor(git: Git, folder: string) {
    this.#git = git;
    this.#folder = folder;
  }

  /** The refs of the remote, as they are now; all of them when there are none of the kind asked for. */
  async listRefs(
    remote: GitRemote,
    kind: 'heads' | 'tags' | 'all',
    failing = 'unable to clone',
  ): Promise<readonly RemoteRef[]> {
    const only = kind === 'all' ? [] : [`--${kind}`];
    const args = [...HANG_UP, 'ls-remote', '--quiet', ...only, '--', urlOf(remote.location)];
    const { code, stdout, stderr } = await this.#git.run(args, remote);
    if (code !== 0) throw failure(failing, remote.location, stderr);
    const refs = parseRemoteRefs(stdout.toString());
    return refs.length > 0 || kind === 'all' ? refs : this.listRefs(remote, 'all', failing);
  }

  /** Brings the tip of a ref here and says which commit it was at that moment. */
  async fetchTip(remote: GitRemote, { ref, commit }: Candidate): Promise<CommitInfo> {
    await this.#fetch(remote, ['--depth=1'], `+${ref}:refs/carto/wanted`, commit);
    return this.#info('refs/carto/wanted', wordsFor(ref), remote);
  }

  /** Brings a commit here; with a branch, only if it is part of that branch. */
  async fetchCommit(remote: GitRemote, commit: string, branch: Candidate | undefined): Promise<CommitInfo> {
    const { signal } = remote;
    if (branch !== undefined) {
      const known = await this.#contains(branch.commit, commit, signal);
      if (!known) {
        await this.#fetch(remote, [`--depth=${UNLIMITED_DEPTH}`], `+${branch.ref}:refs/carto/branch`, commit);
        if (!(await this.#contains('refs/carto/branch', commit, signal))) throw notFound(commit);
      }
    } else if (!(await this.#has(commit, signal))) {
      await this.#fetchAnywhere(remote, commit);
      if (!(await this.#has(commit, signal))) throw notFound(commit);
    }
    return this.#info(commit, `'${commit}'`, remote);
  }

  /** Reads a commit that is here; `words` name it where it turns out to be something else. */
  async #info(name: string, words: string, { location, signal }: GitRemote): Promise<CommitInfo> {
    const args = ['log', '-1', '--no-show-signature', '--format=%H%n%ct%n%s', '--end-of-options', name];
    const { code, stdout, stderr } = await this.#git.run([`--git-dir=${this.#folder}`, ...args], { signal });
    const [hash = '', seconds = '0', subject = ''] = stdout.toString().split('\n');
    if (code === 0 && hash !== '') return { commit: hash, subject, committedAt: Number(seconds) * 1000 };
    const type = await this.#git.run([`--git-dir=${this.#folder}`, 'cat-file', '-t', `${name}^{}`], { signal });
    const found = type.code === 0 ? `a ${type.stdout.toString().trim()}` : lastLine(stderr);
    throw new GitError(`unable to clone '${location.text}': ${words} names no commit (${found}); name one that does`);
  }

  /** Runs git on the mirror; a failure is thrown. */
  async read(args: readonly string[], signal: AbortSignal): Promise<Buffer> {
    return (await this.#local(args, signal)).stdout;
  }

  /** Starts git on the mirror, for output read as a stream. */
  stream(args: readonly string[], signal: AbortSignal): GitProcess {
    return this.#git.start([`--git-dir=${this.#folder}`, ...args], { signal });
  }

  /** Forgets everything. */
  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** A server may refuse to hand out a bare hash; then all branches are fetched and the commit looked for. */
  async #fetchAnywhere(remote: GitRemote, commit: string): Promise<void> {
    try {
      await this.#fetch(remote, ['--depth=1'], `+${commit}:refs/carto/wanted`, commit);
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      await this.#fetch(remote, [`--depth=${UNLIMITED_DEPTH}`], '+refs/heads/*:refs/carto/heads/*', commit);
    }
  }

  async #fetch(remote: GitRemote, how: readonly string[], refspec: string, sample: string): Promise<void> {
    const format = sample.length === 64 ? 'sha256' : 'sha1';
    const settings = [...HANG_UP, '-c', 'fetch.unpackLimit=1', '-c', 'fetch.showForcedUpdates=false'];
    const args = [`--git-dir=${this.#folder}`, ...settings, ...FETCH, ...how, '--', urlOf(remote.location), refspec];
    const isNew = await this.#prepare(remote.signal, format);
    let exit = await this.#git.run(args, remote);
    if (exit.code !== 0 && !isNew) {
      // Damage, or a repository with another hash algorithm in the old one's place: start anew.
      await this.remove();
      await this.#prepare(remote.signal, format);
      exit = await this.#git.run(args, remote);
    }
    if (exit.code !== 0) throw failure('unable to clone', remote.location, exit.stderr);
  }

  /** Makes the mirror if it is not there; true when it was made. */
  async #prepare(signal: AbortSignal, format: string): Promise<boolean> {
    const packs = await ifThere(readdir(join(this.#folder, 'objects', 'pack')));
    if (packs !== undefined && packs.filter((name) => name.endsWith('.pack')).length <= MAX_PACKS) return false;
    await this.remove();
    const init = ['init', '--bare', '--quiet', '--template=', `--object-format=${format}`, '--', this.#folder];
    const { code, stderr } = await this.#git.run(init, { signal });
    if (code !== 0) throw new GitError(`cannot make a mirror: ${stderr.trim()}`);
    return true;
  }

  async #has(commit: string, signal: AbortSignal): Promise<boolean> {
    // Its files, too: a fetch that was killed may have left the commit without them.
    const args = [
      `--git-dir=${this.#folder}`,
      'rev-list',
      '--quiet',
      '--objects',
      '--no-walk',
      '--end-of-options',
      commit,
    ];
    return (await this.#git.run(args, { signal })).code === 0;
  }

  async #contains(tip: string, commit: string, signal: AbortSignal): Promise<boolean> {
    const args = [`--git-dir=${this.#folder}`, 'merge-base', '--is-ancestor', '--end-of-options', commit, tip];
    return (await this.#git.run(args, { signal })).code === 0;
  }

  async #local(args: readonly string[], signal: AbortSignal): Promise<GitOutput> {
    const output = await this.#git.run([`--git-dir=${this.#folder}`, ...args], { signal });
    if (output.code !== 0) throw new GitError(`git ${args[0]} failed: ${output.stderr.trim()}`);
    return output;
  }
}

/** A ref as people call it: `tag 'v1.0.0'`. */
function wordsFor(ref: string): string {
  const [, kind, name = ref] = /^refs\/(heads|tags)\/(.*)$/s.exec(ref) ?? [];
  return `${kind === 'tags' ? 'tag' : kind === 'heads' ? 'branch' : 'ref'} '${name}'`;
}

function lastLine(stderr: string): string {
  return stderr.trim().split('\n').at(-1) ?? '';
}

function urlOf(location: GitLocation): string {
  return location.kind === 'local' ? location.path : location.url;
}

function failure(failing: string, location: GitLocation, stderr: string): GitError {
  return new GitError(`${failing} '${location.text}': ${describeGitFailure(stderr, location)}`);
}

function notFound(commit: string): GitError {
  return new GitError(`unable to resolve commit object for '${commit}': object not found`);
}
