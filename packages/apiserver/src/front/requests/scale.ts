import {
  applyJsonPatch,
  applyMergePatch,
  getPath,
  isObject,
  type Json,
  type JsonObject,
  type KubeObject,
  labelSelectorOf,
  PatchError,
  type WireResponse,
} from '@cartographer/machinery';

import type { Core, ResourceInfo } from '../../core-api.ts';
import { badRequest } from '../../status-error.ts';
import { mediaType } from '../wire/media-type.ts';
import { decodeObjectBody, decodePatchBody } from '../wire/request-body.ts';
import { jsonAnswer } from '../wire/respond.ts';
import { invalid, methodNotAllowed, unknownResource, unsupportedMediaType } from '../wire/wire-errors.ts';
import type { ObjectRequest } from './object-requests.ts';

const SCALED = new Set(['deployments', 'replicasets', 'statefulsets']);
const PATCHES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];

/** Whether a resource has the subresource `scale`. */
export function isScaled({ group, resource }: Pick<ResourceInfo, 'group' | 'resource'>): boolean {
  return group === 'apps' && SCALED.has(resource);
}

/** Answers requests about `…/scale`: the number of replicas of an object, seen as an `autoscaling/v1` Scale. */
export async function answerScaleRequest(core: Core, asked: ObjectRequest): Promise<WireResponse> {
  const { request, route, info, caller } = asked;
  const { namespace, name } = route;
  if (name === undefined || namespace === undefined) throw unknownResource();
  const live = scaleOf(core.get(info, { namespace, name }));
  if (route.verb === 'get') return jsonAnswer(200, live);
  if (route.verb !== 'update' && route.verb !== 'patch') throw methodNotAllowed();
  const wanted =
    route.verb === 'patch'
      ? patched(live, asked)
      : decodeObjectBody(request.body, request.headers?.['content-type'], 'Scale', 'autoscaling/v1').value;
  const body = { metadata: precondition(wanted, live), spec: { replicas: replicasOf(wanted, name) } };
  const options = { dryRun: request.query?.['dryRun'], fieldManager: request.query?.['fieldManager'] };
  const result = await core.patch(info, { namespace, name }, { kind: 'merge', body }, options, caller);
  return jsonAnswer(200, scaleOf(result.object));
}

function scaleOf(object: KubeObject): JsonObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = getPath(object, 'spec', 'selector');
  const replicas = getPath(object, 'status', 'replicas') ?? 0;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: getPath(object, 'spec', 'replicas') ?? 1 },
    status: { replicas, ...(isObject(selector) ? { selector: labelSelectorOf(selector).toString() } : {}) },
  };
}

function patched(live: JsonObject, { request }: ObjectRequest): Json {
  const type = mediaType(request.headers?.['content-type']);
  if (!PATCHES.includes(type)) throw unsupportedMediaType(PATCHES);
  const { value } = decodePatchBody(request.body, false);
  try {
    return type === 'application/json-patch+json' ? applyJsonPatch(live, value) : applyMergePatch(live, value);
  } catch (error) {
    if (error instanceof PatchError) throw badRequest(error.message);
    throw error;
  }
}

/** A resourceVersion that the client sends, and that is not the live one, must be refused by the store. */
function precondition(wanted: Json, live: JsonObject): JsonObject {
  const version = getPath(wanted, 'metadata', 'resourceVersion');
  const isNews =
    typeof version === 'string' && version !== '' && version !== getPath(live, 'metadata', 'resourceVersion');
  return isNews ? { resourceVersion: version } : {};
}

function replicasOf(wanted: Json, name: string): number {
  const replicas = getPath(wanted, 'spec', 'replicas') ?? 0;
  if (typeof replicas === 'number' && Number.isInteger(replicas) && replicas >= 0) return replicas;
  const shown = typeof replicas === 'object' ? JSON.stringify(replicas) : String(replicas);
  const message = `Invalid value: ${shown}: must be greater than or equal to 0`;
  throw invalid('Scale', 'autoscaling', name, [{ reason: 'FieldValueInvalid', message, field: 'spec.replicas' }]);
}
