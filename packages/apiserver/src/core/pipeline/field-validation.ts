import { canonicalJson, failure, type JsonObject } from '@cartographer/machinery';

import type { Caller, WriteOptions } from '../../core-api.ts';
import { badRequest, StatusError } from '../../status-error.ts';
import type { ServedResource } from '../served-resource.ts';
import type { Decoded } from '../typed/decode.ts';
import { DecodeError } from '../typed/decode-scalar.ts';

const WARNING_LIMIT = 50;
const QUOTE_LIMIT = 4_000;

/** Decodes a body of this resource's version; wrong types are answered with 400. */
export function decodeBody(resource: ServedResource, body: JsonObject): Decoded {
  return orBadRequest(resource, () => resource.rules.decode(body));
}

/** Brings an object in the stored shape into its normal form: quantities, nulls, unknown fields. */
export function normalize(resource: ServedResource, object: JsonObject): JsonObject {
  return orBadRequest(resource, () => resource.rules.decodeStored(object)).object;
}

function orBadRequest(resource: ServedResource, decode: () => Decoded): Decoded {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw badRequest(cannotBeHandled(resource, error.message));
  }
}

function cannotBeHandled({ kind, version }: ServedResource, why: string): string {
  return `${kind} in version "${version}" cannot be handled as a ${kind}: ${why}`;
}

/**
 * Reports unknown and duplicate fields as fieldValidation asks: refused, warned about or let pass.
 * A patch is refused with 422 that quotes the patched object, everything else with 400.
 */
export function reportFields(
  resource: ServedResource,
  unknown: readonly string[],
  options: WriteOptions,
  caller: Caller,
  patched?: JsonObject,
): void {
  const mode = options.fieldValidation ?? 'Warn';
  const duplicates = options.duplicateFields ?? [];
  if (mode === 'Ignore' || unknown.length + duplicates.length === 0) return;
  const texts = [
    ...duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`),
    ...unknown.map((path) => `unknown field ${JSON.stringify(path)}`),
  ];
  if (mode !== 'Strict') {
    caller.warnings.push(...texts.slice(0, WARNING_LIMIT));
    return;
  }
  const why = `strict decoding error: ${texts.join(', ')}`;
  throw patched === undefined ? badRequest(cannotBeHandled(resource, why)) : invalidPatch(patched, why);
}

/** 422 that quotes the patched object, as a real server answers when a patch cannot be decoded strictly. */
function invalidPatch(patched: JsonObject, why: string): StatusError {
  const text = canonicalJson(patched);
  const quoted = JSON.stringify(text.length > QUOTE_LIMIT ? `${text.slice(0, QUOTE_LIMIT)}…` : text);
  const message = `Invalid value: ${quoted}: ${why}`;
  const causes = [{ reason: 'FieldValueInvalid', message, field: 'patch' }];
  return new StatusError(failure(422, 'Invalid', ` "" is invalid: patch: ${message}`, { causes }));
}
