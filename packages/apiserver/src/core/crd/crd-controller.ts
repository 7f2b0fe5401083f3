import { type Clock, deepEqual, type JsonObject, type KubeObject, type Log } from '@cartographer/machinery';

import { tableId } from '../kinds/built-in-resources.ts';
import type { ResourceRegistry } from '../registry.ts';
import type { ServedResource } from '../served-resource.ts';
import { ResourceTable } from '../storage/resource-table.ts';
import { createCustomResources } from './crd-resources.ts';
import { isEstablished, settledStatus } from './crd-status.ts';
import type { Crd } from './crd-types.ts';

/** Makes resources of definitions, in step with every commit. */
export interface CrdController {
  /**
   * Called right after a definition was committed: serves it, and gives the definition with the status it should
   * have, undefined when it has that already. Registration comes before Established is visible.
   */
  committed(crd: KubeObject, old: KubeObject | undefined): JsonObject | undefined;
  /** Called when a definition is gone. */
  removed(crd: KubeObject): void;
  /** The table of a definition's objects; kept while the definition is there, whatever its status. */
  tableOf(crd: Crd): ResourceTable;
}

type CrdControllerOptions = {
  readonly registry: ResourceRegistry;
  readonly clock: Clock;
  readonly log: Log;
  readonly resourceVersion: () => number;
};

/** Creates the controller of CustomResourceDefinitions. */
export function createCrdController({ registry, clock, log, resourceVersion }: CrdControllerOptions): CrdController {
  const tables = new Map<string, ResourceTable>();
  const served = new Map<string, Crd['spec']>();
  const tableOf = ({ spec }: Crd): ResourceTable => {
    const id = tableId(spec.group, spec.names.plural);
    let table = tables.get(id);
    if (table === undefined) tables.set(id, (table = new ResourceTable(id, resourceVersion())));
    return table;
  };
  const serve = (crd: Crd): void => {
    const id = tableId(crd.spec.group, crd.spec.names.plural);
    const closing = crd.metadata.deletionTimestamp !== undefined;
    const before = served.get(id);
    const isSame = deepEqual(before, crd.spec);
    if (!closing && isSame) return; // a write of status or metadata
    let versions: readonly ServedResource[] = [];
    try {
      versions = createCustomResources(crd, tableOf(crd));
    } catch (error) {
      // only a definition that an older release accepted can get here
      log.error({ crd: crd.metadata.name, error }, 'definition cannot be served');
    }
    served.set(id, crd.spec);
    registry.replace(crd.spec.group, crd.spec.names.plural, versions);
    if (before !== undefined && !isSame) endWatches(tableOf(crd));
  };
  return {
    tableOf,
    committed(object) {
      const crd = object as Crd;
      const settled = settledStatus(registry, crd, clock.now());
      if (isEstablished(settled)) serve(crd);
      return isSettled(crd, settled) ? undefined : settled;
    },
    removed(object) {
      const { group, names } = (object as Crd).spec;
      const id = tableId(group, names.plural);
      const table = tables.get(id);
      tables.delete(id);
      if (served.delete(id)) registry.replace(group, names.plural, []);
      if (table !== undefined) endWatches(table);
    },
  };
}

/** Watches show objects by the schema that they began with: clients come back and see what is served now. */
function endWatches(table: ResourceTable): void {
  for (const listener of table.listeners) listener.closed();
}

/** Whether the status is as it should be; conditions are compared without their times. */
function isSettled(crd: Crd, settled: Crd): boolean {
  const key = ({ status }: Crd): string =>
    JSON.stringify([
      status?.acceptedNames,
      (status?.conditions ?? []).map(({ type, status, reason, message }) => [type, status, reason, message]),
    ]);
  return key(crd) === key(settled);
}
