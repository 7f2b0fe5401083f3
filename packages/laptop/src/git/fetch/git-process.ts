import { Buffer } from 'node:buffer';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { GitError } from './git-error.ts';

/** How a git process ended: its exit code and what it said. */
type GitExit = { readonly code: number; readonly stderr: string };
/** The same with everything it wrote. */
export type GitOutput = GitExit & { readonly stdout: Buffer };

/** A running git process. `finished` settles exactly once; it rejects when the signal ended it or git is missing. */
export type GitProcess = {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly finished: Promise<GitExit>;
};

/** What a git process runs with. */
type GitOptions = {
  /** Added to the fixed environment: credentials and configuration go here, never on a command line. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** More output than this fails the run. Default 64 MiB. */
  readonly maxOutputBytes?: number;
};

/** Runs the machine's `git`. Never through a shell, and with nobody's configuration but ours. */
export interface Git {
  /** Starts a process whose output is read as a stream. */
  start(args: readonly string[], options: GitOptions): GitProcess;
  /** Runs a process to its end, whatever the exit code. */
  run(args: readonly string[], options: GitOptions): Promise<GitOutput>;
}

/** Taken over from the caller's environment: where programs are, and how the network is reached. */
const INHERITED = ['PATH', 'TMPDIR', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'http_proxy', 'https_proxy', 'all_proxy'];
const INHERITED_TOO = ['no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'];
const MAX_STDERR_BYTES = 64 * 1024;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/**
 * @param environment the process environment to take the search path and proxies from.
 * @param program the git to run; tests and odd installations name another.
 */
export function createGit(environment: Readonly<Record<string, string | undefined>>, program = 'git'): Git {
  const base = baseEnvironment(environment);
  const start: Git['start'] = (args, { env, signal }) => {
    signal.throwIfAborted();
    // A process group of its own, so that git's helpers (ssh, git-remote-https) die with it.
    const child = spawn(program, [...args], { env: { ...base, ...env }, detached: true, stdio: 'pipe', shell: false });
    child.stdin.on('error', () => undefined); // git may end before it has read everything: its exit code tells why
    return { stdin: child.stdin, stdout: child.stdout, finished: exitOf(child, signal) };
  };
  const run: Git['run'] = async (args, options) => {
    const process = start(args, options);
    process.stdin.end();
    const [stdout, exit] = await Promise.all([
      readAll(process.stdout, options.maxOutputBytes ?? MAX_OUTPUT_BYTES),
      process.finished,
    ]);
    return { ...exit, stdout };
  };
  return { start, run };
}

function baseEnvironment(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const base: Record<string, string> = {
    LC_ALL: 'C',
    HOME: '/nonexistent',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_OPTIONAL_LOCKS: '0',
    // `ext::` and friends would run commands that a URL names.
    GIT_ALLOW_PROTOCOL: 'file:http:https:ssh',
  };
  for (const name of [...INHERITED, ...INHERITED_TOO]) {
    const value = environment[name];
    if (value !== undefined) base[name] = value;
  }
  return base;
}

async function exitOf(child: ChildProcessWithoutNullStreams, signal: AbortSignal): Promise<GitExit> {
  const stderr: Buffer[] = [];
  let stderrBytes = 0;
  child.stderr.on('data', (chunk: Buffer) => {
    if (stderrBytes < MAX_STDERR_BYTES) stderr.push(chunk);
    stderrBytes += chunk.length;
  });
  const kill = (): void => killGroup(child.pid);
  signal.addEventListener('abort', kill, { once: true });
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.on('error', (error) => reject(new GitError(`cannot run git: ${error.message}; install git`, error)));
      child.on('close', (exitCode) => resolve(exitCode ?? -1));
    });
    signal.throwIfAborted();
    return { code, stderr: Buffer.concat(stderr).toString('utf8', 0, MAX_STDERR_BYTES) };
  } finally {
    signal.removeEventListener('abort', kill);
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has ended by itself
  }
}

async function readAll(stream: Readable, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw new GitError(`git wrote more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}
