import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { CartoError, type Clock, type Log } from '@cartographer/machinery';
import type { KeeperReport, KeeperRequest } from './keeper-protocol.ts';
import { isStillRunning, readProcessRecord, removeProcessRecord, signalGroup } from './process-record.ts';
import { endStrays } from './stray-processes.ts';

/** A program to run. */
type KeptSpec = {
  /** The program and its arguments; never goes through a shell unless it names one. */
  readonly argv: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Gets what it writes; see {@link openBoundedLog}. */
  readonly logFile: string;
  readonly maxLogBytes?: number;
};

/** How a program ended. */
export type Exit = {
  readonly code: number | null;
  readonly signal: string | null;
  /** The last lines it wrote. */
  readonly tail: string;
};

/** A program that runs. */
export type KeptProcess = {
  readonly pid: number;
  /** Resolves when it has ended; never rejects. */
  readonly exited: Promise<Exit>;
  /** Asks it to end, and makes it after the grace. */
  stop(graceMs: number): Promise<Exit>;
};

/** Runs programs so that none of them outlives this process, whatever ends it. */
export interface Keeper {
  /** @throws CartoError `CARTO_PROCESS` when the program cannot be started. */
  start(spec: KeptSpec): Promise<KeptProcess>;
  /** Ends everything that still runs. */
  close(): Promise<void>;
}

const MAIN = fileURLToPath(new URL('./keeper-main.ts', import.meta.url));
const MAX_LOG_BYTES = 2 * 1024 * 1024;
const START_TIMEOUT_MS = 15_000;
const LEFTOVER_GRACE_MS = 3_000;
const POLL_MS = 20;
const LOST: Exit = { code: null, signal: 'SIGKILL', tail: '' };

type Kept = {
  readonly started: PromiseWithResolvers<KeptProcess>;
  readonly exited: PromiseWithResolvers<Exit>;
  pid?: number;
};

/** Makes a keeper. Its process is started with the first program, and programs that an earlier run left behind are ended now. */
export async function createKeeper(options: {
  readonly clock: Clock;
  readonly log: Log;
  /** Where the keeper writes down what runs. */
  readonly recordFile: string;
}): Promise<Keeper> {
  const { clock, recordFile } = options;
  const log = options.log.child({ tool: 'keeper' });
  await mkdir(dirname(recordFile), { recursive: true, mode: 0o700 });
  await endLeftovers(recordFile, clock, log);

  const kept = new Map<number, Kept>();
  let count = 0;
  let closed = false;
  let child: ChildProcessByStdio<Writable, Readable, null> | undefined;

  function begin(): ChildProcessByStdio<Writable, Readable, null> {
    // In a session of its own, so that Ctrl-C in the terminal reaches the parent alone.
    const begun = spawn(process.execPath, [MAIN, recordFile], {
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
      env: { PATH: process.env['PATH'] ?? '' },
    });
    begun.stdin.on('error', () => undefined); // told by its end
    createInterface({ input: begun.stdout }).on('line', (line) => receive(kept, line));
    begun.once('close', () => {
      if (child === begun) child = undefined;
      if (!closed) log.error({}, 'the keeper of processes has ended; what it ran is started again');
      loseAll(kept);
      endStrays(recordFile);
    });
    begun.once('error', (error) => log.error({ err: error }, 'the keeper of processes cannot be started'));
    return begun;
  }
  function send(request: KeeperRequest): void {
    child?.stdin.write(`${JSON.stringify(request)}\n`);
  }

  return {
    async start({ argv, env, cwd, logFile, maxLogBytes = MAX_LOG_BYTES }) {
      if (closed) throw new CartoError('CARTO_PROCESS', 'nothing is started any more');
      child ??= begin();
      count += 1;
      const id = count;
      const entry: Kept = { started: Promise.withResolvers(), exited: Promise.withResolvers() };
      const stop: KeptProcess['stop'] = (graceMs) => {
        send({ op: 'signal', id, signal: 'SIGTERM' });
        const cancel = clock.schedule(graceMs, () => send({ op: 'signal', id, signal: 'SIGKILL' }));
        return entry.exited.promise.finally(cancel);
      };
      kept.set(id, entry);
      entry.started.promise.catch(() => undefined);
      const cancel = clock.schedule(START_TIMEOUT_MS, () => entry.started.reject(cannotStart(argv, 'timed out')));
      send({ op: 'start', id, argv, env, cwd, logFile, maxLogBytes });
      try {
        const { pid, exited } = await entry.started.promise;
        return { pid, exited, stop };
      } catch (error) {
        throw cannotStart(argv, (error as Error).message);
      } finally {
        cancel();
      }
    },
    async close() {
      closed = true;
      const last = child;
      if (last === undefined) return;
      const ended = new Promise<void>((resolve) => last.once('close', () => resolve()));
      last.stdin.end();
      const cancel = clock.schedule(LEFTOVER_GRACE_MS, () => last.kill('SIGKILL'));
      await ended;
      cancel();
    },
  };
}

function receive(kept: Map<number, Kept>, line: string): void {
  let report: KeeperReport;
  try {
    report = JSON.parse(line) as KeeperReport;
  } catch {
    return; // the keeper was killed in the middle of a line; its end tells everything
  }
  const entry = kept.get(report.id);
  if (entry === undefined) return;
  switch (report.op) {
    case 'started':
      entry.pid = report.pid;
      // `stop` is put in by the caller, which knows the id.
      entry.started.resolve({ pid: report.pid, exited: entry.exited.promise, stop: () => entry.exited.promise });
      return;
    case 'refused':
      kept.delete(report.id);
      entry.started.reject(new Error(report.message));
      return;
    case 'exited': {
      kept.delete(report.id);
      const { code, signal, tail } = report;
      entry.exited.resolve({ code, signal, tail });
    }
  }
}

/** The keeper is gone: what it ran must not go on without one. */
function loseAll(kept: Map<number, Kept>): void {
  for (const { pid, started, exited } of kept.values()) {
    if (pid !== undefined) signalGroup(pid, 'SIGKILL');
    started.reject(new Error('the keeper of processes has ended'));
    exited.resolve(LOST);
  }
  kept.clear();
}

function cannotStart(argv: readonly string[], reason: string): CartoError {
  const missing = reason.includes('ENOENT') ? `${argv[0] ?? ''} not found; install it or correct the command` : reason;
  return new CartoError('CARTO_PROCESS', `cannot run ${argv.join(' ').slice(0, 200)}: ${missing}`);
}

/** Ends what an earlier run left behind, its keeper killed, too, or not done yet. */
async function endLeftovers(recordFile: string, clock: Clock, log: Log): Promise<void> {
  const alive = () => readProcessRecord(recordFile).filter(isStillRunning);
  const deadline = clock.monotonicMs() + LEFTOVER_GRACE_MS;
  // A keeper whose parent has just died is about to end everything by itself.
  while (alive().some(({ isKeeper }) => isKeeper === true) && clock.monotonicMs() < deadline)
    await clock.sleep(POLL_MS);
  for (const mark of alive()) {
    log.warn({ pid: mark.pid }, 'ending a process that an earlier run left behind');
    signalGroup(mark.pid, 'SIGKILL');
  }
  for (const pid of endStrays(recordFile)) log.warn({ pid }, 'ended a daemon that an earlier run left behind');
  removeProcessRecord(recordFile);
}
