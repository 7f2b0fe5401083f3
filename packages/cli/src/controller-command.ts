import { startController } from '@cartographer/controller';
import { systemClock } from '@cartographer/kube';
import { CartoError } from '@cartographer/machinery';
import { createControllerMetrics, createLog, serveHealth } from '@cartographer/runtime';
import { type ClusterOptions, connect } from './cluster-client.ts';
import { logLevel } from './log-level.ts';
import { stopOnSignals } from './stop-signal.ts';

/** Flags of `carto controller`. */
export type ControllerFlags = ClusterOptions & {
  readonly metricsAddress: string;
  readonly concurrency: number;
  readonly logLevel: string;
};

/** `carto controller`: the controller alone, until it is told to stop or a part of it fails for good. */
export async function runController(flags: ControllerFlags): Promise<void> {
  const log = createLog({ level: logLevel(flags.logLevel) });
  const address = parseAddress(flags.metricsAddress);
  const stop = stopOnSignals();
  const { client, close } = await connect({ ...flags, preferPod: true });
  const metrics = createControllerMetrics();
  const controller = startController({ client, clock: systemClock, log, concurrency: flags.concurrency, metrics });
  try {
    const ready = [{ name: 'controller', ask: () => controller.notReady() }];
    const health = await serveHealth({ ...address, live: [], ready, metrics });
    log.info({ ...address, port: health.port }, 'serving health and metrics');
    void controller.ready.then(
      () => log.info({}, 'all caches are filled, reconciling'),
      () => undefined,
    );
    const stopped = new Promise<void>((resolve) =>
      stop.signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    await Promise.race([stopped, controller.ended]);
    log.info({}, 'stopping');
    await health.close();
  } finally {
    await controller.stop();
    await close();
    stop.dispose();
  }
}

function parseAddress(text: string): { readonly host: string; readonly port: number } {
  const match = /^(?<host>.*):(?<port>\d{1,5})$/.exec(text);
  if (match?.groups === undefined || Number(match.groups['port']) > 65_535) {
    throw new CartoError('CARTO_USAGE', `--metrics-address "${text}" is not host:port, such as 127.0.0.1:8080`, {
      retry: 'never',
    });
  }
  return { host: match.groups['host'] || '0.0.0.0', port: Number(match.groups['port']) };
}
