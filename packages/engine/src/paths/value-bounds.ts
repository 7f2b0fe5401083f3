import type { Json } from '@cartographer/machinery';
import { getKey, isList, isObject } from '@cartographer/machinery';

/** Deeper values would exhaust the stack; no real object comes near. */
const DEEPEST = 500;
/** An API server takes 3 MiB and etcd half of that; what is larger need not be built to be refused. */
export const LARGEST_BYTES = 8 * 1024 * 1024;
const NODE_BYTES = 8;

/**
 * What is wrong with the size of a value, or undefined. Parts that a value holds many times count each time, and the
 * count stops at the limit: a template that multiplies its input costs no more than the limit.
 */
export function boundsFault(value: Json | undefined): string | undefined {
  const left = measure(value, LARGEST_BYTES, DEEPEST);
  if (left === 'deep') return `the value is nested more than ${DEEPEST} levels deep`;
  return left < 0 ? `the value is larger than ${LARGEST_BYTES} bytes` : undefined;
}

/** The budget that is left after a value; negative as soon as it is spent. */
function measure(value: Json | undefined, budget: number, depth: number): number | 'deep' {
  if (typeof value === 'string') return budget - value.length - NODE_BYTES;
  if (typeof value !== 'object' || value === null) return budget - NODE_BYTES;
  if (depth === 0) return 'deep';
  let left = budget - NODE_BYTES;
  const keys = isList(value) ? value.keys() : Object.keys(value);
  for (const key of keys) {
    const item = isList(value) ? value[Number(key)] : isObject(value) ? getKey(value, String(key)) : undefined;
    const rest = measure(item, typeof key === 'string' ? left - key.length : left, depth - 1);
    if (rest === 'deep' || rest < 0) return rest;
    left = rest;
  }
  return left;
}
