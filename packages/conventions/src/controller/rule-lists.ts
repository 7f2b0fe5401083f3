import { memoByIdentity } from '@cartographer/machinery';
import { INCLUDES, type Include } from '../kinds/cluster-pod-convention.ts';
import type { RuleSpec } from '../kinds/rule-spec.ts';
import { applyRules, type RuleSubject, type RulesApplied } from '../rules/apply-rules.ts';
import { type CompiledRules, compileRules } from '../rules/compile-rules.ts';
import { ConventionRuleError } from '../rules/rule-error.ts';

type Compiled =
  | { readonly kind: 'compiled'; readonly rules: CompiledRules }
  | { readonly kind: 'wrong'; readonly error: ConventionRuleError };

/** The same list is compiled once, for all intents. */
const compiledOf = memoByIdentity((rules: readonly RuleSpec[]): Compiled => {
  try {
    return { kind: 'compiled', rules: compileRules(rules) };
  } catch (error) {
    if (!(error instanceof ConventionRuleError)) throw error;
    return { kind: 'wrong', error };
  }
});

/** What is wrong with rules, whatever they are applied to; undefined where nothing is. */
export function rulesError(rules: readonly RuleSpec[]): string | undefined {
  const compiled = compiledOf(rules);
  return compiled.kind === 'wrong' ? compiled.error.message : undefined;
}

/** What of images rules have to be told. */
export function includeOfRules(rules: readonly RuleSpec[]): readonly Include[] {
  const compiled = compiledOf(rules);
  if (compiled.kind === 'wrong' || !compiled.rules.readsImages) return [];
  return compiled.rules.readsPackages ? INCLUDES : ['config'];
}

/** @throws ConventionRuleError for what does not compile, and for what cannot be applied to this subject. */
export function applyRuleList(rules: readonly RuleSpec[], subject: RuleSubject): RulesApplied {
  const compiled = compiledOf(rules);
  if (compiled.kind === 'wrong') throw compiled.error;
  return applyRules(compiled.rules, subject);
}
