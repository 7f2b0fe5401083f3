import { CartoError } from '@cartographer/machinery';
import type { ClusterOptions } from './cluster-client.ts';

/** Flags of `carto controller`. */
export type ControllerFlags = ClusterOptions & {
  readonly metricsAddress: string;
  readonly concurrency: number;
  readonly logLevel: string;
  readonly leaderElect?: boolean;
  readonly leaderElectionNamespace?: string;
  readonly webhooksAddress?: string;
  readonly webhooksCertDir?: string;
} & UpstreamFlags;

/** Flags of the first implementation, which stand for ours. */
type UpstreamFlags = {
  readonly Port?: number;
  readonly certDir?: string;
  readonly metricsPort?: number;
  readonly maxConcurrentWorkloads?: number;
  readonly maxConcurrentDeliveries?: number;
  readonly maxConcurrentRunnables?: number;
};

/** A place to listen at. */
export type Address = { readonly host: string; readonly port: number };

const WEBHOOKS_ADDRESS = '0.0.0.0:9443';
const UPSTREAM_FLAG =
  /^-((?:Port|cert-dir|dev|log-level|metrics-port|pprof-port|kubeconfig|max-concurrent-(?:workloads|deliveries|runnables))(?:=.*)?)$/;

/** The arguments of `carto controller` with the single dashes that Go's flags allow made double. */
export function withDoubleDashes(argv: readonly string[]): readonly string[] {
  return argv.includes('controller') ? argv.map((argument) => argument.replace(UPSTREAM_FLAG, '--$1')) : argv;
}

/** Where metrics and probes are served. */
export function metricsAddress(flags: ControllerFlags): Address {
  return flags.metricsPort === undefined || flags.metricsPort === 0
    ? parseAddress('--metrics-address', flags.metricsAddress)
    : { host: '0.0.0.0', port: flags.metricsPort };
}

/** Where webhooks are served, or undefined when nothing asks for them. */
export function webhooksAddress(flags: ControllerFlags): Address | undefined {
  const { webhooksAddress: given, Port: port } = flags;
  if (given !== undefined) return parseAddress('--webhooks-address', given);
  if (certificateFolder(flags) === undefined) return undefined;
  return port === undefined ? parseAddress('--webhooks-address', WEBHOOKS_ADDRESS) : { host: '0.0.0.0', port };
}

/** The folder of the webhook certificate, unless the controller is to make its own. */
export function certificateFolder({ webhooksCertDir, certDir }: ControllerFlags): string | undefined {
  return webhooksCertDir ?? (certDir === '' ? undefined : certDir);
}

/** How many owners of a kind are worked on at once; upstream has a number for each kind, the largest counts. */
export function concurrencyOf(flags: ControllerFlags): number {
  const { maxConcurrentWorkloads, maxConcurrentDeliveries, maxConcurrentRunnables } = flags;
  const given = [maxConcurrentWorkloads, maxConcurrentDeliveries, maxConcurrentRunnables].filter(
    (value) => value !== undefined,
  );
  return given.length === 0 ? flags.concurrency : Math.max(...given);
}

/** @throws CartoError `CARTO_USAGE` for anything but `host:port`; the host may be left out. */
export function parseAddress(flag: string, text: string): Address {
  const match = /^(?<host>.*):(?<port>\d{1,5})$/.exec(text);
  if (match?.groups === undefined || Number(match.groups['port']) > 65_535) {
    throw new CartoError('CARTO_USAGE', `${flag} "${text}" is not host:port, such as 127.0.0.1:8080`, {
      retry: 'never',
    });
  }
  return { host: match.groups['host'] || '0.0.0.0', port: Number(match.groups['port']) };
}
