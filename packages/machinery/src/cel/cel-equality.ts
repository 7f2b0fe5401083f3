import { callLibrary } from './cel-bridge.ts';
import { celLibrary } from './cel-library.ts';
import type { CelMeter } from './cel-meter.ts';
import { type CelMapValue, CelOptional } from './cel-runtime-values.ts';

const UNITS_PER_VALUE = 4;

/** CEL's equality: numbers are equal across their types, everything else only within its own. */
export function equalValues(left: unknown, right: unknown, meter: CelMeter): boolean {
  meter.spend(UNITS_PER_VALUE);
  if (Array.isArray(left)) return Array.isArray(right) && equalLists(left, right, meter);
  if (left instanceof Map) return right instanceof Map && equalMaps(left, right, meter);
  if (typeof left === 'string' && typeof right === 'string') {
    meter.spend(Math.min(left.length, right.length) / 64);
    return left === right;
  }
  if (left instanceof Uint8Array) return right instanceof Uint8Array && equalBytes(left, right, meter);
  if (left === null || right === null || typeof left === 'boolean') return left === right;
  const numbers = [numeric(left), numeric(right)];
  // oxlint-disable-next-line eqeqeq -- bigint against number
  if (numbers[0] !== undefined || numbers[1] !== undefined) return numbers[0] == numbers[1];
  return equalOpaque(left, right);
}

function equalLists(left: readonly unknown[], right: readonly unknown[], meter: CelMeter): boolean {
  return left.length === right.length && left.every((item, i) => equalValues(item, right[i], meter));
}

function equalMaps(left: CelMapValue, right: CelMapValue, meter: CelMeter): boolean {
  if (left.size !== right.size) return false;
  for (const [key, value] of left) {
    if (!right.has(key) || !equalValues(value, right.get(key), meter)) return false;
  }
  return true;
}

function equalBytes(left: Uint8Array, right: Uint8Array, meter: CelMeter): boolean {
  meter.spend(left.length);
  return left.length === right.length && left.every((byte, i) => byte === right[i]);
}

function numeric(value: unknown): number | bigint | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  return celLibrary().isCelUint(value) ? value.value : undefined;
}

/** Times, spans and types, which only the library can tell apart. */
function equalOpaque(left: unknown, right: unknown): boolean {
  if (left instanceof CelOptional || right instanceof CelOptional) return left === right;
  return callLibrary('_==_', undefined, [left, right]) === true;
}
