import type { Client } from '@cartographer/kube';
import type { Clock } from '@cartographer/machinery';
import { createRegistryClient, type DestinationRules } from '@cartographer/oci';
import type { Portfolio } from '../../portfolio/portfolio.ts';
import { createImageInventories } from './image-inventories.ts';
import type { Inventories } from './inventory.ts';
import { createPullSecrets } from './pull-secrets.ts';
import { createSourceInventories } from './source-inventories.ts';

/** Where inventories are read from. */
export type InventoriesOptions = {
  /** Reads pull secrets. */
  readonly client: Client;
  /** Where the scanner's account is. */
  readonly namespace: string;
  readonly portfolio: Portfolio;
  readonly clock: Clock;
  /** Hosts that archives of sources are fetched from; none where it is left out. */
  readonly sourceHosts?: readonly string[] | undefined;
  readonly destinations?: DestinationRules | undefined;
  readonly random?: (() => number) | undefined;
};

/** Inventories of images and sources: from registries and archives, as the operator allows them. */
export function createInventories({
  client,
  namespace,
  portfolio,
  clock,
  sourceHosts = [],
  destinations = {},
  random = Math.random,
}: InventoriesOptions): { readonly read: Inventories; close(): Promise<void> } {
  const registries = createRegistryClient({ clock, random, destinations });
  const images = createImageInventories({
    portfolio,
    registries,
    pullSecrets: createPullSecrets(client, namespace),
    clock,
    random,
  });
  const archives = createSourceInventories({ portfolio, hosts: sourceHosts, destinations });
  return {
    read: (target, ask) => (target.kind === 'image' ? images(target, ask) : archives.read(target, ask)),
    async close() {
      await Promise.allSettled([registries.close(), archives.close()]);
    },
  };
}
