/**
 * The keeper: a process between `carto up` and what that runs for the user. It starts programs when told to, each in a
 * process group of its own, and ends all of them as soon as its standard input closes, which the kernel does for it
 * however the parent ended. So nothing outlives the parent, even one that was killed with -9.
 *
 * Usage: `node keeper-main.ts RECORD_FILE`. Standard input and output speak keeper-protocol.ts.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { openBoundedLog } from './bounded-log.ts';
import type { KeeperReport, KeeperRequest } from './keeper-protocol.ts';
import {
  markProcess,
  type ProcessMark,
  removeProcessRecord,
  signalGroup,
  writeProcessRecord,
} from './process-record.ts';
import { endStrays, markedEnvironment } from './stray-processes.ts';

/** What programs get to end by themselves when the parent is gone. */
const LAST_GRACE_MS = 1_000;
/** How long output may trickle in after the end of a program: a daemon of it may hold the pipe for ever. */
const LAST_WORDS_MS = 300;

const recordFile = process.argv[2] ?? '';
const running = new Map<number, { readonly child: ChildProcess; readonly mark: ProcessMark | undefined }>();
let ending = false;

function report(message: KeeperReport): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function writeRecord(): void {
  const keeper = markProcess(process.pid);
  const marks = [
    keeper === undefined ? keeper : { ...keeper, isKeeper: true },
    ...[...running.values()].map(({ mark }) => mark),
  ];
  try {
    writeProcessRecord(
      recordFile,
      marks.filter((mark) => mark !== undefined),
    );
  } catch {
    // A full disk: the pipe still does its work, only the second safety net has a hole.
  }
}

function start(request: KeeperRequest & { op: 'start' }): void {
  const { id, argv, env, cwd, logFile, maxLogBytes } = request;
  const [program = '', ...args] = argv;
  const log = openBoundedLog(logFile, maxLogBytes);
  let child: ChildProcess;
  try {
    child = spawn(program, args, {
      env: markedEnvironment(env, recordFile, id),
      cwd,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    report({ op: 'refused', id, message: (error as Error).message });
    return;
  }
  child.stdout?.on('data', (chunk: Buffer) => log.write(chunk));
  child.stderr?.on('data', (chunk: Buffer) => log.write(chunk));
  child.once('error', (error) => {
    if (child.pid === undefined) report({ op: 'refused', id, message: error.message });
  });
  const { pid } = child;
  if (pid === undefined) return;
  running.set(id, { child, mark: markProcess(pid) });
  writeRecord();
  child.once('exit', (code, signal) => {
    signalGroup(pid, 'SIGKILL'); // what a program leaves behind goes with it, as in a container
    endStrays(recordFile, id);
    const finish = (): void => {
      if (!running.delete(id)) return;
      writeRecord();
      log.close();
      report({ op: 'exited', id, code, signal, tail: log.tail() });
      if (ending && running.size === 0) leave();
    };
    child.once('close', finish);
    setTimeout(finish, LAST_WORDS_MS);
  });
  report({ op: 'started', id, pid });
}

function obey(line: string): void {
  const request = JSON.parse(line) as KeeperRequest;
  if (request.op === 'start') return start(request);
  const pid = running.get(request.id)?.child.pid;
  if (pid !== undefined) signalGroup(pid, request.signal);
}

function endAll(): void {
  if (ending) return;
  ending = true;
  if (running.size === 0) leave();
  const all = (signal: 'SIGTERM' | 'SIGKILL'): void => {
    for (const { child } of running.values()) if (child.pid !== undefined) signalGroup(child.pid, signal);
  };
  all('SIGTERM');
  setTimeout(() => all('SIGKILL'), LAST_GRACE_MS);
}

function leave(): never {
  removeProcessRecord(recordFile);
  process.exit(0);
}

process.on('SIGINT', () => undefined); // Ctrl-C is for the parent, which ends things in order
process.on('SIGHUP', () => undefined);
process.on('SIGTERM', endAll);
process.stdout.on('error', () => undefined); // the parent is gone: the closed input tells, too
writeRecord();
createInterface({ input: process.stdin }).on('line', obey).on('close', endAll);
