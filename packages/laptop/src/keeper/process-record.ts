import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** A process as it can be recognised later: its id may have gone to another one since, its start time tells. */
export type ProcessMark = {
  readonly pid: number;
  readonly startedAt: string;
  /** The keeper itself, which ends the others when its parent is gone. */
  readonly isKeeper?: boolean;
};

/** Marks a running process; undefined when it has ended. */
export function markProcess(pid: number): ProcessMark | undefined {
  const startedAt = startTimeOf(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

/** Whether the very process that was marked still runs. */
export function isStillRunning({ pid, startedAt }: ProcessMark): boolean {
  return startTimeOf(pid) === startedAt;
}

/** Writes the marks down, so that the next start finds what this one left behind. */
export function writeProcessRecord(file: string, marks: readonly ProcessMark[]): void {
  writeFileSync(`${file}.new`, JSON.stringify(marks), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** What an earlier run wrote down; nothing when there was none or the file is broken. */
export function readProcessRecord(file: string): readonly ProcessMark[] {
  try {
    const marks: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return Array.isArray(marks) ? marks.filter(isMark) : [];
  } catch {
    return [];
  }
}

/** Forgets the record. */
export function removeProcessRecord(file: string): void {
  rmSync(file, { force: true });
}

/** Sends a signal to a process group, which may be gone. */
export function signalGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL' | 0): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch (error) {
    // EPERM: on macOS, a group of which only zombies are left.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
    return false;
  }
}

function isMark(value: unknown): value is ProcessMark {
  const { pid, startedAt } = (value ?? {}) as Partial<ProcessMark>;
  return Number.isInteger(pid) && (pid as number) > 1 && typeof startedAt === 'string';
}

/** In the kernel's own terms; compared for equality only. */
function startTimeOf(pid: number): string | undefined {
  try {
    if (existsSync('/proc/self/stat')) {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // Field 2 is the program's name in parentheses and may hold anything; state and start time are fields 3 and 22.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' ? undefined : fields[19];
    }
    const options = {
      encoding: 'utf8',
      timeout: 5_000,
      env: { LC_ALL: 'C', PATH: process.env['PATH'] ?? '' },
    } as const;
    const line = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], options).trim();
    return line === '' ? undefined : line;
  } catch {
    return undefined;
  }
}
