import { getKey, isObject, type JsonObject, jsonTextNestsTooDeep, messageOf, textAt } from '@cartographer/machinery';
import type { Bill } from './bill.ts';
import { BillError } from './bill-error.ts';
import { readCycloneDx } from './cyclonedx-read.ts';
import { readSpdx } from './spdx-read.ts';

/** What a text may have at most to be read as a bill. */
export type BillLimits = {
  /** Characters, or bytes where bytes are given. */
  readonly length: number;
  /** Components or packages, nested ones counted. */
  readonly components: number;
  /** Levels of JSON; a component in a component is two. */
  readonly nesting: number;
};

/** Beyond any real bill: the largest images have some thousand packages, in some ten megabytes. */
export const BILL_LIMITS: BillLimits = { length: 128 * 1024 * 1024, components: 250_000, nesting: 200 };

/**
 * Reads a bill of material: CycloneDX 1.2 to 1.7 or SPDX 2.2 and 2.3, as JSON, or an in-toto statement about one.
 * What of it cannot be read is named in `unread`; a hostile package URL is one of these.
 * @throws BillError when the text as a whole is no such bill, or is beyond the limits.
 */
export function readBill(content: string | Uint8Array, limits: BillLimits = BILL_LIMITS): Bill {
  if (content.length > limits.length) throw new BillError(`is longer than ${limits.length} characters`);
  const document = parsed(textOf(content), limits);
  const predicate = getKey(document, 'predicate');
  return readDocument(textAt(document, 'predicateType') !== '' && isObject(predicate) ? predicate : document, limits);
}

function readDocument(document: JsonObject, limits: BillLimits): Bill {
  if (textAt(document, 'bomFormat') === 'CycloneDX') return readCycloneDx(document, limits.components);
  if (textAt(document, 'spdxVersion') !== '') return readSpdx(document, limits.components);
  if (getKey(document, '@context') !== undefined) throw new BillError('is SPDX 3, which is not read: 2.2 and 2.3 are');
  throw new BillError('is neither CycloneDX nor SPDX: there is no bomFormat "CycloneDX" and no spdxVersion');
}

function textOf(content: string | Uint8Array): string {
  if (typeof content === 'string') return content.replace(/^\uFEFF/, '');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    throw new BillError('is not UTF-8');
  }
}

function parsed(text: string, limits: BillLimits): JsonObject {
  if (/^\s*</.test(text)) throw new BillError('is XML: bills are read as JSON only');
  if (/^\s*SPDXVersion:/.test(text)) throw new BillError('is SPDX of tags and values: bills are read as JSON only');
  if (jsonTextNestsTooDeep(text, limits.nesting)) throw new BillError(`nests more than ${limits.nesting} levels deep`);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new BillError(`is not JSON: ${messageOf(error)}`);
  }
  if (!isObject(document)) throw new BillError('is not a JSON object');
  return document;
}
