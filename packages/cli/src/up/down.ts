import { resolve } from 'node:path';
import { CartoError, type Clock } from '@cartographer/machinery';
import type { Surroundings } from '../frame/surroundings.ts';
import { type Run, readRun } from '../running/running.ts';
import { shortPath } from './short-path.ts';

/** Flags of `carto down`. */
export type DownOptions = { readonly data?: string; readonly timeout: number };

const LOOK_MS = 50;

/** `carto down`: ends a running `carto up` in order and waits for it. */
export async function runDown({ data, timeout }: DownOptions, surroundings: Surroundings): Promise<void> {
  const { terminal, clock, cwd, stop: listen } = surroundings;
  const stop = listen();
  try {
    const run = await runNamed(data, surroundings);
    if (run === undefined) throw nothingRuns(data, cwd);
    const { isStillRunning, markProcess } = await import('@cartographer/laptop');
    const mark = markProcess(run.pid);
    process.kill(run.pid, 'SIGTERM');
    const isGone = (): boolean => mark === undefined || !isStillRunning(mark);
    if (!(await holdsWithin(isGone, timeout, { clock, signal: stop.signal }))) {
      if (stop.signal.aborted) return;
      const message = `carto up in ${shortPath(run.dir, cwd)} (process ${run.pid}) has not ended within ${timeout / 1000} s; its log is carto.log there`;
      throw new CartoError('CARTO_WAIT_TIMEOUT', message);
    }
    terminal.out(`ended carto up in ${shortPath(run.dir, cwd)} (process ${run.pid}, ${run.server})\n`);
  } finally {
    if (stop.interrupted()) terminal.exitCode = 130;
    stop.dispose();
  }
}

/** The run of a data folder, or else of what is in or above the working directory. */
export function runNamed(data: string | undefined, { cwd, findRun }: Surroundings): Promise<Run | undefined> {
  return data === undefined ? findRun(cwd) : readRun(resolve(cwd, data));
}

/** What a command says that found none. */
export function nothingRuns(data: string | undefined, cwd: string): CartoError {
  const where = data === undefined ? `in or above ${cwd}` : `on the data folder ${data}`;
  return new CartoError('CARTO_NOT_FOUND', `no carto up runs ${where}; "carto up --detach" starts one`);
}

async function holdsWithin(
  holds: () => boolean,
  limitMs: number,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<boolean> {
  const untilMs = clock.monotonicMs() + limitMs;
  while (!holds()) {
    if (clock.monotonicMs() >= untilMs || signal.aborted) return false;
    await clock.sleep(LOOK_MS, signal).catch(() => undefined);
  }
  return true;
}
