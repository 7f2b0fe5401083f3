import {
  formatApiVersion,
  type Json,
  type JsonObject,
  type KubeObject,
  rfc3339,
  trackUpdate,
} from '@cartographer/machinery';

import type { Caller, WriteOptions, WriteResult } from '../../core-api.ts';
import { alreadyExists, internalError } from '../../status-error.ts';
import type { ServedResource } from '../served-resource.ts';
import { admissionFor, reviewOf } from './admission.ts';
import { checkBody, placeInNamespace } from './body.ts';
import { commitObject } from './commit.ts';
import { decodeBody, normalize, reportFields } from './field-validation.ts';
import { generateName, NAME_ATTEMPTS } from './generate-name.ts';
import { createMeta, metaOf, withMeta } from './metadata.ts';
import { checkWriteOptions } from './options.ts';
import { checkCreatable, validateObject, withoutNulls } from './validate-object.ts';
import type { WriteContext } from './write-context.ts';

/** POST. */
export async function createObject(
  context: WriteContext,
  resource: ServedResource,
  namespace: string | undefined,
  body: Json,
  options: WriteOptions,
  caller: Caller,
): Promise<WriteResult> {
  checkWriteOptions('create', options);
  const { object, unknown } = decodeBody(resource, checkBody(resource, body));
  reportFields(resource, unknown, options, caller);
  return insertObject(context, { resource, object: resource.toStored(object), namespace, options, caller });
}

/** A new object on its way into the store, in the stored shape. */
export type Insertion = {
  readonly resource: ServedResource;
  readonly object: JsonObject;
  readonly namespace: string | undefined;
  /** Set when the request names the object in its path: PUT and apply. */
  readonly pathName?: string;
  readonly options: WriteOptions;
  readonly caller: Caller;
  /** Set when server-side apply has already written the managed fields. */
  readonly applied?: boolean;
};

/** The part of the pipeline that every create goes through, be it by POST, PUT or apply. */
export async function insertObject(context: WriteContext, insertion: Insertion): Promise<WriteResult> {
  const { resource, namespace, options } = insertion;
  const placed = placeInNamespace(insertion.object, namespace);
  const { name, generateName: prefix } = metaOf(placed);
  checkCreatable(context, resource, namespace, name ?? '');
  const isGenerated = (name === undefined || name === '') && prefix !== undefined && prefix !== '';
  for (let attempt = 1; ; attempt++) {
    const chosen = isGenerated ? generateName(prefix, context.random) : (name ?? '');
    const object = await prepareNew(context, { ...insertion, object: placed }, chosen);
    checkCreatable(context, resource, namespace, chosen); // again: admission may have taken its time
    if (resource.table.get(namespace ?? '', chosen) !== undefined) {
      if (isGenerated && attempt < NAME_ATTEMPTS) continue;
      throw alreadyExists(resource, chosen);
    }
    if (options.dryRun === 'All') return { object: resource.view(object as KubeObject), created: true };
    const stored = commitObject(context, resource, object, undefined);
    await context.journal.acknowledged();
    return { object: resource.view(stored), created: true };
  }
}

/** Everything between decoding and the check whether the name is free. */
async function prepareNew(context: WriteContext, insertion: Insertion, name: string): Promise<JsonObject> {
  const { resource, namespace, pathName, options, caller, applied } = insertion;
  const { rules } = resource;
  const dryRun = options.dryRun === 'All';
  const meta = createMeta(insertion.object, { now: context.clock.now(), uid: context.newUid(), namespace, name });
  let object = rules.complete(rules.statusSubresource ? withoutStatus(meta) : meta, applied);
  object = rules.prepare?.(object, undefined) ?? object;
  const admission = admissionFor(context.hooks, resource, 'CREATE');
  if (!admission.empty) {
    const isGenerated = (metaOf(insertion.object).name ?? '') === '';
    const about = { object, namespace, pathName, dryRun, ...(isGenerated ? {} : { name }) };
    const review = reviewOf(resource, 'CREATE', caller, about);
    const admitted = (await admission.run(review, caller, (it) => validateObject(resource, it, undefined))) ?? object;
    if (admitted !== object) object = rules.complete(normalize(resource, admitted), applied);
  }
  if (rules.generation) object = withMeta(object, { generation: 1 });
  if (applied !== true) object = track(context, insertion, object);
  if (options.isSound !== true) validateObject(resource, object, undefined);
  if (applied === true) object = withoutNulls(resource, object);
  caller.warnings.push(...(rules.warn?.(object) ?? []));
  // What is no number goes through, as on a real server: it reads as no version at all. An apply that creates is not held to it,
  // which makes a version that no object has a way to say "only if it is not there".
  if (applied !== true && /^0*[1-9]\d*$/.test(metaOf(insertion.object).resourceVersion ?? '')) {
    throw internalError('resourceVersion should not be set on objects to be created');
  }
  return object;
}

function track(context: WriteContext, { resource, options, caller }: Insertion, updated: JsonObject): JsonObject {
  return trackUpdate({
    updated,
    manager: options.fieldManager || caller.fieldManager,
    schema: resource.rules.mergeSchema,
    apiVersion: formatApiVersion(resource.group, resource.version),
    time: rfc3339(context.clock.now()),
    ...(resource.rules.statusSubresource ? { resetFields: ['status'] } : {}),
  });
}

function withoutStatus(object: JsonObject): JsonObject {
  if (object['status'] === undefined) return object;
  const { status: _status, ...rest } = object;
  return rest;
}
