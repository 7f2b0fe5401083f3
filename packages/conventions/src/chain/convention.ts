import {
  type KubeObject,
  type LabelSelectorSpec,
  labelSelectorOf,
  memoByIdentity,
  SelectorError,
} from '@cartographer/machinery';
import { PRIORITIES } from '../kinds/cluster-pod-convention.ts';
import { type ConventionSpec, readConvention } from '../kinds/read.ts';

/** Labels that selectors read, by their target. */
export type SelectableLabels = Readonly<Record<ConventionSpec['selectorTarget'], Readonly<Record<string, string>>>>;

/** A convention that was read: ready to be applied, or with what is wrong with it. */
export type Convention = {
  readonly name: string;
  readonly priority: ConventionSpec['priority'];
  /** Whether it is for what has these labels. One of which that cannot be told may be for anything. */
  readonly fits: (labels: SelectableLabels) => boolean;
  readonly does:
    | ConventionSpec['does']
    | { readonly kind: 'wrong'; readonly reason: 'LabelSelector' | 'ConventionInvalid'; readonly message: string };
};

/** Reads a ClusterPodConvention; the same object once. */
export const conventionOf: (object: KubeObject) => Convention = memoByIdentity((object) => {
  const { name = '' } = object.metadata;
  const wrong = (reason: 'LabelSelector' | 'ConventionInvalid', message: string): Convention => ({
    name,
    priority: 'Normal',
    fits: () => true,
    does: { kind: 'wrong', reason, message },
  });
  const read = readConvention(object);
  if (read.kind === 'wrong') {
    return wrong('ConventionInvalid', `convention ${name} cannot be read: ${read.errors.join('; ')}`);
  }
  const { selectors = [], selectorTarget, priority, does } = read.value;
  try {
    return { name, priority, fits: fitsAny(selectors, selectorTarget), does };
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    return wrong('LabelSelector', `the label selector of convention ${name} is not valid: ${error.message}`);
  }
});

/** @throws SelectorError for a selector that is none. */
function fitsAny(
  selectors: readonly LabelSelectorSpec[],
  target: ConventionSpec['selectorTarget'],
): Convention['fits'] {
  const compiled = selectors.map((selector) => labelSelectorOf(selector));
  return (labels) => compiled.length === 0 || compiled.some((selector) => selector.matches(labels[target]));
}

/** Those that fit, in the order in which they are applied: by class, and by the bytes of their names within one. */
export function chainFor(conventions: readonly Convention[], labels: SelectableLabels): readonly Convention[] {
  const place = ({ priority }: Convention): number => PRIORITIES.indexOf(priority);
  return conventions
    .filter(({ fits }) => fits(labels))
    .toSorted((a, b) => place(a) - place(b) || (a.name < b.name ? -1 : Number(a.name > b.name)));
}
