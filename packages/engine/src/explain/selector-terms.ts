import type { OwnerSelector } from '@cartographer/api';
import { FIELD_OPERATORS } from '@cartographer/api';
import type { KubeObject } from '@cartographer/machinery';
import { goText, labelSelectorOf } from '@cartographer/machinery';
import { pathExpression } from '../paths/path-expression.ts';
import { fieldHolds } from '../select/owner-selection.ts';
import { ownerView } from '../select/owner-view.ts';

type Operator = (typeof FIELD_OPERATORS)[number];

/** One requirement of a selector, held against an owner. */
export type SelectorTerm = {
  readonly on: 'label' | 'field';
  /** Key of the label, or path of the field. */
  readonly key: string;
  /** A label of `matchLabels` is `In` its one value. */
  readonly operator: Operator;
  readonly values: readonly string[];
  readonly holds: boolean;
  /** What the owner has there; undefined where it has nothing. */
  readonly yours: string | undefined;
};

/** A change of an owner by which terms hold. */
export type SelectionChange = Pick<SelectorTerm, 'on' | 'key'> &
  (
    | { readonly verb: 'remove' }
    /** Without a value any will do, but for those to `avoid`. */
    | { readonly verb: 'set'; readonly value: string | undefined; readonly avoid: readonly string[] }
  );

/** The terms of a selector, which must be sound, in the order in which it has them. */
export function selectorTerms(selector: OwnerSelector, owner: KubeObject): readonly SelectorTerm[] {
  const { matchLabels = {}, matchExpressions = [], matchFields = [] } = selector;
  return [
    ...Object.entries(matchLabels).map(([key, value]) => labelTerm({ key, operator: 'In', values: [value] }, owner)),
    ...matchExpressions.map((requirement) => labelTerm(requirement, owner)),
    ...matchFields.map(({ key, operator, values = [] }): SelectorTerm => {
      const result = pathExpression(key)(ownerView(owner));
      const yours = result.kind === 'found' && result.value !== null ? goText(result.value) : undefined;
      return { on: 'field', key, operator, values, holds: fieldHolds({ operator, values }, result), yours };
    }),
  ];
}

type LabelRequirement = { readonly key: string; readonly operator: string; readonly values?: readonly string[] };

function labelTerm({ key, operator, values = [] }: LabelRequirement, { metadata }: KubeObject): SelectorTerm {
  const { labels = {} } = metadata;
  return {
    on: 'label',
    key,
    operator: FIELD_OPERATORS.find((known) => known === operator) ?? 'In',
    values,
    holds: labelSelectorOf({ matchExpressions: [{ key, operator, values }] }).matches(labels),
    yours: Object.hasOwn(labels, key) ? labels[key] : undefined,
  };
}

/** The smallest change by which all terms hold; undefined where they contradict each other. */
export function smallestChange(terms: readonly SelectorTerm[]): readonly SelectionChange[] | undefined {
  const changes: SelectionChange[] = [];
  const places = new Map(terms.map((term) => [`${term.on} ${term.key}`, term]));
  for (const { on, key } of places.values()) {
    const here = terms.filter((term) => term.on === on && term.key === key);
    if (here.every(({ holds }) => holds)) continue;
    const change = changeOf({ on, key }, here);
    if (change === undefined) return undefined;
    changes.push(change);
  }
  return changes;
}

function changeOf(
  place: Pick<SelectorTerm, 'on' | 'key'>,
  terms: readonly SelectorTerm[],
): SelectionChange | undefined {
  const by = (operator: Operator): readonly SelectorTerm[] => terms.filter((term) => term.operator === operator);
  const avoid = by('NotIn').flatMap(({ values }) => values);
  const [wanted, ...others] = by('In');
  // A field that is not there satisfies no NotIn; a label does.
  const mustBe = by('Exists').length > 0 || (place.on === 'field' && avoid.length > 0);
  if (by('DoesNotExist').length > 0) return wanted === undefined && !mustBe ? { ...place, verb: 'remove' } : undefined;
  if (wanted === undefined) {
    return mustBe ? { ...place, verb: 'set', value: undefined, avoid } : { ...place, verb: 'remove' };
  }
  const value = wanted.values.find((it) => !avoid.includes(it) && others.every(({ values }) => values.includes(it)));
  return value === undefined ? undefined : { ...place, verb: 'set', value, avoid: [] };
}

/** `carto.run/type: web`, `carto.run/type other than web, worker`: what a term asks for. */
export function needText({ on, key, operator, values }: SelectorTerm): string {
  switch (operator) {
    case 'In':
      return `${key}: ${values.join(' or ')}`;
    case 'NotIn':
      return `${key} other than ${values.join(', ')}`;
    case 'Exists':
      return `${on} ${key}`;
    case 'DoesNotExist':
      return `no ${on} ${key}`;
  }
}

/** `web-app needs carto.run/type: web; yours is web-app`: why a candidate does not fit. */
export function missText(name: string, terms: readonly SelectorTerm[]): string {
  const missed = terms
    .filter(({ holds }) => !holds)
    .map((term) => `${needText(term)}; yours ${term.yours === undefined ? 'has none' : `is ${term.yours}`}`);
  return `${name} needs ${missed.join(', and ')}`;
}

/** `set carto.run/type: web`: a change in words. */
export function changeText(change: SelectionChange): string {
  const place = `${change.on} ${change.key}`;
  if (change.verb === 'remove') return `remove the ${place}`;
  if (change.value !== undefined) return `set the ${place} to ${change.value}`;
  return change.avoid.length === 0 ? `set the ${place}` : `set the ${place} to anything but ${change.avoid.join(', ')}`;
}
