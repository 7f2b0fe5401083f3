import {
  allEnded,
  failure,
  formatApiVersion,
  type JsonObject,
  type KubeList,
  type KubeObject,
  rfc3339,
} from '@cartographer/machinery';

import type { Caller, DeleteOptions, DeleteResult, ListOptions, ObjectKey } from '../../core-api.ts';
import { conflict, forbidden, notFound, StatusError } from '../../status-error.ts';
import { CLEANUP_FINALIZER, isEstablished } from '../crd/crd-status.ts';
import { checkListOptions } from '../list-options.ts';
import { createSelection } from '../selection.ts';
import type { ServedResource } from '../served-resource.ts';
import { admissionFor, reviewOf } from './admission.ts';
import { commitDeletion, commitObject } from './commit.ts';
import { withMeta } from './metadata.ts';
import { isReleased } from './modify.ts';
import { checkDeleteOptions, type Propagation } from './options.ts';
import type { WriteContext } from './write-context.ts';

const ATTEMPTS = 5;
/** How many objects of a collection are deleted at once. */
const PARALLEL = 256;
const PROTECTED_NAMESPACES = new Set(['default', 'kube-system', 'kube-public']);

/** The finalizers through which the garbage collector does its part of a deletion. */
export const FOREGROUND_FINALIZER = 'foregroundDeletion';
/** See {@link FOREGROUND_FINALIZER}. */
export const ORPHAN_FINALIZER = 'orphan';

/** DELETE of one object. */
export async function deleteObject(
  context: WriteContext,
  resource: ServedResource,
  key: ObjectKey,
  options: DeleteOptions,
  caller: Caller,
): Promise<DeleteResult> {
  const policy = checkDeleteOptions(options);
  const admission = admissionFor(context.hooks, resource, 'DELETE');
  for (let attempt = 0; attempt <= ATTEMPTS; attempt++) {
    const current = resource.table.get(key.namespace ?? '', key.name);
    if (current === undefined) throw notFound(resource, key.name);
    checkPreconditions(resource, current, options);
    if (isProtected(resource, current)) throw forbidden(resource, key.name, 'this namespace may not be deleted');
    if (!admission.empty) {
      const dryRun = options.dryRun === 'All';
      await admission.run(reviewOf(resource, 'DELETE', caller, { old: current, ...key, dryRun }), caller);
      if (resource.table.get(key.namespace ?? '', key.name) !== current) continue;
    }
    const result = removeObject(context, resource, current, policy, options);
    await context.journal.acknowledged();
    return result;
  }
  throw conflict(resource, key.name, 'the object keeps changing while admission looks at it');
}

/** Deletes every chosen object; gives those that were chosen. */
export async function deleteObjects(
  context: WriteContext,
  resource: ServedResource,
  selection: ListOptions,
  options: DeleteOptions,
  caller: Caller,
): Promise<KubeList> {
  if (!resource.verbs.includes('deletecollection')) throw methodNotAllowed();
  checkDeleteOptions(options);
  checkListOptions(selection);
  const { namespace, matches } = createSelection(resource, selection);
  const chosen = resource.table.snapshot(namespace).filter((object) => matches(resource.view(object)));
  const resourceVersion = String(context.journal.resourceVersion);
  const remove = async (object: KubeObject): Promise<void> => {
    const key = { name: object.metadata.name ?? '', namespace: object.metadata.namespace };
    try {
      await deleteObject(context, resource, key, options, caller);
    } catch (error) {
      if (!(error instanceof StatusError && error.status.code === 404)) throw error;
    }
  };
  for (let start = 0; start < chosen.length; start += PARALLEL) {
    await allEnded(chosen.slice(start, start + PARALLEL).map(remove)); // one batch for the disk
  }
  return {
    kind: resource.listKind,
    apiVersion: formatApiVersion(resource.group, resource.version),
    metadata: { resourceVersion },
    items: chosen.map((object) => resource.view(object)),
  };
}

