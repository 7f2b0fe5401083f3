import type { Blueprint, FieldRequirement, OwnerSelector } from '@cartographer/api';
import type { KubeObject, LabelSelector } from '@cartographer/machinery';
import { goText, labelSelectorOf, memoByIdentity, SelectorError } from '@cartographer/machinery';
import type { PathExpression, PathResult } from '../paths/path-expression.ts';
import { pathExpression } from '../paths/path-expression.ts';
import { ownerView } from './owner-view.ts';

/** How an owner fits a selector: `score` counts requirements, all of which hold. */
export type Fit =
  | { readonly kind: 'fits'; readonly score: number }
  | { readonly kind: 'misses' }
  | { readonly kind: 'broken'; readonly message: string };

type CompiledField = { readonly requirement: FieldRequirement; readonly expression: PathExpression };
type CompiledSelector =
  | {
      readonly kind: 'compiled';
      readonly labels: LabelSelector;
      readonly fields: readonly CompiledField[];
      readonly score: number;
    }
  | { readonly kind: 'broken'; readonly message: string };

const MISSES: Fit = { kind: 'misses' };

/** Makes a test of owners from a selector; a selector that is wrong says so for each owner. */
function compileSelector(selector: OwnerSelector): CompiledSelector {
  const { matchLabels = {}, matchExpressions = [], matchFields = [] } = selector;
  try {
    return {
      kind: 'compiled',
      labels: labelSelectorOf({ matchLabels, matchExpressions }),
      fields: matchFields.map((requirement) => ({ requirement, expression: pathExpression(requirement.key) })),
      score: Object.keys(matchLabels).length + matchExpressions.length + matchFields.length,
    };
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    return {
      kind: 'broken',
      message: `selector labels or selector expressions are invalid: ${error.message}`,
    };
  }
}

function fit(selector: CompiledSelector, owner: KubeObject): Fit {
  if (selector.kind === 'broken') return selector;
  if (!selector.labels.matches(owner.metadata.labels)) return MISSES;
  for (const { requirement, expression } of selector.fields) {
    const result = expression(ownerView(owner));
    if (result.kind === 'failed') return { kind: 'broken', message: fieldError(requirement, result.message) };
    if (!fieldHolds(requirement, result)) return MISSES;
  }
  return { kind: 'fits', score: selector.score };
}

function fieldError({ key, operator, values }: FieldRequirement, message: string): string {
  const requirement = `key [${key}] operator [${operator}] values [${goText(values ?? [])}]`;
  return `failed to evaluate selector matchFields: unable to match field requirement with ${requirement}: ${message}`;
}

/**
 * Whether a field satisfies a requirement. Only texts are compared; a missing field satisfies DoesNotExist alone, NotIn
 * does not hold for it.
 */
export function fieldHolds(
  { operator, values = [] }: Pick<FieldRequirement, 'operator' | 'values'>,
  result: PathResult,
): boolean {
  if (result.kind !== 'found') return result.kind === 'missing' && operator === 'DoesNotExist';
  const { value } = result;
  switch (operator) {
    case 'In':
      return typeof value === 'string' && values.includes(value);
    case 'NotIn':
      return !(typeof value === 'string' && values.includes(value));
    case 'Exists':
      return value !== null;
    case 'DoesNotExist':
      return value === null;
  }
}

/** How an owner fits the selector of a blueprint. Compiled once per blueprint object. */
export function fitsBlueprint(blueprint: KubeObject, owner: KubeObject): Fit {
  return fit(compiledBlueprint(blueprint), owner);
}

const compiledBlueprint = memoByIdentity((blueprint: KubeObject) => compileSelector(blueprintSelector(blueprint)));

/** What a blueprint requires of its owners. */
export function blueprintSelector(blueprint: KubeObject): OwnerSelector {
  const { spec } = blueprint as Blueprint;
  return {
    matchLabels: spec.selector,
    matchExpressions: spec.selectorMatchExpressions,
    matchFields: spec.selectorMatchFields,
  };
}

/** What is wrong with a blueprint's selector whatever the owner, or undefined. */
export function selectorFault(blueprint: KubeObject): string | undefined {
  const compiled = compiledBlueprint(blueprint);
  if (compiled.kind === 'broken') return compiled.message;
  for (const { requirement, expression } of compiled.fields) {
    const result = expression({});
    if (result.kind === 'failed' && result.message.startsWith('evaluate: failed to parse')) {
      return fieldError(requirement, result.message);
    }
  }
  return undefined;
}

/** How an owner fits a selector of a template option. Compiled once per selector object. */
export function fitsOption(selector: OwnerSelector, owner: KubeObject): Fit {
  return fit(compiledOption(selector), owner);
}

const compiledOption = memoByIdentity(compileSelector);

/** Those of the candidates that fit best: all with the highest score, none with score 0. */
export type BestFits<T> = {
  readonly best: readonly T[];
  readonly broken: readonly { readonly candidate: T; readonly message: string }[];
};

/** Picks the best fits. A broken selector drops its candidate and no other. */
export function bestFits<T>(candidates: readonly T[], fitOf: (candidate: T) => Fit): BestFits<T> {
  let high = 1;
  let best: T[] = [];
  const broken: { candidate: T; message: string }[] = [];
  for (const candidate of candidates) {
    const outcome = fitOf(candidate);
    if (outcome.kind === 'broken') broken.push({ candidate, message: outcome.message });
    if (outcome.kind !== 'fits' || outcome.score < high) continue;
    if (outcome.score > high) best = [];
    high = outcome.score;
    best.push(candidate);
  }
  return { best, broken };
}

/**
 * Whether a blueprint could be this owner's: its selector fits, is broken for it, or the owner follows it now. An edit
 * of the blueprint must wake exactly the owners for which this holds before or after the edit.
 */
export function selects(blueprint: KubeObject, owner: KubeObject): boolean {
  return fitsBlueprint(blueprint, owner).kind !== 'misses';
}
