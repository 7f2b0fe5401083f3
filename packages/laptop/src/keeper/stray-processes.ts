import { readdirSync, readFileSync } from 'node:fs';

/** In the environment of everything that a keeper starts, and so of what that starts in turn. */
const MARK = 'CARTO_KEPT_BY';
/** A process may start another one while strays are looked for. */
const ROUNDS = 5;

/** The environment of a program with a mark in it, by which a daemon that left the program's process group is found. */
export function markedEnvironment(
  env: Readonly<Record<string, string>>,
  owner: string,
  id: number,
): Readonly<Record<string, string>> {
  return { ...env, [MARK]: `${owner}#${id}` };
}

/**
 * Ends what the owner's program (or any of its programs) started and what went on by itself in a session of its own, as
 * the end of a container would. Linux only: nowhere else can the environment of a process be seen.
 */
export function endStrays(owner: string, id?: number): readonly number[] {
  const start = id === undefined ? `\0${MARK}=${owner}#` : `\0${MARK}=${owner}#${id}\0`;
  const ended = new Set<number>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const strays = processes().filter((pid) => pid !== process.pid && environmentOf(pid).includes(start));
    if (strays.length === 0) break;
    for (const pid of strays) {
      kill(pid);
      ended.add(pid);
    }
  }
  return [...ended];
}

function processes(): readonly number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** Empty for a process that has ended or belongs to another user. */
function environmentOf(pid: number): string {
  try {
    return `\0${readFileSync(`/proc/${pid}/environ`, 'utf8')}`;
  } catch {
    return '';
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
