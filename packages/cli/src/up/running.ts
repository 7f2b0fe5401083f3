import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** A `carto up` that runs on this machine, as it says so in its data folder. */
export type Run = {
  readonly pid: number;
  /** `https://127.0.0.1:port` of its API server. */
  readonly server: string;
  /** The file that leads to it as its admin. */
  readonly kubeconfig: string;
  /** The data folder. */
  readonly dir: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly version: string;
};

/** Where `carto up` keeps its things when it is told nothing else. */
const FOLDER = '.carto';
const FILE = 'run.json';

/** The run whose data folder this is; undefined when none runs there. */
export async function readRun(dir: string): Promise<Run | undefined> {
  const text = await readFile(join(dir, FILE), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const run = JSON.parse(text) as Run;
  return isAlive(run.pid) ? run : undefined;
}

/** The nearest run whose data folder is in or above a folder. */
export async function findRun(from: string): Promise<Run | undefined> {
  for (let dir = resolve(from); ; dir = dirname(dir)) {
    const run = await readRun(join(dir, FOLDER));
    if (run !== undefined || dir === dirname(dir)) return run;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
