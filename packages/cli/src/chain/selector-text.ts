import { type BlueprintFit, explainSelection, needText, type SelectorTerm, workloadOwner } from '@cartographer/engine';
import type { Json, KubeObject } from '@cartographer/machinery';
import { OWNER_OF } from './find-chain.ts';

/** An owner with nothing that a selector could be held against. */
const NOBODY: KubeObject = { apiVersion: 'carto.run/v1alpha1', kind: 'Workload', metadata: {}, spec: {} };

/** The terms of a blueprint's selector, or why it is broken. */
export function selectorOf(chain: KubeObject): Pick<BlueprintFit, 'terms' | 'message'> {
  const kind = OWNER_OF[chain.kind] ?? workloadOwner;
  const [fit] = explainSelection(kind, { ...NOBODY, kind: kind.kind }, [chain]).blueprints;
  return fit ?? { terms: [], message: '' };
}

/** The terms of an option's selector, or why it is broken. */
export function optionSelectorOf(selector: Json | undefined): Pick<BlueprintFit, 'terms' | 'message'> {
  const { matchLabels, matchExpressions, matchFields } = (selector ?? {}) as Readonly<Record<string, Json | undefined>>;
  const spec = {
    selector: matchLabels ?? {},
    selectorMatchExpressions: matchExpressions ?? [],
    selectorMatchFields: matchFields ?? [],
    resources: [],
  };
  return selectorOf({ apiVersion: 'carto.run/v1alpha1', kind: 'ClusterSupplyChain', metadata: {}, spec });
}

/** What a selector asks for, in words. */
export function selectorText({ terms, message }: Pick<BlueprintFit, 'terms' | 'message'>): string {
  if (message !== '') return `broken: ${message}`;
  return terms.length === 0 ? 'everything, and is never chosen' : terms.map(needText).join(', ');
}

/** A row of a table of terms: what of, key, operator, values. */
export function termRow({ on, key, operator, values }: SelectorTerm): readonly string[] {
  return [on, key, operator, values.join(', ')];
}
