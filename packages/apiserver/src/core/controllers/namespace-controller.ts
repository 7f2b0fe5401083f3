import {
  allEnded,
  type Condition,
  deepEqual,
  type JsonObject,
  type KubeObject,
  type Log,
  rfc3339,
} from '@cartographer/machinery';

import { StatusError } from '../../status-error.ts';
import { createObject } from '../pipeline/create.ts';
import { deleteObject } from '../pipeline/delete.ts';
import { patchObject } from '../pipeline/patch.ts';
import type { WriteContext } from '../pipeline/write-context.ts';
import type { ServedResource } from '../served-resource.ts';
import type { TableChange } from '../storage/journal.ts';
import { systemCaller } from './system-caller.ts';
import { createTaskQueue } from './task-queue.ts';

/** Equips new namespaces and empties those that are being deleted. */
export interface NamespaceController {
  change(change: TableChange): void;
  /** Takes up a namespace that was there from the start. */
  load(namespace: KubeObject): void;
  idle(): Promise<void>;
  close(): void;
}

const caller = systemCaller('namespace-controller');
/** How many objects are deleted at once. */
const PARALLEL = 256;
const ROOT_CA = 'kube-root-ca.crt';

/** Creates the controller. `caPem` is what pods (and local processes in their place) trust the server by. */
export function createNamespaceController(context: WriteContext, caPem: string, log: Log): NamespaceController {
  const terminating = new Set<string>();
  const process = (name: string): Promise<void> => {
    const namespace = namespaces(context).table.get('', name);
    if (namespace === undefined) return Promise.resolve();
    return isTerminating(namespace) ? empty(context, namespace) : equip(context, name, caPem);
  };
  const queue = createTaskQueue('namespaces', process, { clock: context.clock, log });
  const load = (namespace: KubeObject): void => {
    const { name = '' } = namespace.metadata;
    if (isTerminating(namespace)) terminating.add(name);
    queue.add(name);
  };
  return {
    load,
    change({ table, change }) {
      if (table.id === 'namespaces') {
        if (change.type === 'DELETED') terminating.delete(change.object.metadata.name ?? '');
        else if (change.type === 'ADDED' || isTerminating(change.object)) load(change.object);
        return;
      }
      const { namespace, name } = change.object.metadata;
      if (namespace === undefined) return;
      const isEquipment = change.type === 'DELETED' && (name === 'default' || name === ROOT_CA);
      const mayFinish = terminating.has(namespace) && (change.type === 'DELETED' || hasFinalizers(change.object));
      if (isEquipment || mayFinish) queue.add(namespace);
    },
    idle: () => queue.idle(),
    close: () => queue.close(),
  };
}

function namespaces({ registry }: WriteContext): ServedResource {
  const found = registry.find('', 'v1', 'namespaces');
  if (found === undefined) throw new Error('namespaces are always served');
  return found;
}

function isTerminating({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function hasFinalizers({ metadata }: KubeObject): boolean {
  return (metadata.finalizers?.length ?? 0) > 0;
}

async function equip(context: WriteContext, namespace: string, caPem: string): Promise<void> {
  await ensure(context, 'serviceaccounts', namespace, { metadata: { name: 'default' } });
  await ensure(context, 'configmaps', namespace, {
    metadata: {
      name: ROOT_CA,
      annotations: {
        'kubernetes.io/description':
          'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
      },
    },
    data: { 'ca.crt': caPem },
  });
}

async function ensure(
  context: WriteContext,
  resource: string,
  namespace: string,
  body: JsonObject & { readonly metadata: { readonly name: string } & JsonObject },
): Promise<void> {
  const info = context.registry.find('', 'v1', resource);
  if (info === undefined || info.table.get(namespace, body.metadata.name) !== undefined) return;
  await ignoring([403, 404, 409], () => createObject(context, info, namespace, body, {}, caller));
}

/** Runs work whose refusal with one of these codes means that somebody else was faster. */
async function ignoring(codes: readonly number[], work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof StatusError && codes.includes(error.status.code))) throw error;
  }
}

type Remaining = { readonly resource: ServedResource; readonly objects: readonly KubeObject[] };

/** Deletes everything in the namespace, then the namespace; what finalizers hold is told in its conditions. */
async function empty(context: WriteContext, namespace: KubeObject): Promise<void> {
  const { name = '' } = namespace.metadata;
  for (const resource of context.registry.preferred()) {
    if (!resource.namespaced) continue;
    await emptyOf(context, resource, name);
  }
  const remaining = remainingIn(context, name);
  if (remaining.length > 0) await report(context, namespace, remaining);
  else await release(context, name);
}

