import {
  type FieldError,
  failure,
  formatApiVersion,
  invalidError,
  type JsonObject,
  type KubeObject,
  rfc3339,
  trackUpdate,
} from '@cartographer/machinery';

import type { Caller, ObjectKey, WriteOptions, WriteResult } from '../../core-api.ts';
import { conflict, StatusError } from '../../status-error.ts';
import { invalid } from '../invalid.ts';
import { checkVersion } from '../resource-version.ts';
import type { ServedResource } from '../served-resource.ts';
import { admissionFor, reviewOf } from './admission.ts';
import { commitDeletion, commitObject, isNoOp, isSpecChanged } from './commit.ts';
import { normalize } from './field-validation.ts';
import { keepSystemMeta, metaOf, withMeta } from './metadata.ts';
import { validateObject, withoutNulls } from './validate-object.ts';
import type { WriteContext } from './write-context.ts';

/** How often a write that lost a race is tried again. */
const ATTEMPTS = 5;

/** The text of a lost race; clients and people match on it. */
export const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again';

/** A change of an existing object. */
export type Modification = {
  readonly resource: ServedResource;
  readonly key: ObjectKey;
  readonly options: WriteOptions;
  readonly caller: Caller;
  /** PUT answers another uid with 409, PATCH with 422. */
  readonly verb: 'update' | 'patch' | 'apply';
  /** What the client wants the current object to become, in the stored shape; must not wait. */
  readonly propose: (current: KubeObject) => JsonObject;
  /** What to do when there is no such object. */
  readonly missing: () => Promise<WriteResult>;
};

/**
 * The part of the pipeline that every change of an existing object goes through. Between the last look at the
 * current object and the commit nothing waits; if admission waited and lost a race, all starts over.
 */
export async function modifyObject(context: WriteContext, modification: Modification): Promise<WriteResult> {
  const { resource, key, options, caller } = modification;
  const admission = admissionFor(context.hooks, resource, 'UPDATE', options.subresource);
  for (let attempt = 0; attempt <= ATTEMPTS; attempt++) {
    const current = resource.table.get(key.namespace ?? '', key.name);
    if (current === undefined) return modification.missing();
    let object = shape(modification, current);
    if (!admission.empty && object !== current) {
      const { subresource } = options;
      const dryRun = options.dryRun === 'All';
      const about = { object, old: current, ...key, pathName: key.name, subresource, dryRun };
      const review = reviewOf(resource, 'UPDATE', caller, about);
      const admitted = (await admission.run(review, caller, (it) => validateObject(resource, it, current))) ?? object;
      if (admitted !== object) object = resource.rules.complete(normalize(resource, admitted));
      if (resource.table.get(key.namespace ?? '', key.name) !== current) continue;
    }
    const stored = settle(context, modification, object, current);
    await context.journal.acknowledged();
    return { object: resource.view(stored), created: false };
  }
  throw conflict(resource, key.name, MODIFIED);
}

/** The proposed object with everything that only the server decides. */
function shape(modification: Modification, current: KubeObject): JsonObject {
  const { resource, options, verb } = modification;
  const proposed = modification.propose(current);
  if (proposed === current) return current;
  checkPreconditions(modification, metaOf(proposed), current, verb);
  const split = splitSubresource(resource, proposed, current, options.subresource);
  const object = resource.rules.complete(keepSystemMeta(split, current), verb === 'apply');
  return resource.rules.prepare?.(object, current) ?? object;
}

function checkPreconditions(
  { resource, key }: Modification,
  meta: ReturnType<typeof metaOf>,
  current: KubeObject,
  verb: Modification['verb'],
): void {
  const version = meta.resourceVersion ?? '';
  checkVersion(version);
  if (version !== '' && version !== '0' && version !== current.metadata.resourceVersion) {
    throw conflict(resource, key.name, MODIFIED);
  }
  if (version === '' && verb === 'update' && !resource.rules.unconditionalUpdate) {
    const error: FieldError = {
      reason: 'FieldValueInvalid',
      field: 'metadata.resourceVersion',
      message: 'Invalid value: 0x0: must be specified for an update',
    };
    throw invalid({ group: resource.group, kind: resource.resource }, key.name, [error]);
  }
  const uid = meta.uid ?? '';
  if (uid === '' || uid === current.metadata.uid) return;
  if (verb === 'update') throw conflict(resource, key.name, uidMismatch(resource, key, uid, current));
  const error = invalidError('metadata.uid', uid, 'field is immutable');
  throw invalid(resource, key.name, resource.builtIn ? [error] : [error, error]);
}

