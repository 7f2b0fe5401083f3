import { libraryType } from './cel-bridge.ts';
import { IDENTIFIER_COST, LIST_COST, MAP_COST } from './cel-call-cost.ts';
import { estimateCall } from './cel-call-estimate.ts';
import { type CelDeclared, type CelKind, MAP_KEY } from './cel-declared.ts';
import { DYN, type Estimate, moreTelling, NOWHERE, sizeRange, typeOf } from './cel-estimated.ts';
import { type CelCall, type CelExpression, type CelFold, qualifiedName } from './cel-expression.ts';
import { characterCount } from './cel-runtime-values.ts';
import { exactly, product, type SizeRange, uniteSizes } from './cel-size-range.ts';

/** What an expression over `self` and `oldSelf`, both of the type, costs at most. Infinity where nothing limits it. */
export function estimateCost(expression: CelExpression, self: CelDeclared): number {
  const variable: Estimate = { cost: IDENTIFIER_COST, type: self, place: self };
  const variables = new Map([
    ['self', variable],
    ['oldSelf', variable],
  ]);
  return estimate(expression, { root: self, variables }).cost;
}

type Context = { readonly root: CelDeclared; readonly variables: ReadonlyMap<string, Estimate> };

function estimate(expression: CelExpression, context: Context): Estimate {
  switch (expression.kind) {
    case 'constant':
      return estimateConstant(expression.value);
    case 'identifier':
      return context.variables.get(expression.name) ?? estimateType(context);
    case 'select':
      if (libraryType(qualifiedName(expression) ?? '') !== undefined) return estimateType(context);
      return estimateSelect(estimate(expression.operand, context), expression.field, context);
    case 'has':
      return { cost: estimate(expression.operand, context).cost, type: typeOf('bool') };
    case 'call':
      return estimateAnyCall(expression, context);
    case 'list':
      return estimateList(expression.items.map((item) => estimate(item, context)));
    case 'map':
      return estimateMap(expression.entries.map(([key, value]) => [estimate(key, context), estimate(value, context)]));
    case 'fold':
      return estimateFold(expression, context);
  }
}

function estimateConstant(value: unknown): Estimate {
  if (typeof value === 'string') return { cost: 0, type: typeOf('string'), size: exactly(characterCount(value)) };
  if (value instanceof Uint8Array) return { cost: 0, type: typeOf('bytes'), size: exactly(value.length) };
  const kinds: Readonly<Record<string, CelKind>> = { bigint: 'int', number: 'double', boolean: 'bool' };
  return { cost: 0, type: typeOf(kinds[typeof value] ?? 'dyn'), size: exactly(1) };
}

function estimateType({ root }: Context): Estimate {
  return { cost: IDENTIFIER_COST, type: typeOf('type'), place: root };
}

/**
 * The place where a step leads. cel-go counts steps from the first name on, which is not looked at; so a first step
 * from what is at no place, say the item of a list that a rule made, ends at the root.
 */
function stepFrom(
  place: CelDeclared | undefined,
  { root }: Context,
  step: (from: CelDeclared) => CelDeclared | undefined,
) {
  return place === undefined ? root : (step(place) ?? NOWHERE);
}

function estimateSelect(operand: Estimate, field: string, context: Context): Estimate {
  const { type: of } = operand;
  const cost = operand.cost + (of.kind === 'map' || of.kind === 'object' ? IDENTIFIER_COST : 0);
  const type = (of.kind === 'map' ? of.items : of.fields?.get(field)) ?? DYN;
  return { cost, type, place: stepFrom(operand.place, context, (from) => from.fields?.get(field)) };
}

function estimateList(items: readonly Estimate[]): Estimate {
  const cost = items.reduce((sum, item) => sum + item.cost, LIST_COST);
  return {
    cost,
    type: typeOf('list', items[0]?.type ?? DYN),
    size: exactly(items.length),
    itemSize: unitedSize(items),
  };
}

