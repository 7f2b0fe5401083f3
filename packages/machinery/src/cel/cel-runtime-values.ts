import { celLibrary } from './cel-library.ts';
import type { CelMeter } from './cel-meter.ts';

/** An error of an expression. It is a value: `true || error` is true. */
export class CelFailure {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** A function or operator that does not take what it was given. */
export const noOverload = new CelFailure('no such overload');

/** The value of `oldSelf` in rules with `optionalOldSelf`. */
export class CelOptional {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

/** A CEL map: keys are texts, integers (`bigint`) or booleans. */
export type CelMapValue = ReadonlyMap<unknown, unknown>;

/** The key under which a map holds a value; undefined for what cannot be a key. Numbers are equal across their types. */
export function mapKey(value: unknown): string | bigint | boolean | undefined {
  if (typeof value === 'string' || typeof value === 'bigint' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : undefined;
  return celLibrary().isCelUint(value) ? value.value : undefined;
}

const SURROGATE = /[\ud800-\udbff]/;

/** The number of characters, as CEL counts them. */
export function characterCount(text: string): number {
  if (!SURROGATE.test(text)) return text.length;
  let count = text.length;
  for (let i = 0; i < text.length - 1; i += 1) if ((text.codePointAt(i) ?? 0) > 0xffff) count -= 1;
  return count;
}

/** What CEL's `size` gives, and 1 for what has no size: the measure by which work on a value is charged. */
export function sizeOf(value: unknown, meter: CelMeter): number {
  if (typeof value === 'string') {
    meter.spend(value.length / 16);
    return characterCount(value);
  }
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length;
  if (value instanceof Map) return value.size;
  return value instanceof CelOptional && value.value !== undefined ? sizeOf(value.value, meter) : 1;
}
