import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Clock } from '@cartographer/machinery';
import type { Reaper } from './reaper.ts';

/** A program of a cluster and how it is called. */
export type ProcessSpec = {
  readonly name: string;
  /** The program and its arguments. */
  readonly argv: readonly string[];
  /** Added to this process' environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Whether it does its work; asked until it says so. Without one, it does as soon as it runs. */
  readonly ready?: () => Promise<boolean>;
};

/** A process of a cluster. It ends with the cluster and with the test, however that ends. */
export interface ClusterProcess {
  readonly name: string;
  /** While it runs. */
  readonly pid: number | undefined;
  readonly logFile: string;
  /** The last lines it wrote. */
  logTail(): string;
  /** Resolves with the exit code or the signal's name when the present run ends. */
  readonly ended: Promise<number | string>;
  /** SIGSTOP: it holds its connections and answers nothing. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** Ends it: by SIGKILL unless told otherwise. Resolves when it is gone, with how it ended. */
  end(signal?: 'SIGKILL' | 'SIGTERM'): Promise<number | string>;
  /** Runs it again with the same arguments, and waits until it is ready. */
  start(): Promise<void>;
}

const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 50;
const TAIL_LINES = 30;

/** Prepares a process; {@link ClusterProcess.start} runs it. */
export function createClusterProcess(
  spec: ProcessSpec,
  { reaper, clock, logFile }: { readonly reaper: Reaper; readonly clock: Clock; readonly logFile: string },
): ClusterProcess {
  let child: ChildProcess | undefined;
  let ended: Promise<number | string> = Promise.resolve('not started');

  const logTail = (): string => {
    const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n');
    return lines.slice(-TAIL_LINES).join('\n');
  };
  // The whole group: what the program itself started goes with it.
  const signal = (name: NodeJS.Signals): void => {
    if (child?.pid !== undefined) signalGroup(child.pid, name);
  };
  function run(): void {
    const [program = '', ...args] = spec.argv;
    const log = openSync(logFile, 'a');
    const begun = spawn(program, args, {
      cwd: spec.cwd,
      env: { ...process.env, ...spec.env },
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    child = begun;
    const { pid } = begun;
    if (pid !== undefined) reaper.watch(pid);
    ended = new Promise((resolve) => {
      const end = (how: number | string): void => {
        if (child === begun) child = undefined;
        if (pid !== undefined) reaper.forget(pid);
        resolve(how);
      };
      begun.once('exit', (code, killedBy) => end(code ?? killedBy ?? 1));
      begun.once('error', (error) => end(error.message));
    });
  }

  return {
    name: spec.name,
    logFile,
    get pid() {
      return child?.pid;
    },
    get ended() {
      return ended;
    },
    logTail,
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    end(name = 'SIGKILL') {
      signal(name);
      if (name !== 'SIGKILL') signal('SIGCONT');
      return ended;
    },
    async start() {
      if (child !== undefined) throw new Error(`${spec.name} runs already`);
      run();
      const deadline = clock.now() + READY_TIMEOUT_MS;
      while (!(await isReady(spec))) {
        if (child === undefined) throw new Error(`${spec.name} ended with ${await ended}:\n${logTail()}`);
        if (clock.now() > deadline) throw new Error(`${spec.name} was not ready after 60 s:\n${logTail()}`);
        await clock.sleep(POLL_MS);
      }
    },
  };
}

async function isReady({ ready }: ProcessSpec): Promise<boolean> {
  try {
    return ready === undefined || (await ready());
  } catch {
    return false; // nobody listens yet
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
