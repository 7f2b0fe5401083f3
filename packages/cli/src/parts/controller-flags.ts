import { type Address, type PartFlags, parseAddress } from './run-part.ts';

/** Flags of `carto controller`. */
export type ControllerFlags = PartFlags & {
  readonly concurrency: number;
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

const WEBHOOKS_ADDRESS = '0.0.0.0:9443';

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
