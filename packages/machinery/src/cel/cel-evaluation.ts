import { libraryType } from './cel-bridge.ts';
import { callCost, IDENTIFIER_COST, LIST_COST, MAP_COST } from './cel-call-cost.ts';
import { constantOf } from './cel-constants.ts';
import { type CelCall, type CelExpression, qualifiedName, RuleError } from './cel-expression.ts';
import { compileFold } from './cel-folds.ts';
import { celFunction, isCelFunction } from './cel-functions.ts';
import { CelFailure, mapKey, noOverload } from './cel-runtime-values.ts';
import { type CelEvaluation, type Scope, withVariable } from './cel-scope.ts';

const SELECT_COST = 1;

/**
 * Compiles an expression to closures; variables are read from a frame by their place in `variables`.
 * @throws RuleError for names that nothing stands behind.
 */
export function compileEvaluation(expression: CelExpression, variables: readonly string[]): CelEvaluation {
  return compile(expression, variables.reduce(withVariable, { places: new Map(), next: 0 }));
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
      return compileFold(expression, scope, compile);
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
