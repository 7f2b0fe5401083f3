import { libraryType } from './cel-bridge.ts';
import { callCost, IDENTIFIER_COST, LIST_COST, MAP_COST } from './cel-call-cost.ts';
import { constantOf } from './cel-constants.ts';
import { type CelCall, type CelExpression, type CelFold, qualifiedName, RuleError } from './cel-expression.ts';
import { celFunction, isCelFunction } from './cel-functions.ts';
import type { CelMeter } from './cel-meter.ts';
import { CelFailure, mapKey, noOverload } from './cel-runtime-values.ts';

/** The values of all variables, each in its place. Iterations write theirs before they evaluate what reads it. */
type Frame = unknown[];

/**
 * A compiled expression. Gives a value or a {@link CelFailure}; charges each step to the meter before it is taken.
 * @throws CostExceededError or OutOfTimeError from the meter
 */
export type CelEvaluation = (frame: Frame, meter: CelMeter) => unknown;

/** Which place in the frame each variable in scope has, and which is the next that is free. */
type Scope = { readonly places: ReadonlyMap<string, number>; readonly next: number };

const SELECT_COST = 1;

/**
 * Compiles an expression to closures; variables are read from a frame by their place in `variables`.
 * @throws RuleError for names that nothing stands behind.
 */
export function compileEvaluation(expression: CelExpression, variables: readonly string[]): CelEvaluation {
  const places = new Map(variables.map((name, place) => [name, place]));
  return compile(expression, { places, next: variables.length });
}

/**
 * `isPart` tells that the expression is read as a part of another one, a branch or a key: what cel-go charges once for
 * reading a variable or a field of it is then not charged.
 */
function compile(expression: CelExpression, scope: Scope, isPart = false): CelEvaluation {
  const constant = constantOf(expression);
  if (constant !== undefined) return () => constant.value;
  switch (expression.kind) {
    case 'constant':
      return () => expression.value;
    case 'identifier':
      return compileIdentifier(expression.name, scope, isPart);
    case 'select':
      return compileSelect(expression, scope, isPart);
    case 'has':
      return compileHas(expression, scope);
    case 'call':
      return compileCall(expression, scope, isPart);
    case 'list':
      return compileList(expression.items, scope);
    case 'map':
      return compileMap(expression.entries, scope);
    case 'fold':
      return compileFold(expression, scope);
  }
}

/** What reads a variable, or goes on from there. */
function isAttribute(expression: CelExpression): boolean {
  if (expression.kind === 'identifier' || expression.kind === 'select') return true;
  return expression.kind === 'call' && (expression.function === '_[_]' || expression.function === '_?_:_');
}

/** Compiles what a field or an element is read of; what is no variable is charged as if it were one. */
function compileOperand(operand: CelExpression, scope: Scope, isPart: boolean): CelEvaluation {
  if (isAttribute(operand)) return compile(operand, scope, isPart);
  const evaluation = compile(operand, scope);
  return (frame, meter) => {
    if (!isPart) meter.charge(IDENTIFIER_COST);
    return evaluation(frame, meter);
  };
}

function compileIdentifier(name: string, scope: Scope, isPart: boolean): CelEvaluation {
  const place = scope.places.get(name);
  if (place === undefined) {
    const type = libraryType(name);
    if (type === undefined) throw undeclared(name);
    return () => type;
  }
  const cost = isPart ? 0 : IDENTIFIER_COST;
  return (frame, meter) => {
    meter.charge(cost);
    return frame[place];
  };
}

function undeclared(name: string): RuleError {
  return new RuleError(`compilation failed: undeclared reference to '${name}'`);
}

function compileSelect(
  expression: CelExpression & { readonly kind: 'select' },
  scope: Scope,
  isPart: boolean,
): CelEvaluation {
  const name = qualifiedName(expression);
  const type = name === undefined ? undefined : libraryType(name);
  if (type !== undefined) return () => type;
  const operand = compileOperand(expression.operand, scope, isPart);
  const { field } = expression;
  return (frame, meter) => {
    const value = operand(frame, meter);
    if (value instanceof CelFailure) return value;
    meter.charge(SELECT_COST);
    if (!(value instanceof Map)) return noOverload;
    const found: unknown = value.get(field);
    return found === undefined ? new CelFailure(`no such key: ${field}`) : found;
  };
}

