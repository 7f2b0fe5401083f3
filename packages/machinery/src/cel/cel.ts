import { OutOfTimeError, type WorkGuard } from '../values/work-guard.ts';
import { callLibrary, inLibraryContext } from './cel-bridge.ts';
import { compileEvaluation } from './cel-evaluation.ts';
import { type CelExpression, parseExpression } from './cel-expression.ts';
import { isCelFunction } from './cel-functions.ts';
import { CelMeter, CostExceededError } from './cel-meter.ts';
import { CelFailure, CelOptional } from './cel-runtime-values.ts';

/**
 * What an expression gives, and what it cost in CEL's units. Errors are in Kubernetes' words where they have some; an
 * evaluation is `cancelled` when it costs too much or takes too long.
 */
export type CelOutcome = { readonly cost: number } & (
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'error'; readonly message: string }
  | { readonly kind: 'cancelled'; readonly message: string }
);

/** A compiled expression over `self` and `oldSelf`. */
export type CelProgram = {
  readonly usesOldSelf: boolean;
  /** The expression itself, for estimating what it costs at worst. */
  readonly expression: CelExpression;
  evaluate(self: unknown, oldSelf: unknown, guard: WorkGuard): CelOutcome;
};

/** The port behind which CEL is evaluated. */
export interface CelCompiler {
  /** @throws RuleError when the expression cannot be compiled. */
  compile(expression: string): CelProgram;
  /** The CEL value of a string that stands for a time or a span; undefined when it does not. */
  parse(kind: 'timestamp' | 'duration', text: string): unknown;
  /** The CEL value of an optional, for rules with `optionalOldSelf`. */
  optional(value: unknown): unknown;
}

/**
 * CEL as Kubernetes has it. `@bufbuild/cel` parses, and has most of the functions; expressions are walked here, so that
 * every step is charged before it is taken (docs/decisions/0010-cel-with-a-cost-budget.md).
 */
export const celCompiler: CelCompiler = {
  compile(text) {
    const expression = parseExpression(text, isCelFunction);
    const evaluate = compileEvaluation(expression, ['self', 'oldSelf']);
    return {
      usesOldSelf: mentions(expression, (node) => node.kind === 'identifier' && node.name === 'oldSelf'),
      expression,
      evaluate: (self, oldSelf, guard) => {
        const meter = new CelMeter(guard);
        return inLibraryContext(() => outcomeOf(() => evaluate([self, oldSelf], meter), meter));
      },
    };
  },
  parse(kind, text) {
    const value = inLibraryContext(() => callLibrary(kind, undefined, [text]));
    return value instanceof CelFailure ? undefined : value;
  },
  optional: (value) => new CelOptional(value),
};

/** Evaluates, and says how that ended. */
export function outcomeOf(evaluate: () => unknown, meter: CelMeter): CelOutcome {
  try {
    const value = evaluate();
    const { cost } = meter;
    return value instanceof CelFailure
      ? { kind: 'error', message: value.message, cost }
      : { kind: 'value', value, cost };
  } catch (error) {
    const { cost } = meter;
    if (error instanceof CostExceededError) {
      return { kind: 'cancelled', message: 'operation cancelled: actual cost limit exceeded', cost };
    }
    if (error instanceof OutOfTimeError) return { kind: 'cancelled', message: 'operation interrupted', cost };
    throw error;
  }
}

/** Whether an expression has a part that fits. */
export function mentions(root: CelExpression, fits: (node: CelExpression) => boolean): boolean {
  const pending: CelExpression[] = [root];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (fits(node)) return true;
    pending.push(...childrenOf(node));
  }
  return false;
}

function childrenOf(node: CelExpression): readonly CelExpression[] {
  switch (node.kind) {
    case 'constant':
    case 'identifier':
      return [];
    case 'select':
    case 'has':
      return [node.operand];
    case 'call':
      return node.args;
    case 'list':
      return node.items;
    case 'map':
      return node.entries.flat();
    case 'fold':
      return [node.range, node.initial, node.condition, node.step, node.result];
  }
}
