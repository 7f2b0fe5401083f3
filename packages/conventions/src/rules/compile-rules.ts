import { isObject } from '@cartographer/machinery';
import type { RuleSpec } from '../kinds/rule-spec.ts';
import { compileFragment, type FragmentProgram } from './fragment-program.ts';
import { ConventionRuleError } from './rule-error.ts';
import { compileIn, type RuleQuery } from './rule-query.ts';

/** A rule, ready to be applied. */
export type CompiledRule = {
  readonly name: string;
  /** `spec.rules[0]`. */
  readonly path: string;
  /** The list whose containers it is for; undefined where it is for the pod template. */
  readonly list: 'containers' | 'initContainers' | undefined;
  readonly when: RuleQuery | undefined;
  readonly apply: FragmentProgram;
  readonly conflict: 'keep' | 'override';
  /** Whether an expression reads the image of the container. */
  readonly readsImage: boolean;
};

/** The rules of a convention, ready to be applied. */
export type CompiledRules = {
  readonly rules: readonly CompiledRule[];
  /** Whether a rule reads images: only then are they looked at. */
  readonly readsImages: boolean;
  /** Whether a rule asks for packages: only then are bills of material needed. */
  readonly readsPackages: boolean;
};

/** What every expression may read, in the order of its inputs. */
const OF_TEMPLATE = ['template', 'intent', 'images'] as const;
/** … and in a rule for each container. */
const OF_CONTAINER = [...OF_TEMPLATE, 'container', 'image'] as const;

/**
 * Compiles the rules of a convention.
 *
 * @throws ConventionRuleError for what does not compile, with the rule and the place in it.
 */
export function compileRules(rules: readonly RuleSpec[]): CompiledRules {
  const compiled = rules.map((rule, index) => compileRule(rule, `spec.rules[${index}]`));
  const queries = compiled.flatMap(queriesOf);
  return {
    rules: compiled,
    readsImages: queries.some(({ query }) => query.reads('image') || query.reads('images')),
    readsPackages: queries.some(({ query }) => query.names('packages')),
  };
}

function compileRule({ name, forEach, when, apply, onConflict = 'Keep' }: RuleSpec, path: string): CompiledRule {
  const variables = forEach === undefined ? OF_TEMPLATE : OF_CONTAINER;
  if (!isObject(apply) || Object.keys(apply).length === 0) {
    throw new ConventionRuleError(`${path}.apply`, 'adds nothing; say what the rule adds');
  }
  if (forEach !== undefined && apply['name'] !== undefined) {
    throw new ConventionRuleError(
      `${path}.apply.name`,
      'a container keeps its name; add another by a rule without forEach',
    );
  }
  const parts = {
    when: when === undefined ? undefined : compileIn(when, `${path}.when`, variables),
    apply: compileFragment(apply, `${path}.apply`, variables),
  };
  return {
    name,
    path,
    list: forEach === undefined ? undefined : forEach === 'Container' ? 'containers' : 'initContainers',
    conflict: onConflict === 'Keep' ? 'keep' : 'override',
    readsImage: queriesOf(parts).some(({ query }) => query.reads('image')),
    ...parts,
  };
}

function queriesOf({ when, apply }: Pick<CompiledRule, 'when' | 'apply'>): readonly RuleQuery[] {
  return when === undefined ? apply.queries : [when, ...apply.queries];
}
