import { type PathGraph, pathGraph } from '@cartographer/engine';
import { type KubeObject, listAt, textAt } from '@cartographer/machinery';
import type { OwnerKindName } from '../frame/owner-name.ts';
import { ageSince } from '../screen/ages.ts';
import type { Style } from '../screen/style.ts';
import type { Cell } from '../screen/table.ts';
import { typeOf } from './account/type-labels.ts';
import { shortValue } from './screen/short-value.ts';

/** Says which app an owner is part of. */
export const APP_LABEL = 'app.kubernetes.io/part-of';

/** A column of a list of owners. */
export type ListColumn = { readonly name: string; readonly cell: (owner: KubeObject, nowMs: number) => Cell };

/** What decides which columns a list has. */
export type ListColumnsOptions = {
  readonly kind: OwnerKindName;
  readonly view: { readonly allNamespaces?: boolean; readonly app?: string; readonly output?: string };
  /** Labels that say the type of a Workload. */
  readonly keys: readonly string[];
  readonly style: Style;
};

/** The columns of a list: what all share does not stand in it, `-o wide` adds the blueprint and what was handed on. */
export function listColumns({ kind, view, keys, style }: ListColumnsOptions): readonly ListColumn[] {
  const type: ListColumn = { name: 'TYPE', cell: (owner) => typeOf(owner, keys) };
  return [
    ...(view.allNamespaces === true ? [at('NAMESPACE', 'metadata', 'namespace')] : []),
    at('NAME', 'metadata', 'name'),
    ...(kind === 'Workload' ? [type] : []),
    ...(view.app === undefined && kind !== 'Runnable' ? [at('APP', 'metadata', 'labels', APP_LABEL)] : []),
    ...(kind === 'Runnable' ? [at('TEMPLATE', 'spec', 'runTemplateRef', 'name')] : []),
    { name: 'READY', cell: (owner) => readyCell(owner, style) },
    { name: 'AGE', cell: (owner, nowMs) => ageSince(owner.metadata.creationTimestamp, nowMs) },
    ...(view.output === 'wide' ? wideColumns(kind) : []),
  ];
}

function at(name: string, ...path: readonly string[]): ListColumn {
  return { name, cell: (owner) => textAt(owner, ...path) };
}

function wideColumns(kind: OwnerKindName): readonly ListColumn[] {
  const outputs: ListColumn = { name: 'OUTPUTS', cell: (owner) => outputsText(pathGraph(undefined, owner)) };
  switch (kind) {
    case 'Workload':
      return [at('CHAIN', 'status', 'supplyChainRef', 'name'), outputs];
    case 'Deliverable':
      return [at('DELIVERY', 'status', 'deliveryRef', 'name'), outputs];
    case 'Runnable':
      return [{ name: 'MESSAGE', cell: (owner) => pathGraph(undefined, owner).message }];
  }
}

const VALUE_COLUMNS = 40;

/** What each step hands on that says what it is; of a source the revision, for its address says nothing new. */
function outputsText({ nodes }: PathGraph): string {
  const shown = nodes.flatMap(({ step, outputs }) => {
    const output = outputs.find(({ name }) => name !== 'url' && name !== 'config');
    return output === undefined ? [] : [`${step}=${shortValue(output.preview, VALUE_COLUMNS)}`];
  });
  return shown.join(', ');
}

/** `Ready`, why not, or `Unknown`; what was said of an earlier generation is Unknown. */
function readyCell(owner: KubeObject, { good, bad, warn, info }: Style): Cell {
  const ready = listAt(owner['status'], 'conditions').find((condition) => textAt(condition, 'type') === 'Ready');
  if (ready === undefined) return { text: '<unknown>', paint: warn };
  const { state, reason } = pathGraph(undefined, owner);
  if (state === 'waiting' && reason === '') return { text: 'Unknown', paint: info };
  const status = textAt(ready, 'status');
  if (status === 'True') return { text: 'Ready', paint: good };
  return status === 'False'
    ? { text: textAt(ready, 'reason') || 'False', paint: bad }
    : { text: 'Unknown', paint: info };
}
