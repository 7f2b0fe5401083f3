import { CHARACTER_COST, PATTERN_COST } from './cel-call-cost.ts';
import type { CelKind } from './cel-declared.ts';
import { DYN, type Estimate, moreTelling, sizeRange, typeOf } from './cel-estimated.ts';
import type { CelExpression } from './cel-expression.ts';
import {
  addSizes,
  atMost,
  exactly,
  multiplySizes,
  product,
  type SizeRange,
  UNKNOWN_SIZE,
  uniteSizes,
} from './cel-size-range.ts';

/**
 * What a call of a function or method gives, and what it costs at most besides its arguments. The target of a method
 * is its first argument.
 */
export function estimateCall(name: string, args: readonly Estimate[], expressions: readonly CelExpression[]): Estimate {
  const [first = NOTHING, second = NOTHING] = args;
  const rule = RULES[name];
  if (rule !== undefined) return rule([first, second, ...args.slice(2)], expressions);
  return { cost: 1, type: typeOf(RESULTS[name] ?? 'bool') };
}

const NOTHING: Estimate = { cost: 0, type: DYN, size: exactly(0) };

type Arguments = readonly [Estimate, Estimate, ...Estimate[]];
type Rule = (args: Arguments, expressions: readonly CelExpression[]) => Estimate;

/** What functions give whose cost is 1; the others give a bool. */
const RESULTS: Readonly<Record<string, CelKind>> = {
  '-_': 'int',
  '_-_': 'int',
  '_*_': 'int',
  '_/_': 'int',
  '_%_': 'int',
  size: 'int',
  int: 'int',
  uint: 'int',
  double: 'double',
  duration: 'duration',
  timestamp: 'timestamp',
  type: 'type',
  charAt: 'string',
  value: 'dyn',
  orValue: 'dyn',
  ...Object.fromEntries(
    [
      'FullYear',
      'Month',
      'Date',
      'DayOfMonth',
      'DayOfWeek',
      'DayOfYear',
      'Hours',
      'Minutes',
      'Seconds',
      'Milliseconds',
    ].map((part) => [`get${part}`, 'int' as const]),
  ),
};

function scaled(size: SizeRange, factor: number): number {
  return Math.ceil(size.max * factor);
}

/** A text that is walked once, and gives one that is not longer. */
const traversed: Rule = ([text]) => {
  const size = sizeRange(text);
  return { cost: scaled(size, CHARACTER_COST), type: typeOf('string'), size };
};

/** `startsWith` and `endsWith` look at no more than the part. */
const prefixed: Rule = ([, part]) => ({ cost: scaled(sizeRange(part), CHARACTER_COST), type: typeOf('bool') });

const matched: Rule = ([text, pattern]) => {
  const characters = scaled(addSizes(sizeRange(text), exactly(1)), CHARACTER_COST);
  return { cost: product(characters, scaled(sizeRange(pattern), PATTERN_COST)), type: typeOf('bool') };
};

const contained: Rule = ([text, part]) => {
  const cost = product(scaled(sizeRange(text), CHARACTER_COST), scaled(sizeRange(part), CHARACTER_COST));
  return { cost, type: typeOf('bool') };
};

/** Comparing takes as long as the shorter one. */
const compared: Rule = ([left, right]) => {
  const cost = Math.ceil(Math.min(sizeRange(left).max, sizeRange(right).max) * CHARACTER_COST);
  return { cost, type: typeOf('bool') };
};

/** Numbers and times are compared at once; what may be a text is taken for one. */
const ordered: Rule = (args, expressions) => {
  const [left, right] = args.map(({ type }) => type.kind);
  const mayBeTexts = [left, right].every((kind) => kind === 'string' || kind === 'bytes' || kind === 'dyn');
  if (!mayBeTexts) return { cost: 1, type: typeOf('bool') };
  const { cost, type } = compared(args, expressions);
  return { cost: left === 'dyn' || right === 'dyn' ? Math.max(cost, 1) : cost, type };
};

const added: Rule = ([left, right]) => {
  const type = moreTelling(left.type, right.type);
  const size = addSizes(sizeRange(left), sizeRange(right));
  const kinds = [left.type.kind, right.type.kind];
  if (kinds.includes('list')) {
    const itemSize = left.itemSize && right.itemSize && uniteSizes(left.itemSize, right.itemSize);
    return { cost: 1, type, size, ...(itemSize === undefined ? {} : { itemSize }) };
  }
  const areTexts = kinds.every((kind) => kind === 'string' || kind === 'bytes' || kind === 'dyn');
  return areTexts ? { cost: scaled(size, CHARACTER_COST), type, size } : { cost: 1, type };
};

