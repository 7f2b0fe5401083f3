import type { ImageFacts, PodTemplateSpec } from '@cartographer/convention-sdk';
import {
  type CelInput,
  celInput,
  isObject,
  type Json,
  type JsonObject,
  listAt,
  memoByIdentity,
  mergeFragment,
  textAt,
  typedErrors,
} from '@cartographer/machinery';
import type { CompiledRule, CompiledRules } from './compile-rules.ts';
import { containerSchema, podTemplateSchema } from './pod-merge-schema.ts';
import { ConventionRuleError } from './rule-error.ts';
import { type ImageInput, imageWithoutPackages, imageWithPackages } from './rule-facts.ts';
import { answerOf, type RuleBudget } from './rule-query.ts';

/** What rules are applied to. */
export type RuleSubject = {
  readonly template: PodTemplateSpec;
  /** What is known of its images, by the references that stand in it. */
  readonly images: readonly ImageFacts[];
  /** The PodIntent. */
  readonly intent: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Readonly<Record<string, string>> | undefined;
    readonly annotations?: Readonly<Record<string, string>> | undefined;
  };
};

/** What rules make of a template. */
export type RulesApplied = {
  /** The template itself where no rule changed anything. */
  readonly template: PodTemplateSpec;
  /** Names of the rules that changed something, in their order. */
  readonly applied: readonly string[];
  /** Bills of material that say nothing of packages that a rule asks for. */
  readonly warnings: readonly string[];
};

/** What all expressions of a convention may cost on one template. */
const RULES_COST = 5_000_000;

/**
 * Applies rules, one after the other, each to what the one before made. What no rule is about stays as it is, by identity.
 *
 * @throws ConventionRuleError when an expression throws, costs too much, or gives what no pod template can have.
 */
export function applyRules({ rules, readsPackages }: CompiledRules, subject: RuleSubject): RulesApplied {
  const images = new Map(
    subject.images.map((facts) => [
      facts.image,
      readsPackages ? imageWithPackages(facts) : imageWithoutPackages(facts),
    ]),
  );
  const { name, namespace, labels = {}, annotations = {} } = subject.intent;
  const round: Round = {
    images,
    intent: celInput({ name, namespace, labels, annotations }),
    all: celInput([...images.values()].map(({ value }) => value)),
    budget: { left: RULES_COST },
  };
  let template = jsonOf(subject.template);
  const applied: string[] = [];
  for (const rule of rules) {
    const after =
      rule.list === undefined ? onTemplate(rule, template, round) : onContainers(rule, rule.list, template, round);
    if (after !== template) applied.push(rule.name);
    template = after;
  }
  const warnings = [...images.values()].flatMap((image) => image.warnings);
  return { template: applied.length === 0 ? subject.template : templateOf(template), applied, warnings };
}

type Round = {
  readonly images: ReadonlyMap<string, ImageInput>;
  readonly intent: CelInput;
  readonly all: CelInput;
  readonly budget: RuleBudget;
};

const inputOf = memoByIdentity((value: JsonObject): CelInput => celInput(value));

function onTemplate(rule: CompiledRule, template: JsonObject, { intent, all, budget }: Round): JsonObject {
  const inputs = [inputOf(template), intent, all];
  if (!holds(rule, inputs, '', budget)) return template;
  const fragment = fragmentOf(rule, inputs, '', budget);
  const after = merged(rule, template, fragment, podTemplateSchema);
  for (const list of ['containers', 'initContainers'] as const) checkNew(rule, list, template, after);
  return after;
}

function onContainers(
  rule: CompiledRule,
  list: 'containers' | 'initContainers',
  template: JsonObject,
  { images, intent, all, budget }: Round,
): JsonObject {
  const { spec } = template;
  const before = listAt(spec, list);
  const after = before.map((container) => {
    if (!isObject(container)) return container;
    const image = images.get(textAt(container, 'image'));
    // Nothing is known of the image of a container that an earlier rule added.
    if (image === undefined && rule.readsImage) return container;
    const where = ` for container ${JSON.stringify(textAt(container, 'name'))}`;
    const inputs = [inputOf(template), intent, all, inputOf(container), image?.input ?? NO_IMAGE];
    if (!holds(rule, inputs, where, budget)) return container;
    return merged(rule, container, fragmentOf(rule, inputs, where, budget), containerSchema);
  });
  if (!isObject(spec) || after.every((container, at) => container === before[at])) return template;
  return { ...template, spec: { ...spec, [list]: after } };
}

const NO_IMAGE = celInput(null);

function holds({ when }: CompiledRule, inputs: readonly CelInput[], where: string, budget: RuleBudget): boolean {
  if (when === undefined) return true;
  const answer = answerOf(when, inputs, where, budget);
  if (typeof answer === 'boolean') return answer;
  throw new ConventionRuleError(when.path, `is neither true nor false${where}`);
}

function fragmentOf(
  { apply }: CompiledRule,
  inputs: readonly CelInput[],
  where: string,
  budget: RuleBudget,
): JsonObject {
  return apply.render((query) => answerOf(query, inputs, where, budget));
}

function merged(
  { path, conflict }: CompiledRule,
  base: JsonObject,
  fragment: JsonObject,
  schema: typeof podTemplateSchema,
): JsonObject {
  const errors = typedErrors(fragment, schema);
  if (errors.length > 0) throw new ConventionRuleError(`${path}.apply`, errors.join('; '));
  const after = mergeFragment(base, fragment, schema, conflict);
  return isObject(after) ? after : base;
}

/** A container that a rule adds has an image: a fragment for one that is not there would be half a container. */
function checkNew(
  { path }: CompiledRule,
  list: 'containers' | 'initContainers',
  before: JsonObject,
  after: JsonObject,
): void {
  const known = new Set(listAt(before, 'spec', list).map((container) => textAt(container, 'name')));
  const half = listAt(after, 'spec', list).find(
    (container: Json) => textAt(container, 'image') === '' && !known.has(textAt(container, 'name')),
  );
  if (half === undefined) return;
  const name = JSON.stringify(textAt(half, 'name'));
  throw new ConventionRuleError(
    `${path}.apply.spec.${list}`,
    `there is no container ${name}, and one without an image cannot be added; name its image, or use forEach and when`,
  );
}

function jsonOf(template: PodTemplateSpec): JsonObject {
  if (!isObject(template)) throw new TypeError('a pod template is an object');
  return template;
}

function templateOf(template: JsonObject): PodTemplateSpec {
  if (!isTemplate(template)) throw new TypeError('a pod template has a spec');
  return template;
}

function isTemplate(template: JsonObject): template is JsonObject & PodTemplateSpec {
  return isObject(template['spec']);
}
