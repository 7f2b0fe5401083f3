import {
  formatApiVersion,
  invalidError,
  isObject,
  type Json,
  type JsonObject,
  stringifyJson,
} from '@cartographer/machinery';

import { badRequest, type StatusError } from '../../status-error.ts';
import { invalid } from '../invalid.ts';
import type { ServedResource } from '../served-resource.ts';
import { checkBounds } from './bounds.ts';
import { metaOf, withMeta } from './metadata.ts';

const QUOTE_LIMIT = 1_000;

/**
 * Checks that a body is an object of the resource's kind and version and nests within bounds; a built-in kind may
 * leave both out. Returns the body with both set.
 */
export function checkBody(resource: ServedResource, body: Json): JsonObject {
  const apiVersion = formatApiVersion(resource.group, resource.version);
  checkBounds(body);
  if (!isObject(body))
    throw unrecognized(
      resource,
      `json: cannot unmarshal ${Array.isArray(body) ? 'array' : typeof body} into Go value of type struct`,
      body,
    );
  const { kind, apiVersion: given } = body;
  if (!resource.builtIn && !isText(kind))
    throw unrecognized(resource, `Object 'Kind' is missing in '${quote(body)}'`, body);
  if (!resource.builtIn && !isText(given))
    throw unrecognized(resource, `Object 'apiVersion' is missing in '${quote(body)}'`, body);
  if (isText(given) && given !== apiVersion) {
    const text = `the API version in the data (${given}) does not match the expected API version (${apiVersion})`;
    throw badRequest(text);
  }
  if (isText(kind) && kind !== resource.kind) throw wrongKind(resource, kind, body);
  if (body['metadata'] !== undefined && body['metadata'] !== null && !isObject(body['metadata'])) {
    throw badRequest(
      `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: json: cannot unmarshal ${typeof body['metadata']} into Go struct field ${resource.kind}.metadata of type v1.ObjectMeta`,
    );
  }
  if (kind === resource.kind && given === apiVersion) return body;
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = body;
  return { kind: resource.kind, apiVersion, ...rest };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function wrongKind(resource: ServedResource, kind: string, body: JsonObject): StatusError {
  if (!resource.builtIn) {
    const name = metaOf(body).name;
    const text = `must be ${resource.kind}`;
    return invalid({ group: resource.group, kind }, typeof name === 'string' ? name : '', [
      invalidError('kind', kind, text),
    ]);
  }
  return badRequest(
    `${kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: converting (v1.${kind}) to (v1.${resource.kind}): unknown conversion`,
  );
}

function unrecognized(resource: ServedResource, why: string, body: Json): StatusError {
  return badRequest(`the object provided is unrecognized (must be of type ${resource.kind}): ${why} (${quote(body)})`);
}

function quote(body: Json): string {
  const text = stringifyJson(body);
  return text.length > QUOTE_LIMIT ? `${text.slice(0, QUOTE_LIMIT)}…` : text;
}

/** Puts the object into the namespace of the request; a body that names another one is refused. */
export function placeInNamespace(object: JsonObject, namespace: string | undefined): JsonObject {
  const given = metaOf(object).namespace ?? '';
  const wanted = namespace ?? '';
  if (given === wanted) return object;
  if (given !== '' && wanted !== '') {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  return withMeta(object, { namespace: wanted === '' ? undefined : wanted });
}

/** Checks the name in a body against the one in the URL; `optional` lets it be absent. */
export function checkName(object: JsonObject, name: string, optional = false): void {
  const given = metaOf(object).name ?? '';
  if (given === name || (given === '' && optional)) return;
  if (given === '')
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
}
