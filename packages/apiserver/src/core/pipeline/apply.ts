import {
  failure,
  formatApiVersion,
  isObject,
  type Json,
  type JsonObject,
  type KubeObject,
  rfc3339,
  serverSideApply,
} from '@cartographer/machinery';

import type { Caller, ObjectKey, WriteOptions, WriteResult } from '../../core-api.ts';
import { badRequest, conflict, internalError, notFound, StatusError } from '../../status-error.ts';
import { checkVersion } from '../resource-version.ts';
import type { ServedResource } from '../served-resource.ts';
import { checkName, placeInNamespace } from './body.ts';
import { checkBounds } from './bounds.ts';
import { insertObject } from './create.ts';
import { normalize } from './field-validation.ts';
import { metaOf } from './metadata.ts';
import { MODIFIED, modifyObject } from './modify.ts';
import type { WriteContext } from './write-context.ts';

/** Server-side apply: creates what is missing, except through a subresource. */
export async function applyObject(
  context: WriteContext,
  resource: ServedResource,
  key: ObjectKey,
  body: Json,
  options: WriteOptions,
  caller: Caller,
): Promise<WriteResult> {
  const applied = checkApplied(resource, key, body);
  const merge = (live: KubeObject | undefined): JsonObject => mergeApplied(context, resource, applied, options, live);
  return modifyObject(context, {
    resource,
    key,
    options,
    caller,
    verb: 'apply',
    propose: (current) => {
      const { resourceVersion } = metaOf(applied);
      checkVersion(resourceVersion);
      if (resourceVersion && resourceVersion !== current.metadata.resourceVersion) {
        throw conflict(resource, key.name, MODIFIED);
      }
      return placeInNamespace(merge(current), key.namespace);
    },
    missing: async () => {
      if (options.subresource !== undefined) throw notFound(resource, key.name);
      const { uid } = metaOf(applied);
      if (uid) {
        const text = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
        throw conflict(resource, key.name, text);
      }
      caller.requireCreate?.();
      const merged = merge(undefined);
      const object = { ...merged, metadata: { ...(merged['metadata'] as JsonObject | undefined), name: key.name } };
      const { namespace, name: pathName } = key;
      return insertObject(context, { resource, object, namespace, pathName, options, caller, applied: true });
    },
  });
}

function checkApplied(resource: ServedResource, key: ObjectKey, body: Json): JsonObject {
  if (!isObject(body)) throw badRequest('error decoding YAML: the body is not an object');
  const { apiVersion, kind } = body;
  if (apiVersion !== formatApiVersion(resource.group, resource.version) || kind !== resource.kind) {
    throw badRequest(`invalid object type: ${gvkOf(body)}`);
  }
  const { metadata } = body;
  if (metadata !== undefined && metadata !== null && !isObject(metadata)) throw badRequest('metadata is not an object');
  const { managedFields } = metaOf(body);
  if (managedFields !== undefined && managedFields !== null && managedFields.length !== 0) {
    throw badRequest('metadata.managedFields must be nil');
  }
  placeInNamespace(body, key.namespace);
  checkName(body, key.name, true);
  return resource.toStored(body);
}

/** `group/version, Kind=Kind`, as Go prints a GroupVersionKind. */
function gvkOf({ apiVersion, kind }: JsonObject): string {
  const version = typeof apiVersion === 'string' ? apiVersion : '';
  return `${version.includes('/') ? version : `/${version}`}, Kind=${typeof kind === 'string' ? kind : ''}`;
}

function mergeApplied(
  context: WriteContext,
  resource: ServedResource,
  applied: JsonObject,
  options: WriteOptions,
  live: KubeObject | undefined,
): JsonObject {
  const { subresource } = options;
  const split = resource.rules.statusSubresource;
  const outcome = serverSideApply({
    ...(live === undefined ? {} : { live }),
    applied,
    manager: options.fieldManager ?? '',
    force: options.force === true,
    schema: resource.rules.mergeSchema,
    apiVersion: formatApiVersion(resource.group, resource.version),
    time: rfc3339(context.clock.now()),
    ...(subresource === undefined ? {} : { subresource }),
    ...(split ? { resetFields: [subresource === 'status' ? 'spec' : 'status'] } : {}),
  });
  switch (outcome.kind) {
    case 'invalid':
      throw internalError(outcome.message);
    case 'conflict':
      throw new StatusError(failure(409, 'Conflict', outcome.message, { causes: outcome.causes }));
    case 'applied':
      if (outcome.object === (live as unknown)) return outcome.object;
      checkBounds(outcome.object);
      return normalize(resource, outcome.object);
  }
}
