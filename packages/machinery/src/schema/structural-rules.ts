import { type CelProgram, celCompiler } from '../cel/cel.ts';
import { type CelDeclared, declaredType, maxCardinality, sizeLimit } from '../cel/cel-declared.ts';
import { estimateCost } from '../cel/cel-estimate.ts';
import { RuleError } from '../cel/cel-expression.ts';
import { product } from '../cel/cel-size-range.ts';
import type { FieldError } from '../text/field-error.ts';
import { forbiddenError, requiredError } from '../text/field-error.ts';
import { goQuote } from '../text/go-text.ts';
import type { StructuralSchema, ValidationRule } from '../values/structural-schema.ts';
import type { WorkGuard } from '../values/work-guard.ts';

/** What one rule may be estimated to cost on one object: `StaticEstimatedCostLimit` of Kubernetes. */
const RULE_LIMIT = 10_000_000;
/** What all rules of a schema may be estimated to cost together: `StaticEstimatedCRDCostLimit` of Kubernetes. */
const SCHEMA_LIMIT = 100_000_000;
/** The most expensive rules are named when the total is too high, unless they are but a hundredth of it. */
const NAMED_RULES = 4;
/** Parsing takes up to 20 µs for each character, where brackets nest and do not close. */
const UNITS_PER_CHARACTER = 2_000;

/** What the rules of one schema share. */
type Round = {
  readonly isUnchanged: boolean;
  readonly guard: WorkGuard;
  readonly errors: FieldError[];
  readonly costs: { readonly path: string; readonly cost: number }[];
};

/**
 * Why the CEL rules of a sound schema are refused: they do not compile, or cost too much at worst. Errors come from the
 * leaves up, as a real server has them. With `isUnchanged`, only their total counts.
 * @throws OutOfTimeError from the guard
 */
export function ruleErrors(
  schema: StructuralSchema,
  path: string,
  options: Pick<Round, 'isUnchanged' | 'guard'>,
): readonly FieldError[] {
  const round: Round = { ...options, errors: [], costs: [] };
  const errors = round.errors;
  checkPlace(schema, path, { count: 1, isRoot: true }, round);
  const total = round.costs.reduce((sum, { cost }) => sum + cost, 0);
  if (total <= SCHEMA_LIMIT) return errors;
  const named = round.costs
    .filter(({ cost }) => cost >= SCHEMA_LIMIT / 100)
    .toSorted((left, right) => (left.cost === right.cost ? 0 : right.cost > left.cost ? 1 : -1))
    .slice(0, NAMED_RULES);
  const contributed = 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema';
  for (const { path: at } of named) errors.push(forbiddenError(at, contributed));
  const name = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema';
  errors.push(forbiddenError(path, overBudget(name, total, SCHEMA_LIMIT)));
  return errors;
}

/** Where a schema stands: `count` values of it may be in an object; undefined when no list or map around it says. */
type Standing = { readonly count: number | undefined; readonly isRoot: boolean };

function checkPlace(schema: StructuralSchema, path: string, { count, isRoot }: Standing, round: Round): void {
  const { additionalProperties: additional, items, properties = {} } = schema;
  const most = mostElements(schema);
  const inner = { count: count === undefined || most === undefined ? undefined : count * most, isRoot: false };
  if (typeof additional === 'object') checkPlace(additional, `${path}.additionalProperties`, inner, round);
  for (const name of Object.keys(properties).toSorted()) {
    const property = properties[name];
    if (property !== undefined) checkPlace(property, `${path}.properties[${name}]`, inner, round);
  }
  if (items !== undefined) checkPlace(items, `${path}.items`, inner, round);
  const rules = schema['x-kubernetes-validations'] ?? [];
  const self = rules.length === 0 ? undefined : declaredType(schema, isRoot);
  for (const [i, rule] of rules.entries()) {
    checkRule(rule, `${path}.x-kubernetes-validations[${i}]`, { self, count }, round);
  }
}

/** How many values of its inner schemas a value of a schema may have; undefined when it does not say. */
function mostElements({ type, additionalProperties, maxProperties, maxItems }: StructuralSchema): number | undefined {
  const isMap = type === 'object' && additionalProperties !== undefined;
  if (!isMap && type !== 'array') return 1;
  const most = isMap ? maxProperties : maxItems;
  return most === undefined ? undefined : sizeLimit(most);
}

type Values = { readonly self: CelDeclared | undefined; readonly count: number | undefined };

function checkRule(rule: ValidationRule, at: string, { self, count }: Values, round: Round): void {
  if (typeof rule.rule !== 'string' || rule.rule.trim() === '') {
    round.errors.push(requiredError(`${at}.rule`, 'rule is not specified'));
    return;
  }
  const program = compile(rule, 'rule', at, round);
  if (program !== undefined && self !== undefined) {
    const cost = product(estimateCost(program.expression, self), count ?? maxCardinality(self));
    checkCost('estimated rule cost', cost, `${at}.rule`, round);
  }
  const message = rule.messageExpression ? compile(rule, 'messageExpression', at, round) : undefined;
  if (message === undefined || self === undefined) return;
  checkCost(
    'estimated messageExpression cost',
    estimateCost(message.expression, self),
    `${at}.messageExpression`,
    round,
  );
}

function checkCost(name: string, cost: number, path: string, { isUnchanged, errors, costs }: Round): void {
  if (cost > RULE_LIMIT && !isUnchanged) errors.push(forbiddenError(path, overBudget(name, cost, RULE_LIMIT)));
  costs.push({ path, cost });
}

const ADVICE =
  '(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)';

function overBudget(name: string, cost: number, limit: number): string {
  const factor = cost / limit;
  const text = factor > 100 ? 'more than 100x' : `${factor.toFixed(factor < 1.5 ? 6 : 1)}x`;
  return `${name} exceeds budget by factor of ${text} ${ADVICE}`;
}

/** Undefined for an expression that cannot be compiled, which is reported. */
function compile(
  rule: ValidationRule,
  part: 'rule' | 'messageExpression',
  at: string,
  { errors, guard }: Round,
): CelProgram | undefined {
  const expression = rule[part] ?? '';
  guard.spend(expression.length * UNITS_PER_CHARACTER);
  try {
    return celCompiler.compile(expression);
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    const message = `Invalid value: ${ruleSyntax(rule)}: ${error.message}`;
    errors.push({ reason: 'FieldValueInvalid', field: `${at}.${part}`, message });
    return undefined;
  }
}

/** A rule as Go's `%#v` prints it. */
function ruleSyntax({ rule, message = '', messageExpression = '', fieldPath = '' }: ValidationRule): string {
  const fields = `Rule:${goQuote(rule)}, Message:${goQuote(message)}, MessageExpression:${goQuote(messageExpression)}`;
  const nils = `Reason:(*apiextensions.FieldValueErrorReason)(nil), FieldPath:${goQuote(fieldPath)}, OptionalOldSelf:(*bool)(nil)`;
  return `apiextensions.ValidationRule{${fields}, ${nils}}`;
}
