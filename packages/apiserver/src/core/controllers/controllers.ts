import type { Log } from '@cartographer/machinery';

import type { WriteContext } from '../pipeline/write-context.ts';
import type { ServedResource } from '../served-resource.ts';
import { createCrdCleanup } from './crd-cleanup.ts';
import { startExpiry } from './event-expiry.ts';
import { createGarbageCollector } from './garbage-collector.ts';
import { createNamespaceController } from './namespace-controller.ts';

/** What the server does by itself. */
export interface Controllers {
  /** Resolves when none of them has anything left to do. */
  settled(): Promise<void>;
  close(): void;
}

/** How many rounds of "everybody idle" are waited for: work of one controller may be news for another. */
const ROUNDS = 100;

/** Starts the controllers on what is there and on every change from now on. */
export function createControllers(
  context: WriteContext,
  definitions: ServedResource,
  caPem: string,
  log: Log,
): Controllers {
  const collector = createGarbageCollector(context, log);
  const namespaces = createNamespaceController(context, caPem, log);
  const cleanup = createCrdCleanup(context, definitions, log);
  const all = [collector, namespaces, cleanup];
  for (const resource of context.registry.preferred()) {
    for (const object of resource.table.snapshot()) {
      collector.load(resource, object);
      if (resource.table.id === 'namespaces') namespaces.load(object);
      if (resource === definitions) cleanup.load(object);
    }
  }
  context.journal.subscribe((change) => {
    for (const controller of all) controller.change(change);
  });
  context.registry.onChange(() => collector.resourcesChanged());
  const stopExpiry = startExpiry(context);
  return {
    async settled() {
      for (let round = 0; round < ROUNDS; round++) {
        const version = context.journal.resourceVersion;
        for (const controller of all) await controller.idle();
        await context.journal.acknowledged().catch(() => undefined);
        if (version === context.journal.resourceVersion) return;
      }
    },
    close() {
      stopExpiry();
      for (const controller of all) controller.close();
    },
  };
}