/** Asking for a field costs nothing but the way to its object. */
function compileHas({ operand, field }: CelExpression & { readonly kind: 'has' }, scope: Scope): CelEvaluation {
  const object = compile(operand, scope);
  return (frame, meter) => {
    const value = object(frame, meter);
    if (value instanceof CelFailure) return value;
    return value instanceof Map ? value.has(field) : noOverload;
  };
}

function compileCall(call: CelCall, scope: Scope, isPart: boolean): CelEvaluation {
  if (call.function === '_?_:_') return compileConditional(call.args, scope);
  if (call.function === '_[_]') return compileIndex(call.args, scope, isPart);
  const args = call.args.map((arg) => compile(arg, scope));
  switch (call.function) {
    case '_&&_':
      return connective(args, false);
    case '_||_':
      return connective(args, true);
    case '@not_strictly_false':
      return (frame, meter) => {
        meter.charge(1);
        return args[0]?.(frame, meter) !== false;
      };
    default:
      return compileFunction(call, args);
  }
}

function compileFunction(call: CelCall, args: readonly CelEvaluation[]): CelEvaluation {
  const { function: name, isMethod } = call;
  if (!isCelFunction(name)) throw undeclared(name);
  const run = celFunction(name, isMethod);
  // cel-go looks into a constant list by a table.
  const isFree = name === '@in' && call.args[1]?.kind === 'list' && constantOf(call.args[1]) !== undefined;
  return (frame, meter) => {
    const values: unknown[] = [];
    for (const arg of args) {
      const value = arg(frame, meter);
      if (value instanceof CelFailure) {
        meter.charge(1);
        return value;
      }
      values.push(value);
    }
    meter.charge(isFree ? 0 : callCost(name, values, meter));
    try {
      return run(values, meter);
    } catch (error) {
      if (error instanceof TypeError) return noOverload; // an operator of JavaScript on values of two types
      throw error;
    }
  };
}

/** `&&` and `||`: an operand that decides does so whatever errors the others are. */
function connective(operands: readonly CelEvaluation[], decisive: boolean): CelEvaluation {
  return (frame, meter) => {
    let failure: CelFailure | undefined;
    for (const operand of operands) {
      const value = operand(frame, meter);
      if (value === decisive) return decisive;
      if (value !== !decisive) failure ??= value instanceof CelFailure ? value : noOverload;
    }
    return failure ?? !decisive;
  };
}

function compileConditional(args: readonly CelExpression[], scope: Scope): CelEvaluation {
  const [condition, then, otherwise] = args.map((arg, i) => compile(arg, scope, i > 0));
  return (frame, meter) => {
    const value = condition?.(frame, meter);
    if (value === true) return then?.(frame, meter);
    if (value === false) return otherwise?.(frame, meter);
    return value instanceof CelFailure ? value : noOverload;
  };
}

function compileIndex([container, at]: readonly CelExpression[], scope: Scope, isPart: boolean): CelEvaluation {
  if (container === undefined || at === undefined) return () => noOverload;
  const operand = compileOperand(container, scope, isPart);
  const key = compile(at, scope, isAttribute(at));
  return (frame, meter) => {
    const container = operand(frame, meter);
    if (container instanceof CelFailure) return container;
    const at = key(frame, meter);
    if (at instanceof CelFailure) return at;
    meter.charge(SELECT_COST);
    return elementOf(container, at);
  };
}

function elementOf(container: unknown, at: unknown): unknown {
  const key = mapKey(at);
  if (container instanceof Map) {
    const found: unknown = key === undefined ? undefined : container.get(key);
    return found === undefined ? new CelFailure(`no such key: ${String(key)}`) : found;
  }
  if (!Array.isArray(container) || typeof key !== 'bigint') return noOverload;
  const isThere = key >= 0n && key < BigInt(container.length);
  return isThere ? (container[Number(key)] as unknown) : new CelFailure(`index out of bounds: ${key}`);
}

function compileList(items: readonly CelExpression[], scope: Scope): CelEvaluation {
  const evaluations = items.map((item) => compile(item, scope));
  return (frame, meter) => {
    const list: unknown[] = [];
    for (const evaluation of evaluations) {
      const value = evaluation(frame, meter);
      if (value instanceof CelFailure) return value;
      list.push(value);
    }
    meter.charge(LIST_COST);
    meter.allocate(list.length);
    return list;
  };
}

