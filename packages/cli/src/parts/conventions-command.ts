import { readFile } from 'node:fs/promises';
import { CONVENTIONS_NAMES, openIntentImages, startConventions } from '@cartographer/conventions';
import { systemClock } from '@cartographer/kube';
import { CartoError, messageOf } from '@cartographer/machinery';
import { apiServerAddresses } from '../process/api-server-addresses.ts';
import { type PartFlags, parseAddress, runPart } from './run-part.ts';

/** Flags of `carto conventions`. */
export type ConventionsFlags = PartFlags & {
  readonly allowDestination: readonly string[];
  readonly plainHttp: readonly string[];
  /** A file with certificates in PEM. */
  readonly registryCa?: string;
  /** In milliseconds. */
  readonly movedTags?: number;
  /** In milliseconds. */
  readonly resync?: number;
};

/** `carto conventions`: what applies conventions alone, until it is told to stop or a part of it fails for good. */
export async function runConventions(flags: ConventionsFlags): Promise<void> {
  const health = parseAddress('--metrics-address', flags.metricsAddress);
  const { allowDestination: allowed, plainHttp, movedTags: movedTagsMs, resync: resyncMs } = flags;
  const caPem = flags.registryCa === undefined ? undefined : await readCa(flags.registryCa);
  await runPart(flags, { name: 'conventions', lease: CONVENTIONS_NAMES.lease, health }, async (world) => {
    const { connection, client, namespace, elector, log, metrics, signal, onEnd } = world;
    const refused = await apiServerAddresses({ ...connection, log, signal });
    const destinations = { allowed, plainHttp, refused };
    const images = openIntentImages({ client, namespace, clock: systemClock, log, destinations, caPem });
    onEnd(() => images.close());
    return startConventions({
      client,
      namespace,
      clock: systemClock,
      log,
      metrics,
      images,
      movedTagsMs,
      resyncMs,
      ...(elector === undefined ? {} : { elector }),
    });
  });
}

async function readCa(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CartoError('CARTO_USAGE', `--registry-ca ${file} cannot be read: ${messageOf(error)}`, {
      retry: 'never',
    });
  }
}
