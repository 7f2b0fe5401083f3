import { compilePattern, PatternError } from '../text/schema-pattern.ts';
import { callLibrary, libraryFunction } from './cel-bridge.ts';
import { joinedSize } from './cel-call-cost.ts';
import { equalValues } from './cel-equality.ts';
import type { CelMeter } from './cel-meter.ts';
import { CelFailure, CelOptional, characterCount, mapKey, noOverload } from './cel-runtime-values.ts';

/**
 * A function on CEL values; what it gives is a value or a {@link CelFailure}. The target of a method comes first. What
 * it does besides its cost, it announces to the meter before.
 */
type CelFunction = (args: readonly unknown[], meter: CelMeter) => unknown;

/** Whether there is a function, method or operator of this name. */
export function isCelFunction(name: string): boolean {
  return Object.hasOwn(OWN, name) || libraryFunction(name) !== undefined;
}

/** The function of a name, for calls of one form. */
export function celFunction(name: string, isMethod: boolean): CelFunction {
  const library: CelFunction = isMethod
    ? ([target, ...args]) => callLibrary(name, target, args)
    : (args) => callLibrary(name, undefined, args);
  const own = OWN[name];
  if (own === undefined) return library;
  // What it does not take itself is the library's.
  return (args, meter) => {
    const result = own(args, meter);
    return result === undefined ? library(args, meter) : result;
  };
}

type Comparison = (left: never, right: never) => boolean;

/** Comparisons of two values of one simple type, the most frequent of all calls. */
const comparison =
  (compare: Comparison): CelFunction =>
  ([left, right], meter) => {
    const type = typeof left;
    if (type !== typeof right || (type !== 'bigint' && type !== 'number' && type !== 'string')) return undefined;
    if (type === 'string') meter.spend((left as string).length / 64);
    return compare(left as never, right as never);
  };

/**
 * What is not the library's: what must count its work item by item, what the library does in more than linear time,
 * and what Kubernetes adds. Undefined means that the arguments are not of the kind that is done here.
 */
const OWN: Readonly<Record<string, CelFunction>> = {
  '_==_': ([left, right], meter) => equalValues(left, right, meter),
  '_!=_': ([left, right], meter) => !equalValues(left, right, meter),
  '_<_': comparison((left, right) => left < right),
  '_<=_': comparison((left, right) => left <= right),
  '_>_': comparison((left, right) => left > right),
  '_>=_': comparison((left, right) => left >= right),
  '_+_': add,
  '@in': isIn,
  size: ([value], meter) => {
    if (typeof value !== 'string') return Array.isArray(value) ? BigInt(value.length) : undefined;
    meter.spend(value.length / 16);
    return BigInt(characterCount(value));
  },
  matches: matches,
  contains: ([text, part], meter) => search(text, part, meter),
  replace: replace,
  split: ([text, separator], meter) => search(text, separator, meter, 1),
  join: ([list, separator = ''], meter) => {
    meter.allocate(joinedSize(list, separator, meter));
    return undefined;
  },
  format: ([, values], meter) => {
    meter.allocate(treeSize(values, meter));
    return undefined;
  },
  int: ([value]) => (typeof value === 'string' ? integerOf(value) : undefined),
  uint: ([value]) => (typeof value === 'string' ? integerOf(value) : undefined),
  sum: ([list]) => (Array.isArray(list) ? sum(list) : undefined),
  min: ([list]) => (Array.isArray(list) ? extreme(list, (left, right) => left < right) : undefined),
  max: ([list]) => (Array.isArray(list) ? extreme(list, (left, right) => left > right) : undefined),
  isSorted: ([list]) => (Array.isArray(list) ? list.every((item, i) => i === 0 || list[i - 1] <= item) : undefined),
  indexOf: ([of, item], meter) =>
    Array.isArray(of) ? BigInt(of.findIndex((each) => equalValues(each, item, meter))) : search(of, item, meter),
  lastIndexOf: ([of, item], meter) =>
    Array.isArray(of) ? BigInt(of.findLastIndex((each) => equalValues(each, item, meter))) : search(of, item, meter),
  hasValue: ([optional]) => (optional instanceof CelOptional ? optional.value !== undefined : undefined),
  value: ([optional]) => {
    if (!(optional instanceof CelOptional)) return undefined;
    return optional.value === undefined ? new CelFailure('optional.none() dereference') : optional.value;
  },
  orValue: ([optional, other]) =>
    optional instanceof CelOptional ? (optional.value === undefined ? other : optional.value) : undefined,
};

