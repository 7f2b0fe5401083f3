import {
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  failure,
  isList,
  isObject,
  type Json,
  type JsonObject,
  type KubeObject,
  PatchError,
} from '@cartographer/machinery';

import type { Caller, ObjectKey, Patch, WriteOptions, WriteResult } from '../../core-api.ts';
import { badRequest, internalError, notFound, StatusError } from '../../status-error.ts';
import type { ServedResource } from '../served-resource.ts';
import { applyObject } from './apply.ts';
import { checkBody, checkName, placeInNamespace } from './body.ts';
import { checkBounds } from './bounds.ts';
import { decodeBody, reportFields } from './field-validation.ts';
import { modifyObject } from './modify.ts';
import { checkWriteOptions } from './options.ts';
import type { WriteContext } from './write-context.ts';

const OPERATIONS_LIMIT = 10_000;

/** PATCH of every kind. */
export async function patchObject(
  context: WriteContext,
  resource: ServedResource,
  key: ObjectKey,
  patch: Patch,
  options: WriteOptions,
  caller: Caller,
): Promise<WriteResult> {
  if (patch.kind === 'strategic' && resource.rules.patchSchema === undefined) throw unsupportedPatch();
  checkWriteOptions(patch.kind === 'apply' ? 'apply' : 'patch', options);
  checkBounds(patch.body);
  if (patch.kind === 'apply') return applyObject(context, resource, key, patch.body, options, caller);
  checkPatch(patch);
  return modifyObject(context, {
    resource,
    key,
    options,
    caller,
    verb: 'patch',
    propose: (current) => proposal(resource, key, patch, options, caller, current),
    missing: () => Promise.reject(notFound(resource, key.name)),
  });
}

/** The current object with the patch applied, decoded and in the stored shape. */
function proposal(
  resource: ServedResource,
  key: ObjectKey,
  patch: Patch,
  options: WriteOptions,
  caller: Caller,
  current: KubeObject,
): JsonObject {
  const view = resource.view(current);
  const patched = checkBody(resource, applyPatch(resource, patch, view));
  const decoded = decodeBody(resource, patched);
  reportFields(resource, decoded.unknown, options, caller, patched);
  const object = placeInNamespace(resource.toStored(decoded.object), key.namespace);
  checkName(object, key.name);
  return object;
}

function applyPatch(resource: ServedResource, patch: Patch, view: JsonObject): Json {
  try {
    if (patch.kind === 'json') return applyJsonPatch(view, patch.body);
    if (patch.kind === 'merge') return applyMergePatch(view, patch.body);
    return applyStrategicMergePatch(view, patch.body, resource.rules.patchSchema ?? { lists: {} });
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    if (patch.kind === 'json') {
      throw new StatusError(
        failure(422, 'Invalid', 'the server rejected our request due to an error in our request', {}),
      );
    }
    throw internalError(error.message);
  }
}

function checkPatch({ kind, body }: Patch): void {
  const type = isList(body) ? 'array' : isObject(body) ? 'object' : body === null ? 'null' : typeof body;
  if (kind !== 'json') {
    if (isObject(body)) return;
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${type} into Go value of type map[string]interface {}`,
    );
  }
  if (!isList(body)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${type} into Go value of type []handlers.jsonPatchOp`,
    );
  }
  if (body.length > OPERATIONS_LIMIT) {
    const text = `The allowed maximum operations in a JSON patch is ${OPERATIONS_LIMIT}, got ${body.length}`;
    throw new StatusError(failure(413, 'RequestEntityTooLarge', text));
  }
}

function unsupportedPatch(): StatusError {
  const text =
    'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml';
  return new StatusError(failure(415, 'UnsupportedMediaType', text));
}
