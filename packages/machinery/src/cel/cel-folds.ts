import { IDENTIFIER_COST, LIST_COST } from './cel-call-cost.ts';
import type { CelExpression, CelFold } from './cel-expression.ts';
import type { CelMeter } from './cel-meter.ts';
import { CelFailure, noOverload } from './cel-runtime-values.ts';
import { type CelEvaluation, type Frame, type Scope, withVariable } from './cel-scope.ts';

type Compile = (expression: CelExpression, scope: Scope) => CelEvaluation;

/** Compiles `all`, `exists`, `exists_one`, `map` and `filter`; `compile` is the way into their parts. */
export function compileFold(fold: CelFold, outer: Scope, compile: Compile): CelEvaluation {
  const range = compile(fold.range, outer);
  const around = withVariable(outer, fold.accumulator);
  const run = compileAppend(fold, around, compile) ?? compileLoop(fold, around, compile);
  return (frame, meter) => {
    const items = range(frame, meter);
    if (items instanceof CelFailure) return items;
    if (Array.isArray(items)) return run(items, frame, meter);
    return items instanceof Map ? run(items.keys(), frame, meter) : noOverload;
  };
}

type Loop = (items: Iterable<unknown>, frame: Frame, meter: CelMeter) => unknown;

/** Any fold: the accumulator's value goes through the step for each item. `around` has the accumulator, the step the item. */
function compileLoop(fold: CelFold, around: Scope, compile: Compile): Loop {
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
function compileAppend(fold: CelFold, around: Scope, compile: Compile): Loop | undefined {
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