function checkPreconditions(resource: ServedResource, current: KubeObject, { preconditions }: DeleteOptions): void {
  const { uid = '', resourceVersion = '' } = current.metadata;
  const wanted = preconditions ?? {};
  const subject = { group: resource.group, resource: resource.kind };
  const name = current.metadata.name ?? '';
  if (wanted.uid !== undefined && wanted.uid !== uid) {
    throw conflict(
      subject,
      name,
      `the UID in the precondition (${wanted.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    );
  }
  if (wanted.resourceVersion !== undefined && wanted.resourceVersion !== resourceVersion) {
    throw conflict(
      subject,
      name,
      `the ResourceVersion in the precondition (${wanted.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
    );
  }
}

function isProtected(resource: ServedResource, current: KubeObject): boolean {
  return isNamespace(resource) && PROTECTED_NAMESPACES.has(current.metadata.name ?? '');
}

function isNamespace({ group, resource }: ServedResource): boolean {
  return group === '' && resource === 'namespaces';
}

function removeObject(
  context: WriteContext,
  resource: ServedResource,
  current: KubeObject,
  policy: Propagation | undefined,
  options: DeleteOptions,
): DeleteResult {
  const object = marked(context, resource, current, policy);
  const dryRun = options.dryRun === 'All';
  if (object === undefined) {
    if (!dryRun) commitDeletion(context, resource, current, current);
    return { kind: 'gone', status: goneStatus(resource, current), object: resource.view(current) };
  }
  if (object === current) return { kind: 'deleting', object: resource.view(current) };
  if (dryRun) return { kind: 'deleting', object: resource.view(object as KubeObject) };
  return { kind: 'deleting', object: resource.view(commitObject(context, resource, object, current)) };
}

/** The object marked as being deleted; itself if it already is, undefined if nothing holds it. */
function marked(
  context: WriteContext,
  resource: ServedResource,
  current: KubeObject,
  policy: Propagation | undefined,
): JsonObject | undefined {
  const finalizers = finalizersFor(resource, current, policy);
  const isNew = current.metadata.deletionTimestamp === undefined;
  const deletionTimestamp = current.metadata.deletionTimestamp ?? rfc3339(context.clock.now());
  const object = withMeta(current, { finalizers: finalizers.length === 0 ? undefined : finalizers, deletionTimestamp });
  if (isReleased(resource, object)) return undefined;
  const isSame = finalizers.length === (current.metadata.finalizers?.length ?? 0);
  if (!isNew) return isSame ? current : object;
  if (isNamespace(resource))
    return { ...object, status: { ...(current['status'] as JsonObject | undefined), phase: 'Terminating' } };
  if (resource.kind === 'CustomResourceDefinition') return object;
  const { generation } = current.metadata;
  return withMeta(object, {
    deletionGracePeriodSeconds: 0,
    ...(generation === undefined ? {} : { generation: generation + 1 }),
  });
}

function finalizersFor(
  resource: ServedResource,
  current: KubeObject,
  policy: Propagation | undefined,
): readonly string[] {
  const given = current.metadata.finalizers ?? [];
  if (resource.kind === 'CustomResourceDefinition' && resource.builtIn && isEstablished(current)) {
    return given.includes(CLEANUP_FINALIZER) ? given : [...given, CLEANUP_FINALIZER];
  }
  if (policy === undefined || isNamespace(resource)) return given;
  const rest = given.filter((finalizer) => finalizer !== FOREGROUND_FINALIZER && finalizer !== ORPHAN_FINALIZER);
  if (policy === 'Foreground') return [...rest, FOREGROUND_FINALIZER];
  return policy === 'Orphan' ? [...rest, ORPHAN_FINALIZER] : rest;
}

function goneStatus(resource: ServedResource, object: KubeObject): JsonObject {
  const { name = '', uid = '' } = object.metadata;
  const { group, resource: kind } = resource;
  const details = { name, ...(group === '' ? {} : { group }), kind, uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

function methodNotAllowed(): StatusError {
  return new StatusError(
    failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource'),
  );
}