const searched: Rule = ([, container]) => {
  const cost = container.type.kind === 'map' ? 1 : sizeRange(container).max;
  return { cost, type: typeOf('bool') };
};

/** The size of the items of a list; undefined for what is no list. */
function itemRange({ type, place }: Estimate): SizeRange | undefined {
  if (type.kind !== 'list') return undefined;
  return place?.items === undefined ? UNKNOWN_SIZE : atMost(place.items.maxElements);
}

/** Looking at each item once; texts are looked at character by character. */
const walked =
  (result: CelKind | 'item'): Rule =>
  ([target]) => {
    const items = itemRange(target);
    const type = result === 'item' ? (target.type.items ?? DYN) : typeOf(result);
    if (items === undefined) return { cost: scaled(sizeRange(target), CHARACTER_COST), type };
    const kind = target.type.items?.kind;
    const perItem = 1 + (kind === 'string' || kind === 'bytes' ? scaled(items, CHARACTER_COST) : 0);
    return { cost: product(sizeRange(target).max, perItem), type };
  };

const split: Rule = ([text], expressions) => {
  const size = sizeRange(text);
  const count = expressions[2];
  const most = count?.kind === 'constant' && typeof count.value === 'bigint' ? Number(count.value) : size.max;
  return {
    cost: scaled(size, 2 * CHARACTER_COST),
    type: typeOf('list', typeOf('string')),
    size: atMost(most < 0 ? Infinity : most),
  };
};

const joined: Rule = ([list, separator]) => {
  const length = sizeRange(list);
  const gaps = { min: Math.max(0, length.min - 1), max: Math.max(0, length.max - 1) };
  const items = multiplySizes(length, itemRange(list) ?? exactly(0));
  const size = addSizes(items, multiplySizes(sizeRange(separator), gaps));
  return { cost: scaled(size, CHARACTER_COST), type: typeOf('string'), size };
};

const replaced: Rule = ([text, from, to]) => {
  const size = sizeRange(text);
  const result = replacedSize(size, sizeRange(from), to === undefined ? UNKNOWN_SIZE : sizeRange(to));
  return { cost: scaled(size, 2 * CHARACTER_COST), type: typeOf('string'), size: result };
};

/** The shortest part is replaced by the longest text as often as it fits, for the longest; the other way for the shortest. */
function replacedSize(text: SizeRange, from: SizeRange, to: SizeRange): SizeRange {
  const bound = (length: number, part: number, by: number, staysAsItIs: boolean): number => {
    if (part === 0) return length + product(length + 1, by);
    return staysAsItIs ? length : product(Math.ceil(length / part), by);
  };
  return {
    min: bound(text.min, from.max, to.min, from.max <= to.min),
    max: bound(text.max, from.min, to.max, to.max <= from.min),
  };
}

const RULES: Readonly<Record<string, Rule>> = {
  startsWith: prefixed,
  endsWith: prefixed,
  matches: matched,
  contains: contained,
  '_==_': compared,
  '_!=_': compared,
  '_<_': ordered,
  '_<=_': ordered,
  '_>_': ordered,
  '_>=_': ordered,
  '_+_': added,
  '@in': searched,
  isSorted: walked('bool'),
  sum: walked('item'),
  min: walked('item'),
  max: walked('item'),
  indexOf: walked('int'),
  lastIndexOf: walked('int'),
  lowerAscii: traversed,
  upperAscii: traversed,
  substring: traversed,
  trim: traversed,
  replace: replaced,
  split: split,
  join: joined,
  format: ([text]) => ({ cost: scaled(sizeRange(text), CHARACTER_COST), type: typeOf('string') }),
  bytes: ([text]) => {
    if (text.type.kind !== 'string') return { cost: 1, type: typeOf('bytes') };
    const size = sizeRange(text);
    return { cost: scaled(size, CHARACTER_COST), type: typeOf('bytes'), size: { min: size.min, max: size.max * 4 } };
  },
  string: ([value]) => {
    if (value.type.kind !== 'bytes') return { cost: 1, type: typeOf('string') };
    const size = sizeRange(value);
    return { cost: scaled(size, CHARACTER_COST), type: typeOf('string'), size: { min: size.min / 4, max: size.max } };
  },
  'strings.quote': ([text]) => {
    const { min, max } = sizeRange(text);
    return { cost: Math.ceil(max * CHARACTER_COST), type: typeOf('string'), size: { min: min + 2, max: max * 2 + 2 } };
  },
};
