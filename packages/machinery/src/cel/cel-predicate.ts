import type { JsonObject } from '../values/json.ts';
import type { StructuralSchema } from '../values/structural-schema.ts';
import { createWorkGuard } from '../values/work-guard.ts';
import { celCompiler, outcomeOf } from './cel.ts';
import { inLibraryContext } from './cel-bridge.ts';
import { compileEvaluation } from './cel-evaluation.ts';
import { parseExpression } from './cel-expression.ts';
import { isCelFunction } from './cel-functions.ts';
import { CelMeter } from './cel-meter.ts';
import { compileToCel } from './cel-values.ts';

/** What a predicate says of a value, and what that cost in CEL's units. */
type PredicateOutcome = { readonly cost: number } & (
  | { readonly kind: 'said'; readonly holds: boolean }
  /** It threw, or gave something else than true or false. */
  | { readonly kind: 'failed'; readonly message: string }
  /** It cost more than it may, or took too long. */
  | { readonly kind: 'too costly' }
);

/** A compiled expression over one variable. */
export type CelPredicate = {
  /** `limit` is what it may cost, in CEL's units: each step that is evaluated costs one or more. */
  evaluate(value: JsonObject, limit: number): PredicateOutcome;
};

/** The last resort; the cost ends an evaluation long before. */
const LIMIT_MS = 10_000;

/**
 * Compiles an expression that is true or false of one variable, whose fields are those of the schema.
 * @throws RuleError when it cannot be compiled.
 */
export function compilePredicate(text: string, variable: string, schema: StructuralSchema): CelPredicate {
  const evaluate = compileEvaluation(parseExpression(text, isCelFunction), [variable]);
  const toCel = compileToCel(schema, celCompiler);
  return {
    evaluate(value, limit) {
      const meter = new CelMeter(createWorkGuard(LIMIT_MS), limit);
      const outcome = inLibraryContext(() => outcomeOf(() => evaluate([toCel(value)], meter), meter));
      const { cost } = outcome;
      if (outcome.kind === 'cancelled') return { kind: 'too costly', cost };
      if (outcome.kind === 'error') return { kind: 'failed', message: outcome.message, cost };
      return typeof outcome.value === 'boolean'
        ? { kind: 'said', holds: outcome.value, cost }
        : { kind: 'failed', message: 'is neither true nor false', cost };
    },
  };
}
