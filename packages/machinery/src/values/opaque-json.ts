import type { Json } from './json.ts';

/**
 * Stands for Go's `apiextensions/v1.JSON`, a struct of raw bytes: JSONPath finds no field in it and cannot index or
 * filter it. Results contain it as is; whoever reads them unwraps `value`.
 */
export class OpaqueJson {
  readonly value: Json;

  constructor(value: Json) {
    this.value = value;
  }
}

/**
 * Stands for a nil slice of a Go struct: JSONPath treats it as a list without elements
 * (`array index out of bounds: index 0, length 0`), but its JSON is `null`. Compare by identity.
 */
export const unsetList: readonly never[] = Object.freeze([]);
