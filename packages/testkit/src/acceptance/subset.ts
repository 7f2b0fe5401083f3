import type { Json } from '@cartographer/machinery';
import { deepEqual, getKey, isList, isObject } from '@cartographer/machinery';

/** Where a value is not what was expected. */
export type Mismatch = { readonly at: string; readonly expected: Json; readonly actual: Json | undefined };

/**
 * The first place where a value lacks something that is expected, or undefined: every given field must be there, fields
 * that are not given may be anything, lists must be of the same length and match item by item, as kuttl has it.
 */
export function firstMismatch(expected: Json, actual: Json | undefined, at = ''): Mismatch | undefined {
  if (isObject(expected) && isObject(actual)) {
    for (const key of Object.keys(expected)) {
      const found = firstMismatch(getKey(expected, key) ?? null, getKey(actual, key), `${at}.${key}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (isList(expected) && isList(actual) && expected.length === actual.length) {
    for (const [index, item] of expected.entries()) {
      const found = firstMismatch(item, actual[index], `${at}[${index}]`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  return deepEqual(expected, actual) ? undefined : { at, expected, actual };
}
