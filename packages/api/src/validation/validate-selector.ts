import { compileJsonPath, JsonPathError, labelSelectorOf, SelectorError } from '@cartographer/machinery';
import type { FieldRequirement, OwnerSelector } from '../schema/owner-selector.ts';

/** Which fields of an owner a selector may name: whole paths, and beginnings of paths. */
export type SelectableFields = { readonly paths: readonly string[]; readonly prefixes: readonly string[] };

const SOURCE_PATHS = [
  'spec.source',
  'spec.source.git',
  'spec.source.git.url',
  'spec.source.git.ref',
  'spec.source.git.ref.branch',
  'spec.source.git.ref.tag',
  'spec.source.git.ref.commit',
  'spec.source.image',
  'spec.source.subPath',
];

/** Fields of a Workload that a supply chain may select by. */
export const WORKLOAD_FIELDS: SelectableFields = {
  paths: [...SOURCE_PATHS, 'spec.build', 'spec.image', 'spec.serviceAccountName'],
  prefixes: ['spec.params', 'spec.build.env', 'spec.env', 'spec.resources', 'spec.serviceClaims', 'metadata'],
};

/** Fields of a Deliverable that a delivery may select by. */
export const DELIVERABLE_FIELDS: SelectableFields = {
  paths: [...SOURCE_PATHS, 'spec.serviceAccountName'],
  prefixes: ['spec.params', 'metadata'],
};

/** The selector fields of a blueprint's spec. */
export type BlueprintSelector = {
  readonly selector?: Readonly<Record<string, string>>;
  readonly selectorMatchExpressions?: OwnerSelector['matchExpressions'];
  readonly selectorMatchFields?: readonly FieldRequirement[];
};

/** Whether a blueprint selects by anything at all. */
export function* selectorPresence(spec: BlueprintSelector): Generator<string> {
  const { selector, selectorMatchExpressions, selectorMatchFields } = spec;
  if (isEmpty(selector) && isEmpty(selectorMatchExpressions) && isEmpty(selectorMatchFields)) {
    yield 'at least one selector, selectorMatchExpression, selectorMatchField must be specified';
  }
}

/** What is wrong with the requirements of a blueprint's selector. */
export function* blueprintSelectorErrors(spec: BlueprintSelector, fields: SelectableFields): Generator<string> {
  const { selector, selectorMatchExpressions, selectorMatchFields = [] } = spec;
  yield* labelErrors('selector is not valid', { matchLabels: selector });
  yield* labelErrors('selectorMatchExpressions are not valid', { matchExpressions: selectorMatchExpressions });
  for (const requirement of selectorMatchFields) yield* fieldRequirementErrors(requirement, fields);
}

/** What is wrong with the selector of a template option. */
export function* optionSelectorErrors(selector: OwnerSelector, fields: SelectableFields): Generator<string> {
  const { matchLabels, matchExpressions, matchFields } = selector;
  if (isEmpty(matchLabels) && isEmpty(matchExpressions) && isEmpty(matchFields)) {
    yield 'at least one of matchLabels, matchExpressions or MatchFields must be specified';
  }
  yield* labelErrors('matchLabels are not valid', { matchLabels });
  yield* labelErrors('matchExpressions are not valid', { matchExpressions });
  for (const requirement of matchFields ?? []) yield* fieldRequirementErrors(requirement, fields);
}

function* labelErrors(prefix: string, selector: Parameters<typeof labelSelectorOf>[0]): Generator<string> {
  try {
    labelSelectorOf(selector);
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    yield `${prefix}: ${error.message}`;
  }
}

function* fieldRequirementErrors(requirement: FieldRequirement, fields: SelectableFields): Generator<string> {
  const { key, operator, values = [] } = requirement;
  yield* arityErrors(operator, values.length);
  if (!fields.paths.includes(key) && !fields.prefixes.some((prefix) => key.startsWith(prefix))) {
    yield `requirement key [${key}] is not a valid path`;
  }
  // The raw key is parsed, without the braces it gets when it is evaluated: only a key with a brace can fail here.
  try {
    compileJsonPath(key);
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error;
    yield `invalid jsonpath for key [${key}]: ${error.message}`;
  }
}

function* arityErrors(operator: string, count: number): Generator<string> {
  switch (operator) {
    case 'Exists':
    case 'DoesNotExist':
      if (count > 0) yield `cannot specify values with operator [${operator}]`;
      break;
    case 'In':
    case 'NotIn':
      if (count === 0) yield `must specify values with operator [${operator}]`;
      break;
    default:
      yield `operator [${operator}] is invalid`;
  }
}

function isEmpty(collection: object | undefined): boolean {
  return collection === undefined || Object.keys(collection).length === 0;
}
