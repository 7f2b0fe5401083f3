import { type CelInput, type CelQuery, compileQuery, type Json, RuleError } from '@cartographer/machinery';
import { ConventionRuleError } from './rule-error.ts';

/** A compiled expression and where it stands. */
export type RuleQuery = { readonly path: string; readonly query: CelQuery };

/** What one expression may cost, in evaluated steps. */
const EXPRESSION_COST = 1_000_000;

/** Compiles an expression. @throws ConventionRuleError */
export function compileIn(text: string, path: string, variables: readonly string[]): RuleQuery {
  try {
    return { path, query: compileQuery(text, variables) };
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    const why = error.message.replace(/^compilation failed: (?:ERROR: )?/, '');
    throw new ConventionRuleError(
      path,
      `${JSON.stringify(text)} does not compile: ${why}; it may read ${variables.join(', ')}`,
      {
        cause: error,
      },
    );
  }
}

/** What all expressions of a convention may still cost on one template. */
export type RuleBudget = { left: number };

/** Evaluates an expression. @throws ConventionRuleError when it gives nothing, in time or at all. */
export function answerOf(
  { path, query }: RuleQuery,
  inputs: readonly CelInput[],
  where: string,
  budget: RuleBudget,
): Json {
  const outcome = query.evaluate(inputs, Math.min(EXPRESSION_COST, budget.left));
  budget.left = Math.max(0, budget.left - outcome.cost);
  switch (outcome.kind) {
    case 'value':
      return outcome.value;
    case 'failed': {
      const advice = outcome.message.startsWith('no such key')
        ? '; ask first whether it is there, with `in` or has()'
        : '';
      throw new ConventionRuleError(path, `${outcome.message}${where}${advice}`);
    }
    case 'too costly':
      throw new ConventionRuleError(
        path,
        `costs more than an expression may${where} (${EXPRESSION_COST} steps, and all of a convention on one template five times as many); let it look at fewer items`,
      );
  }
}
