import { INSTALL_NAMES } from '@cartographer/controller';
import { openIntentImages, startConventions } from '@cartographer/conventions';
import { createClient } from '@cartographer/kube';
import type { Clock, Log, Transport } from '@cartographer/machinery';
import { VERSION } from '../../running/version.ts';

/** What {@link startConventionsPart} needs. */
export type ConventionsPartOptions = {
  /** Acts as what applies conventions. */
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Log;
  /** Where the laptop's tools serve images. */
  readonly registry: string | undefined;
};

/** Starts what applies conventions, beside the laptop's own registry. */
export function startConventionsPart({ transport, clock, log, registry }: ConventionsPartOptions): {
  stop(): Promise<void>;
} {
  const client = createClient({ transport, clock, userAgent: `carto-conventions/${VERSION}` });
  const { namespace } = INSTALL_NAMES;
  const own = registry === undefined ? [] : [registry];
  const destinations = { allowed: own, plainHttp: own };
  const images = openIntentImages({ client, namespace, clock, log, destinations });
  const running = startConventions({ client, namespace, clock, log: log.child({ part: 'conventions' }), images });
  return {
    async stop() {
      try {
        await running.stop();
      } finally {
        await images.close();
      }
    },
  };
}