async function emptyOf(context: WriteContext, resource: ServedResource, namespace: string): Promise<void> {
  const objects = resource.table.snapshot(namespace).filter((object) => !isTerminating(object));
  const remove = ({ metadata }: KubeObject): Promise<void> =>
    ignoring([404, 409], () =>
      deleteObject(
        context,
        resource,
        { namespace, name: metadata.name ?? '' },
        { propagationPolicy: 'Background' },
        caller,
      ),
    );
  for (let start = 0; start < objects.length; start += PARALLEL) {
    await allEnded(objects.slice(start, start + PARALLEL).map(remove)); // one batch for the disk
  }
}

function remainingIn(context: WriteContext, namespace: string): readonly Remaining[] {
  return context.registry
    .preferred()
    .filter((resource) => resource.namespaced)
    .map((resource) => ({ resource, objects: resource.table.snapshot(namespace) }))
    .filter(({ objects }) => objects.length > 0);
}

/** Takes our finalizer off; the namespace goes unless somebody else still holds it. */
async function release(context: WriteContext, name: string): Promise<void> {
  const resource = namespaces(context);
  const current = resource.table.get('', name);
  const spec = current?.['spec'] as { readonly finalizers?: readonly string[] } | undefined;
  if (current === undefined || spec?.finalizers?.includes('kubernetes') !== true) return;
  const finalizers = spec.finalizers.filter((finalizer) => finalizer !== 'kubernetes');
  const body = { spec: { finalizers: finalizers.length === 0 ? null : finalizers } };
  await ignoring([404, 409], () =>
    patchObject(context, resource, { name }, { kind: 'merge', body }, { subresource: 'finalize' }, caller),
  );
}

async function report(context: WriteContext, namespace: KubeObject, remaining: readonly Remaining[]): Promise<void> {
  const { name = '' } = namespace.metadata;
  const status = namespace['status'] as { readonly conditions?: readonly Condition[] } | undefined;
  const known = status?.conditions ?? [];
  const now = rfc3339(context.clock.now());
  const conditions = conditionsFor(remaining).map((condition) => {
    const previous = known.find(({ type }) => type === condition.type);
    const lastTransitionTime = previous?.status === condition.status ? previous.lastTransitionTime : now;
    return { ...condition, lastTransitionTime };
  });
  if (deepEqual(known, conditions)) return;
  const body = { status: { conditions } };
  await ignoring([404, 409], () =>
    patchObject(context, namespaces(context), { name }, { kind: 'merge', body }, { subresource: 'status' }, caller),
  );
}

function conditionsFor(remaining: readonly Remaining[]): readonly Omit<Condition, 'lastTransitionTime'>[] {
  const content = remaining.map(({ resource, objects }) => {
    const type = resource.group === '' ? `${resource.resource}.` : `${resource.resource}.${resource.group}`;
    return `${type} has ${objects.length} resource instances`;
  });
  const finalizers = new Map<string, number>();
  for (const object of remaining.flatMap(({ objects }) => objects)) {
    for (const finalizer of object.metadata.finalizers ?? []) {
      finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1);
    }
  }
  const held = [...finalizers].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`);
  return [
    fine('NamespaceDeletionDiscoveryFailure', 'ResourcesDiscovered', 'All resources successfully discovered'),
    fine(
      'NamespaceDeletionGroupVersionParsingFailure',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ),
    fine(
      'NamespaceDeletionContentFailure',
      'ContentDeleted',
      'All content successfully deleted, may be waiting on finalization',
    ),
    {
      type: 'NamespaceContentRemaining',
      status: 'True',
      reason: 'SomeResourcesRemain',
      message: `Some resources are remaining: ${content.join(', ')}`,
    },
    held.length === 0
      ? fine('NamespaceFinalizersRemaining', 'ContentHasNoFinalizers', 'All content-preserving finalizers finished')
      : {
          type: 'NamespaceFinalizersRemaining',
          status: 'True',
          reason: 'SomeFinalizersRemain',
          message: `Some content in the namespace has finalizers remaining: ${held.join(', ')}`,
        },
  ];
}

function fine(type: string, reason: string, message: string): Omit<Condition, 'lastTransitionTime'> {
  return { type, status: 'False', reason, message };
}
