import { isList, isObject, type Json, type JsonObject, type WireRequest } from '@cartographer/machinery';

import type { DeleteOptions } from '../../core-api.ts';
import { badRequest, type StatusError } from '../../status-error.ts';
import { integerOf } from '../wire/query-integer.ts';
import { decodeObjectBody } from '../wire/request-body.ts';
import { isTrue } from '../wire/route.ts';

/**
 * Options of a DELETE stand in the body or in the query; the body wins when it has any. What cannot be read is refused:
 * a precondition or a dry run that is passed over would delete what was to be kept.
 * @throws StatusError 400
 */
export function deleteOptions(request: WireRequest, query: Readonly<Record<string, string>>): DeleteOptions {
  const empty = request.body === undefined || (request.body instanceof Uint8Array && request.body.length === 0);
  const body = empty
    ? {}
    : decodeObjectBody(request.body, request.headers?.['content-type'], 'DeleteOptions', 'v1').value;
  if (!isObject(body)) throw badRequest('the request body must be an object of kind DeleteOptions');
  const { kind } = body;
  if (kind !== undefined && kind !== null && kind !== '' && kind !== 'DeleteOptions') {
    throw unreadable(`no kind ${JSON.stringify(kind)} is known for a delete`);
  }
  return {
    gracePeriodSeconds: integerOf(query, 'gracePeriodSeconds'),
    propagationPolicy: query['propagationPolicy'],
    dryRun: query['dryRun'],
    ...(query['orphanDependents'] === undefined ? {} : { orphanDependents: isTrue(query['orphanDependents']) }),
    ...pick(body, 'gracePeriodSeconds', 'number'),
    ...pick(body, 'propagationPolicy', 'string'),
    ...pick(body, 'orphanDependents', 'boolean'),
    ...dryRunOf(body['dryRun']),
    ...preconditionsOf(body['preconditions']),
  };
}

function unreadable(why: string): StatusError {
  return badRequest(`DeleteOptions in version "v1" cannot be handled as a DeleteOptions: ${why}`);
}

function isGiven(value: Json | undefined): value is Exclude<Json, null> {
  return value !== undefined && value !== null;
}

function pick(body: JsonObject, key: string, type: string): object {
  const value = body[key];
  if (!isGiven(value)) return {};
  if (typeof value === type) return { [key]: value };
  throw unreadable(`${key} must be a ${type}`);
}

function dryRunOf(value: Json | undefined): Pick<DeleteOptions, 'dryRun'> {
  if (!isGiven(value)) return {};
  if (!isList(value) || !value.every((item) => typeof item === 'string')) {
    throw unreadable('dryRun must be a list of strings');
  }
  const dryRun = value.find((item) => item !== 'All') ?? value[0];
  return dryRun === undefined ? {} : { dryRun };
}

function preconditionsOf(value: Json | undefined): Pick<DeleteOptions, 'preconditions'> {
  if (!isGiven(value)) return {};
  if (!isObject(value)) throw unreadable('preconditions must be an object');
  return { preconditions: { ...pick(value, 'uid', 'string'), ...pick(value, 'resourceVersion', 'string') } };
}
