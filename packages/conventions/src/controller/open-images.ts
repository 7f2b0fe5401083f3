import type { Client } from '@cartographer/kube';
import type { Clock, Log } from '@cartographer/machinery';
import { createRegistryClient, type DestinationRules } from '@cartographer/oci';
import { createImageFacts } from '../images/image-facts.ts';
import { intentSecretsCommand } from '../install/conventions-rights.ts';
import type { IntentImages } from './intent-images.ts';

/** What {@link openIntentImages} needs. */
export type IntentImagesOptions = {
  /** Reads service accounts and pull secrets. */
  readonly client: Pick<Client, 'get'>;
  /** Where the account of this process is: for the command that a message names. */
  readonly namespace: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Where registries may be. */
  readonly destinations: DestinationRules;
  /** Authorities besides those of the system that registries are trusted by, as PEM. */
  readonly caPem?: string | undefined;
  readonly random?: () => number;
};

const ATTEMPTS = 2;

/** Images that are looked at in their registries. */
export type OpenedImages = IntentImages & { close(): Promise<void> };

/** Looks at images in registries, with the logins of each intent. */
export function openIntentImages(options: IntentImagesOptions): OpenedImages {
  const { client, namespace, clock, log, destinations, caPem, random = Math.random } = options;
  const registries = createRegistryClient({
    clock,
    random,
    destinations,
    // An intent is tried again anyway.
    attempts: ATTEMPTS,
    ...(caPem === undefined ? {} : { caPem }),
  });
  const pullSecretsCommand = (where: string): string => intentSecretsCommand(namespace, where);
  const facts = createImageFacts({ client, registries, clock, log, pullSecretsCommand });
  return {
    resolve: (reference, access, signal) => facts.resolve(reference, access, signal),
    read: (image, access, signal, include) => facts.read(image, access, signal, include),
    async close() {
      await facts.close();
      await registries.close();
    },
  };
}
