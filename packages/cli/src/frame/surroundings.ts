import { homedir } from 'node:os';
import { systemClock } from '@cartographer/kube';
import type { Clock, Transport } from '@cartographer/machinery';
import type { Run } from '../running/running.ts';
import { type Stop, stopOnSignals } from './stop-signal.ts';
import { processTerminal, type Terminal } from './terminal.ts';

/** What a command meets besides its arguments: the process's own, or what a test sets up. */
export type Surroundings = {
  readonly terminal: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working directory. */
  readonly cwd: string;
  /** The user's own folder. */
  readonly home: string;
  readonly clock: Clock;
  /** Begins to listen for Ctrl-C and its like. */
  readonly stop: () => Stop;
  /** Finds the `carto up` whose data folder is in or above a folder. */
  readonly findRun: (from: string) => Promise<Run | undefined>;
  /** A cluster that is used whatever flags, environment and files say: a test's. */
  readonly cluster?: FixedCluster;
};

/** See {@link Surroundings.cluster}. */
export type FixedCluster = {
  readonly transport: Transport;
  readonly context: string;
  readonly server: string;
  readonly namespace: string;
  /** The `carto up` that it is. */
  readonly run?: Run;
};

/** The surroundings of this process. */
export function processSurroundings(): Surroundings {
  const { env } = process;
  return {
    terminal: processTerminal,
    env,
    cwd: process.cwd(),
    home: env['HOME'] || homedir(),
    clock: systemClock,
    stop: stopOnSignals,
    findRun: async (from) => (await import('../running/running.ts')).findRun(from),
  };
}
