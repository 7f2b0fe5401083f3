import type { CelMeter } from './cel-meter.ts';
import { sizeOf } from './cel-runtime-values.ts';

/** What it costs to read a variable, and to make a list or a map. */
export const IDENTIFIER_COST = 1;
export const LIST_COST = 10;
export const MAP_COST = 30;

/** What one unit of cost does: a tenth of it for each character, a quarter for each character of a pattern. */
export const CHARACTER_COST = 0.1;
export const PATTERN_COST = 0.25;

/**
 * What a call costs, in CEL's units. The rules are those of cel-go and of Kubernetes' library of functions
 * (https://kubernetes.io/docs/reference/using-api/cel/#resource-constraints); testdata/cel-costs.json holds
 * what a real server charges.
 */
export function callCost(name: string, args: readonly unknown[], meter: CelMeter): number {
  const rule = RULES[name];
  return rule === undefined ? 1 : rule(args, meter);
}

type Rule = (args: readonly unknown[], meter: CelMeter) => number;

const characters =
  (factor: number): Rule =>
  ([text], meter) =>
    Math.ceil(sizeOf(text, meter) * factor);

/** Comparing takes as long as the shorter one. Numbers and the like have the size 1. */
const compared: Rule = ([left, right], meter) =>
  Math.ceil(Math.min(sizeOf(left, meter), sizeOf(right, meter)) * CHARACTER_COST);

const comparedTexts: Rule = (args, meter) => (isText(args[0]) && isText(args[1]) ? compared(args, meter) : 1);

const added: Rule = ([left, right], meter) =>
  isText(left) && isText(right) ? Math.ceil((sizeOf(left, meter) + sizeOf(right, meter)) * CHARACTER_COST) : 1;

const matched: Rule = ([text, pattern], meter) =>
  Math.ceil((1 + sizeOf(text, meter)) * CHARACTER_COST) * Math.ceil(sizeOf(pattern, meter) * PATTERN_COST);

const contained: Rule = ([text, part], meter) =>
  Math.ceil(sizeOf(text, meter) * CHARACTER_COST) * Math.ceil(sizeOf(part, meter) * CHARACTER_COST);

const searched: Rule = ([, container], meter) => (Array.isArray(container) ? sizeOf(container, meter) : 1);

const traversed: Rule = ([value], meter) => traversalCost(value, meter);

const traversedText: Rule = characters(CHARACTER_COST);
const rewritten: Rule = characters(2 * CHARACTER_COST);

const converted: Rule = (args, meter) => (isText(args[0]) ? traversedText(args, meter) : 1);

const RULES: Readonly<Record<string, Rule>> = {
  startsWith: traversedText,
  endsWith: traversedText,
  format: traversedText,
  'strings.quote': traversedText,
  lowerAscii: traversedText,
  upperAscii: traversedText,
  substring: traversedText,
  trim: traversedText,
  replace: rewritten,
  split: rewritten,
  bytes: (args, meter) => (typeof args[0] === 'string' ? converted(args, meter) : 1),
  string: (args, meter) => (args[0] instanceof Uint8Array ? converted(args, meter) : 1),
  '_==_': compared,
  '_!=_': compared,
  '_<_': comparedTexts,
  '_<=_': comparedTexts,
  '_>_': comparedTexts,
  '_>=_': comparedTexts,
  '_+_': added,
  matches: matched,
  contains: contained,
  '@in': searched,
  join: ([list, separator = ''], meter) => Math.ceil(joinedSize(list, separator, meter) * 2 * CHARACTER_COST),
  sum: traversed,
  min: traversed,
  max: traversed,
  isSorted: traversed,
  indexOf: traversed,
  lastIndexOf: traversed,
};

function isText(value: unknown): boolean {
  return typeof value === 'string' || value instanceof Uint8Array;
}

/** Walks a value as a tree; texts count by the tenth of their bytes. */
function traversalCost(value: unknown, meter: CelMeter): number {
  meter.spend(1);
  if (typeof value === 'string') return Math.floor(Buffer.byteLength(value) * CHARACTER_COST);
  if (value instanceof Uint8Array) return Math.floor(value.length * CHARACTER_COST);
  let cost = 0;
  if (Array.isArray(value)) for (const item of value) cost += traversalCost(item, meter);
  else if (value instanceof Map) {
    for (const [key, item] of value) cost += traversalCost(key, meter) + traversalCost(item, meter);
  } else return 1;
  return cost;
}

/** The characters of a joined list. */
export function joinedSize(list: unknown, separator: unknown, meter: CelMeter): number {
  if (!Array.isArray(list) || list.length === 0) return 0;
  let size = sizeOf(separator, meter) * (list.length - 1);
  for (const item of list) size += sizeOf(item, meter);
  return size;
}
