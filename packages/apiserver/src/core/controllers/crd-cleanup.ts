import { type KubeObject, type Log } from '@cartographer/machinery';

import { CLEANUP_FINALIZER, withCondition, withStatus } from '../crd/crd-status.ts';
import type { Crd } from '../crd/crd-types.ts';
import { tableId } from '../kinds/built-in-resources.ts';
import { commitObject } from '../pipeline/commit.ts';
import { deleteObjects } from '../pipeline/delete.ts';
import { patchObject } from '../pipeline/patch.ts';
import type { WriteContext } from '../pipeline/write-context.ts';
import type { ServedResource } from '../served-resource.ts';
import type { TableChange } from '../storage/journal.ts';
import { systemCaller } from './system-caller.ts';
import { createTaskQueue } from './task-queue.ts';

/** Deletes the objects of a CustomResourceDefinition that is being deleted, then lets it go. */
export interface CrdCleanup {
  change(change: TableChange): void;
  /** Takes up a definition that was there from the start. */
  load(crd: KubeObject): void;
  idle(): Promise<void>;
  close(): void;
}

const caller = systemCaller('crd-finalizer');

/** Creates the controller. */
export function createCrdCleanup(context: WriteContext, definitions: ServedResource, log: Log): CrdCleanup {
  /** Definitions that are being deleted, by the id of their objects' table. */
  const closing = new Map<string, string>();
  const queue = createTaskQueue('crd cleanup', (name) => cleanUp(context, definitions, name), {
    clock: context.clock,
    log,
  });
  const load = (object: KubeObject): void => {
    const { metadata, spec } = object as Crd;
    if (metadata.finalizers?.includes(CLEANUP_FINALIZER) !== true || metadata.deletionTimestamp === undefined) return;
    closing.set(tableId(spec.group, spec.names.plural), metadata.name ?? '');
    queue.add(metadata.name ?? '');
  };
  return {
    load,
    change({ table, change }) {
      if (table === definitions.table) {
        const { group, names } = (change.object as Crd).spec;
        if (change.type === 'DELETED') closing.delete(tableId(group, names.plural));
        else load(change.object);
        return;
      }
      const name = change.type === 'DELETED' ? closing.get(table.id) : undefined;
      if (name !== undefined) queue.add(name);
    },
    idle: () => queue.idle(),
    close: () => queue.close(),
  };
}

async function cleanUp(context: WriteContext, definitions: ServedResource, name: string): Promise<void> {
  const crd = definitions.table.get('', name) as Crd | undefined;
  if (crd === undefined || crd.metadata.deletionTimestamp === undefined) return;
  const { group, names } = crd.spec;
  // A definition that has the name of a built-in kind never had objects, and that one's are none of its own.
  const resource = context.registry.versions(group, names.plural).find(({ builtIn }) => !builtIn);
  if (resource !== undefined && resource.table.snapshot().length > 0) {
    setTerminating(
      context,
      definitions,
      crd,
      'True',
      'InstanceDeletionInProgress',
      'CustomResource deletion is in progress',
    );
    await deleteObjects(context, resource, {}, { propagationPolicy: 'Background' }, caller);
    if (resource.table.snapshot().length > 0) return; // finalizers hold some: their DELETED events come back here
  }
  const current = definitions.table.get('', name) as Crd | undefined;
  if (current === undefined) return;
  setTerminating(context, definitions, current, 'False', 'InstanceDeletionCompleted', 'removed all instances');
  const finalizers = (current.metadata.finalizers ?? []).filter((finalizer) => finalizer !== CLEANUP_FINALIZER);
  await patchObject(context, definitions, { name }, { kind: 'merge', body: { metadata: { finalizers } } }, {}, caller);
}

function setTerminating(
  context: WriteContext,
  definitions: ServedResource,
  crd: Crd,
  status: 'True' | 'False',
  reason: string,
  message: string,
): void {
  const known = crd.status?.conditions?.find(({ type }) => type === 'Terminating');
  if (known?.status === status && known.reason === reason) return;
  const conditions = withCondition(crd, { type: 'Terminating', status, reason, message }, context.clock.now());
  commitObject(context, definitions, withStatus(crd, { conditions }), crd);
}
