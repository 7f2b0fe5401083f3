import type { OwnerSelector } from '@cartographer/api';
import type { KubeObject } from '@cartographer/machinery';
import { isObject } from '@cartographer/machinery';
import type { Fit } from '../select/owner-selection.ts';
import { bestFits, blueprintSelector, fitsBlueprint } from '../select/owner-selection.ts';
import type { OwnerKind } from '../world/owner-kind.ts';
import { editDistance } from './edit-distance.ts';
import type { SelectionChange, SelectorTerm } from './selector-terms.ts';
import { selectorTerms, smallestChange } from './selector-terms.ts';

/** How the selector of one blueprint, or of one template option, does for an owner. */
export type BlueprintFit = {
  readonly name: string;
  readonly fit: 'fits' | 'misses' | 'broken';
  /** How many terms hold; of those that fit, the highest is chosen, and one without terms never. */
  readonly score: number;
  readonly terms: readonly SelectorTerm[];
  /** The smallest change of the owner by which it fits: none needed, or undefined where none helps. */
  readonly changes: readonly SelectionChange[] | undefined;
  /** Why the selector is broken, else ''. */
  readonly message: string;
};

/** Which blueprint serves an owner, and why the others do not. */
export type SelectionAccount = {
  readonly blueprintKind: OwnerKind['blueprintKind'];
  /** `unlabelled`: an owner without labels is never matched, whatever would fit. */
  readonly outcome: 'chosen' | 'none' | 'several' | 'unlabelled';
  /** Those with the highest score; one where it is chosen. */
  readonly best: readonly string[];
  /** All blueprints: those that fit before those that miss, each by how near they are; then the broken. */
  readonly blueprints: readonly BlueprintFit[];
};

/** Holds an owner against every blueprint. Pure; the same rules by which the controller chooses. */
export function explainSelection(
  { blueprintKind }: OwnerKind,
  owner: KubeObject,
  blueprints: readonly KubeObject[],
): SelectionAccount {
  const sound = blueprints.filter(({ spec }) => isObject(spec));
  const { best } = bestFits(sound, (blueprint) => fitsBlueprint(blueprint, owner));
  const names = best.map(({ metadata }) => metadata.name ?? '');
  const isUnlabelled = Object.keys(owner.metadata.labels ?? {}).length === 0;
  const outcome = isUnlabelled ? 'unlabelled' : (['none', 'chosen'] as const)[names.length];
  return {
    blueprintKind,
    outcome: outcome ?? 'several',
    best: names,
    blueprints: blueprints.map((blueprint) => fitOf(blueprint, owner)).toSorted(nearestFirst),
  };
}

function fitOf(blueprint: KubeObject, owner: KubeObject): BlueprintFit {
  const name = blueprint.metadata.name ?? '';
  if (!isObject(blueprint['spec'])) return selectorFit(name, { kind: 'broken', message: 'it has no spec' }, {}, owner);
  return selectorFit(name, fitsBlueprint(blueprint, owner), blueprintSelector(blueprint), owner);
}

/** How a selector does for an owner, term by term. */
export function selectorFit(name: string, fit: Fit, selector: OwnerSelector, owner: KubeObject): BlueprintFit {
  if (fit.kind === 'broken') {
    return { name, fit: 'broken', score: 0, terms: [], changes: undefined, message: fit.message };
  }
  const terms = selectorTerms(selector, owner);
  const score = terms.filter(({ holds }) => holds).length;
  return { name, fit: fit.kind, score, terms, changes: smallestChange(terms), message: '' };
}

/** How far the words of the owner are from those that are asked for, where it has some. */
function wordDistance({ terms }: BlueprintFit): number {
  const distances = terms
    .filter(({ holds, operator }) => !holds && operator === 'In')
    .map(({ yours = '', values }) => Math.min(FARTHEST, ...values.map((value) => editDistance(yours, value))));
  return distances.reduce((sum, distance) => sum + distance, 0);
}

const FARTHEST = 99;

const ORDER = ['fits', 'misses', 'broken'];

function nearestFirst(left: BlueprintFit, right: BlueprintFit): number {
  const missed = ({ terms, score }: BlueprintFit): number => terms.length - score;
  return (
    ORDER.indexOf(left.fit) - ORDER.indexOf(right.fit) ||
    missed(left) - missed(right) ||
    right.score - left.score ||
    wordDistance(left) - wordDistance(right) ||
    (left.name < right.name ? -1 : Number(left.name > right.name))
  );
}