/** Lists are copied: a chain of parts, as the library has it, would be walked again at each look. */
function add([left, right]: readonly unknown[], meter: CelMeter): unknown {
  if (!Array.isArray(left) || !Array.isArray(right)) return undefined;
  meter.allocate(left.length + right.length);
  return [...(left as unknown[]), ...(right as unknown[])];
}

function isIn([item, container]: readonly unknown[], meter: CelMeter): unknown {
  if (Array.isArray(container)) return container.some((each) => equalValues(each, item, meter));
  if (!(container instanceof Map)) return undefined;
  const key = mapKey(item);
  return key === undefined ? noOverload : container.has(key);
}

function matches([text, pattern]: readonly unknown[], meter: CelMeter): unknown {
  if (typeof text !== 'string' || typeof pattern !== 'string') return undefined;
  try {
    return patternOf(pattern, meter).matches(text, meter);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    return new CelFailure(error.message);
  }
}

const MAX_PATTERNS = 64;
const patterns = new Map<string, ReturnType<typeof compilePattern>>();

/** Patterns are mostly constants of rules; those that objects bring are dropped again. */
function patternOf(pattern: string, meter: CelMeter): ReturnType<typeof compilePattern> {
  const known = patterns.get(pattern);
  if (known !== undefined) return known;
  meter.spend(pattern.length * 100);
  const compiled = compilePattern(pattern);
  if (patterns.size >= MAX_PATTERNS) patterns.clear();
  patterns.set(pattern, compiled);
  return compiled;
}

/** Announces the worst case of a search, which JavaScript does in the product of both lengths. */
function search(text: unknown, part: unknown, meter: CelMeter, itemsPerCharacter = 0): undefined {
  if (typeof text !== 'string' || typeof part !== 'string') return;
  meter.spend((text.length * Math.min(part.length, Math.abs(text.length - part.length) + 1)) / 16);
  meter.allocate(text.length * itemsPerCharacter);
}

function replace([text, from, to, count]: readonly unknown[], meter: CelMeter): unknown {
  if (typeof text !== 'string' || typeof from !== 'string' || typeof to !== 'string') return undefined;
  if (count !== undefined && typeof count !== 'bigint') return undefined;
  search(text, from, meter);
  // An empty text is found before each character, and at the end.
  const parts = from === '' ? ['', ...Array.from(text), ''] : text.split(from);
  const found = parts.length - 1;
  const replaced = count === undefined || count < 0n ? found : Math.min(found, Number(count));
  meter.allocate(text.length + replaced * to.length);
  const head = parts.slice(0, replaced + 1).join(to);
  return replaced === found ? head : [head, ...parts.slice(replaced + 1)].join(from);
}

/** The characters and items of a value when it is written out. Shared parts count each time. */
function treeSize(value: unknown, meter: CelMeter): number {
  meter.spend(4);
  if (typeof value === 'string') return value.length;
  let size = 8;
  if (Array.isArray(value)) for (const item of value) size += treeSize(item, meter);
  else if (value instanceof Map) for (const [key, item] of value) size += treeSize(key, meter) + treeSize(item, meter);
  else if (value instanceof Uint8Array) size += 2 * value.length;
  return size;
}

/** Longer numbers than any integer take JavaScript more than linear time to read. */
function integerOf(text: string): undefined | CelFailure {
  return text.length > 64 ? new CelFailure('value out of range') : undefined;
}

type Summand = bigint & number;

function sum(list: readonly unknown[]): unknown {
  const [first = 0n, ...rest] = list as readonly Summand[];
  return rest.reduce((total, item) => (total + item) as Summand, first as Summand);
}

function extreme(list: readonly unknown[], isBetter: (left: Summand, right: Summand) => boolean): unknown {
  const [first, ...rest] = list as readonly Summand[];
  if (first === undefined) return new CelFailure('min/max called on empty list');
  return rest.reduce((best, item) => (isBetter(item, best) ? item : best), first);
}