function compileMap(entries: readonly (readonly [CelExpression, CelExpression])[], scope: Scope): CelEvaluation {
  const evaluations = entries.map(([key, value]) => [compile(key, scope), compile(value, scope)] as const);
  return (frame, meter) => {
    const map = new Map<unknown, unknown>();
    for (const [keyOf, valueOf] of evaluations) {
      const keyValue = keyOf(frame, meter);
      if (keyValue instanceof CelFailure) return keyValue;
      const value = valueOf(frame, meter);
      if (value instanceof CelFailure) return value;
      const key = mapKey(keyValue);
      if (key === undefined) return new CelFailure('unsupported key type');
      if (map.has(key)) return new CelFailure(`Failed with repeated key`);
      map.set(key, value);
    }
    meter.charge(MAP_COST);
    meter.allocate(map.size);
    return map;
  };
}

function compileFold(fold: CelFold, outer: Scope): CelEvaluation {
  const range = compile(fold.range, outer);
  const around = withVariable(outer, fold.accumulator);
  const run = compileAppend(fold, around) ?? compileLoop(fold, around);
  return (frame, meter) => {
    const items = range(frame, meter);
    if (items instanceof CelFailure) return items;
    if (Array.isArray(items)) return run(items, frame, meter);
    return items instanceof Map ? run(items.keys(), frame, meter) : noOverload;
  };
}

/** A scope with one variable more, in the place that was free. */
function withVariable({ places, next }: Scope, name: string): Scope {
  return { places: new Map(places).set(name, next), next: next + 1 };
}

type Loop = (items: Iterable<unknown>, frame: Frame, meter: CelMeter) => unknown;

/** Any fold: the accumulator's value goes through the step for each item. `around` has the accumulator, the step the item. */
function compileLoop(fold: CelFold, around: Scope): Loop {
  const place = around.next;
  const accumulator = place - 1;
  const inner = withVariable(around, fold.item);
  const initial = compile(fold.initial, inner);
  const condition = compile(fold.condition, around);
  const step = compile(fold.step, inner);
  const result = compile(fold.result, around);
  return (items, frame, meter) => {
    frame[accumulator] = initial(frame, meter);
    for (const item of items) {
      if (condition(frame, meter) !== true) break;
      frame[place] = item;
      frame[accumulator] = step(frame, meter);
    }
    return result(frame, meter);
  };
}

/**
 * `map` and `filter`: the step adds one item to a list, which nothing else can name. Adding in place makes linear
 * what copying would make quadratic. Undefined for other folds.
 */
function compileAppend(fold: CelFold, around: Scope): Loop | undefined {
  const { test, added } = appended(fold) ?? {};
  if (added === undefined) return undefined;
  const place = around.next;
  const inner = withVariable(around, fold.item);
  const isWanted = test === undefined ? undefined : compile(test, inner);
  const make = compile(added, inner);
  return (items, frame, meter) => {
    const list: unknown[] = [];
    for (const item of items) {
      frame[place] = item;
      const wanted = isWanted === undefined ? true : isWanted(frame, meter);
      if (wanted !== true && wanted !== false) return wanted instanceof CelFailure ? wanted : noOverload;
      meter.charge(0);
      if (!wanted) continue;
      const value = make(frame, meter);
      if (value instanceof CelFailure) return value;
      meter.charge(IDENTIFIER_COST + LIST_COST + 1);
      meter.allocate(1);
      list.push(value);
    }
    meter.charge(IDENTIFIER_COST);
    return list;
  };
}

/** What a fold of the form `accumulator + [added]`, or that under a condition, adds. */
function appended(fold: CelFold): { readonly test?: CelExpression; readonly added: CelExpression } | undefined {
  const { step, accumulator, initial } = fold;
  if (initial.kind !== 'list' || step.kind !== 'call') return undefined;
  if (step.function === '_?_:_') {
    const [test, then] = step.args;
    const inner = then?.kind === 'call' ? appended({ ...fold, step: then }) : undefined;
    return inner === undefined || test === undefined ? undefined : { ...inner, test };
  }
  const [list, items] = step.args;
  const isAppend =
    step.function === '_+_' && list?.kind === 'identifier' && list.name === accumulator && items?.kind === 'list';
  const added = isAppend ? items.items[0] : undefined;
  return added === undefined ? undefined : { added };
}
