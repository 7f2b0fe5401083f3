import { type ConventionServerOptions, createConventionServer } from './convention-server.ts';
import { logToStderr } from './ports.ts';

/** Where signals come from: the process. */
type Signals = {
  once(signal: string, listener: () => void): unknown;
  off(signal: string, listener: () => void): unknown;
};

const STOP = ['SIGTERM', 'SIGINT'] as const;

/**
 * The whole program of a convention server: serves until the process is told to end (SIGTERM by Kubernetes, Ctrl-C by a
 * person), and then answers what is under way. A second signal ends it at once.
 */
export async function runConventionServer(options: ConventionServerOptions, signals: Signals = process): Promise<void> {
  const { log = logToStderr, conventions } = options;
  const server = await createConventionServer(options);
  const ids = conventions.map(({ id }) => id).join(', ');
  log({ level: 'info', message: `serving ${ids} on port ${server.port}` });
  await new Promise<void>((resolve) => {
    const stop = (): void => {
      for (const signal of STOP) signals.off(signal, stop);
      resolve();
    };
    for (const signal of STOP) signals.once(signal, stop);
  });
  await server.close();
  log({ level: 'info', message: 'stopped' });
}