function uidMismatch({ group, resource }: ServedResource, key: ObjectKey, uid: string, current: KubeObject): string {
  const path = [group, resource, key.namespace, key.name].filter((part) => part !== undefined && part !== '').join('/');
  return `StorageError: invalid object, Code: 4, Key: /registry/${path}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`;
}

/** Main writes leave status alone, `/status` takes nothing but status, `/finalize` nothing but spec.finalizers. */
function splitSubresource(
  resource: ServedResource,
  proposed: JsonObject,
  old: JsonObject,
  subresource: WriteOptions['subresource'],
): JsonObject {
  if (subresource === undefined) {
    if (!resource.rules.statusSubresource || proposed['status'] === old['status']) return proposed;
    const { status: _status, ...rest } = proposed;
    return old['status'] === undefined ? rest : { ...rest, status: old['status'] };
  }
  if (subresource === 'status' && !resource.rules.statusSubresource) {
    throw new StatusError(failure(404, 'NotFound', 'the server could not find the requested resource', {}));
  }
  const field = subresource === 'status' ? 'status' : 'spec';
  const { [field]: _field, ...rest } = withMeta(old, {
    managedFields: metaOf(proposed).managedFields,
    resourceVersion: metaOf(proposed).resourceVersion,
  });
  return proposed[field] === undefined ? rest : { ...rest, [field]: proposed[field] };
}

/** Tracks, validates and commits; gives what the client is answered. */
function settle(
  context: WriteContext,
  modification: Modification,
  shaped: JsonObject,
  current: KubeObject,
): KubeObject {
  const { resource, options } = modification;
  if (shaped === current) return current;
  let object = modification.verb === 'apply' ? shaped : track(context, modification, shaped, current);
  const generation = current.metadata.generation ?? 0;
  if (resource.rules.generation && isSpecChanged(resource, object, current)) {
    object = withMeta(object, { generation: generation + 1 });
  }
  validateObject(resource, object, current);
  if (modification.verb === 'apply') object = withoutNulls(resource, object);
  modification.caller.warnings.push(...(resource.rules.warn?.(object) ?? []));
  if (isNoOp(object, current)) return current;
  if (options.dryRun === 'All') return object as KubeObject;
  if (isReleased(resource, object)) {
    commitDeletion(context, resource, current, object);
    return object as KubeObject;
  }
  return commitObject(context, resource, object, current);
}

/** Whether an object that is being deleted has nothing left that holds it. */
export function isReleased(resource: ServedResource, object: JsonObject): boolean {
  const { deletionTimestamp, finalizers } = metaOf(object);
  if (deletionTimestamp === undefined || (finalizers?.length ?? 0) > 0) return false;
  if (resource.kind !== 'Namespace' || resource.group !== '') return true;
  const spec = object['spec'] as { readonly finalizers?: readonly string[] } | undefined;
  return (spec?.finalizers?.length ?? 0) === 0;
}

function track(context: WriteContext, modification: Modification, updated: JsonObject, live: JsonObject): JsonObject {
  const { resource, options, caller } = modification;
  // an object whose managed fields were cleared stays untracked until somebody applies it
  if (metaOf(live).managedFields === undefined && metaOf(updated).managedFields === undefined) return updated;
  const reset = options.subresource === undefined ? 'status' : options.subresource === 'status' ? 'spec' : undefined;
  return trackUpdate({
    live,
    updated,
    manager: options.fieldManager || caller.fieldManager,
    schema: resource.rules.mergeSchema,
    apiVersion: formatApiVersion(resource.group, resource.version),
    time: rfc3339(context.clock.now()),
    ...(options.subresource === undefined ? {} : { subresource: options.subresource }),
    ...(reset !== undefined && resource.rules.statusSubresource ? { resetFields: [reset] } : {}),
  });
}