function estimateMap(entries: readonly (readonly [Estimate, Estimate])[]): Estimate {
  const values = entries.map(([, value]) => value);
  const cost = entries.flat().reduce((sum, { cost }) => sum + cost, MAP_COST);
  return {
    cost,
    type: typeOf('map', values[0]?.type ?? DYN),
    size: exactly(entries.length),
    itemSize: unitedSize(values),
  };
}

function unitedSize(items: readonly Estimate[]): SizeRange {
  return items.length === 0 ? exactly(0) : items.map(sizeRange).reduce(uniteSizes);
}

function estimateAnyCall(call: CelCall, context: Context): Estimate {
  const args = call.args.map((arg) => estimate(arg, context));
  const inner = args.reduce((sum, { cost }) => sum + cost, 0);
  switch (call.function) {
    case '_&&_':
    case '_||_':
      return { cost: inner, type: typeOf('bool') };
    case '_?_:_':
      return estimateConditional(args);
    case '_[_]':
      return estimateIndex(args, inner + 1, context);
    case 'dyn':
      return { ...(args[0] ?? { type: DYN }), cost: inner + 1, type: DYN };
    default: {
      const { cost, ...result } = estimateCall(call.function, args, call.args);
      return { ...result, cost: inner + cost };
    }
  }
}

function estimateConditional(args: readonly Estimate[]): Estimate {
  const [condition, then, otherwise] = args;
  if (condition === undefined || then === undefined || otherwise === undefined) return { cost: 0, type: DYN };
  const itemSize = then.itemSize && otherwise.itemSize && uniteSizes(then.itemSize, otherwise.itemSize);
  return {
    cost: condition.cost + Math.max(then.cost, otherwise.cost),
    type: moreTelling(then.type, otherwise.type),
    size: uniteSizes(sizeRange(then), sizeRange(otherwise)),
    ...(itemSize === undefined ? {} : { itemSize }),
  };
}

function estimateIndex(
  [container = { cost: 0, type: DYN }]: readonly Estimate[],
  cost: number,
  context: Context,
): Estimate {
  const { type, itemSize: size, place } = container;
  return {
    cost,
    type: type.items ?? DYN,
    place: stepFrom(place, context, (from) => from.items),
    ...(size === undefined ? {} : { size }),
  };
}

function estimateFold(fold: CelFold, context: Context): Estimate {
  const range = estimate(fold.range, context);
  const initial = estimate(fold.initial, context);
  const accumulator: Estimate = { ...initial, cost: IDENTIFIER_COST };
  const withAccumulator = { ...context, variables: new Map(context.variables).set(fold.accumulator, accumulator) };
  const variables = new Map(withAccumulator.variables).set(fold.item, itemOf(range, context));
  const step = estimate(fold.step, { ...context, variables });
  const condition = estimate(fold.condition, withAccumulator);
  const result = estimate(fold.result, withAccumulator);
  const times = sizeRange(range);
  const cost = range.cost + initial.cost + result.cost + product(times.max, step.cost + condition.cost);
  if (fold.initial.kind !== 'list') return { cost, type: result.type, ...(initial.size && { size: initial.size }) };
  return { cost, type: step.type, size: times, ...(step.itemSize && { itemSize: step.itemSize }) };
}

/** What a fold's variable stands for: an item of a list, a key of a map. */
function itemOf({ type, place, itemSize }: Estimate, context: Context): Estimate {
  if (type.kind === 'map') {
    return { cost: IDENTIFIER_COST, type: MAP_KEY, place: stepFrom(place, context, () => MAP_KEY) };
  }
  const itemPlace = stepFrom(place, context, (from) => from.items);
  const size = itemPlace === NOWHERE ? itemSize : undefined;
  const item: Estimate = { cost: IDENTIFIER_COST, type: type.items ?? DYN, place: itemPlace };
  return size === undefined ? item : { ...item, size };
}
