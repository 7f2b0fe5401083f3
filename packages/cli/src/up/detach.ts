import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CartoError, whenAborted } from '@cartographer/machinery';
import { EXIT } from '../frame/exit-codes.ts';
import type { Surroundings } from '../frame/surroundings.ts';
import { openHome } from './home.ts';
import type { UpOptions } from './up-options.ts';

/** What a detached `carto up` says to who started it, once everything runs. */
type Ready = { readonly welcome: string };

/** Set for the process that is started, which reports by it instead of showing what flows. */
const REPORTS = 'CARTO_UP_REPORTS';
const LOG = 'up.log';

/** How this program is started again. */
const ownCommand: readonly string[] = [process.execPath, ...process.execArgv, process.argv[1] ?? ''];

/**
 * `carto up --detach`: starts `carto up` as a process of its own, waits until everything runs, and says what it would have
 * said. What keeps it from starting is told here, with exit code 1; Ctrl-C ends what was started.
 */
export async function runDetached(options: UpOptions, { terminal, stop: listen }: Surroundings): Promise<void> {
  const home = await openHome(options);
  const logFile = join(home.dir, LOG);
  const log = await open(logFile, 'w', 0o600);
  const stop = listen();
  try {
    const [program = '', ...args] = [...ownCommand, 'up', ...flagsOf(options)];
    const env = { ...process.env, [REPORTS]: '1' };
    const child = spawn(program, args, { detached: true, stdio: ['ignore', 'ignore', log.fd, 'ipc'], env });
    const ended = once(child, 'exit');
    const ready = once(child, 'message') as Promise<[Ready]>;
    const first = await Promise.race([
      ready.then(([{ welcome }]) => ({ kind: 'ready', welcome }) as const),
      ended.then(() => ({ kind: 'ended' }) as const),
      whenAborted(stop.signal).then(() => ({ kind: 'stopped' }) as const),
    ]);
    switch (first.kind) {
      case 'ready':
        terminal.out(first.welcome);
        child.disconnect();
        child.unref();
        return;
      case 'ended':
        terminal.err((await readFile(logFile, 'utf8')) || `carto: carto up ended; look into ${logFile}\n`);
        terminal.exitCode = EXIT.failed;
        return;
      case 'stopped':
        child.kill('SIGTERM');
        await ended;
        terminal.exitCode = EXIT.interrupted;
    }
  } finally {
    stop.dispose();
    await log.close();
  }
}

/** Where this process is to report that everything runs; undefined when it was not started by {@link runDetached}. */
export function reportTo(env: NodeJS.ProcessEnv): ((ready: Ready) => void) | undefined {
  const isAsked = env[REPORTS] !== undefined && process.send !== undefined;
  // It says nothing to what is started from here.
  delete env[REPORTS];
  return isAsked ? (ready) => process.send?.(ready, () => undefined) : undefined;
}

/** The flags that stand for options that were read, whichever way they were given. */
function flagsOf(options: UpOptions): readonly string[] {
  const { port, data, kubeconfigOut, laptop, example, authorization, logLevel, auditLog, jenkins, questionsPort } =
    options;
  const valued: Readonly<Record<string, string | number | undefined>> = {
    port,
    data,
    authorization,
    jenkins,
    'kubeconfig-out': kubeconfigOut,
    'log-level': logLevel,
    'audit-log': auditLog,
    'questions-port': questionsPort,
  };
  return [
    '--no-detach',
    ...(laptop ? [] : ['--no-laptop']),
    ...(example ? [] : ['--no-example']),
    ...Object.entries(valued).flatMap(([flag, value]) => (value === undefined ? [] : [`--${flag}=${value}`])),
  ];
}

/** @throws CartoError `CARTO_DATA_LOCKED` when `carto up` runs on the data folder already. */
export async function refuseSecond({ data, ephemeral }: UpOptions): Promise<void> {
  if (ephemeral === true) return;
  const { readRun } = await import('../running/running.ts');
  const run = await readRun(resolve(data));
  if (run === undefined) return;
  const message =
    `carto up runs in ${run.dir} already (process ${run.pid}, ${run.server}); ` +
    '"carto status" shows it, "carto down" ends it, --data names another folder';
  throw new CartoError('CARTO_DATA_LOCKED', message, { retry: 'never' });
}
