import type { PathGraph, PathNode } from '@cartographer/engine';
import { ageSince } from '../../screen/ages.ts';
import { STATE_SIGNS } from '../../screen/style.ts';
import { type Cell, columnWidths, GAP, keyValueLines, type Table } from '../../screen/table.ts';
import { cut, widthOf } from '../../screen/text.ts';
import { isDelivery } from '../account/account.ts';
import { fittingTable } from './fitting-table.ts';
import { shortDigests } from './short-value.ts';
import type { View } from './view.ts';

type StepsView = Pick<View, 'style' | 'columns' | 'nowMs'>;

/** The blueprint, each step with its state, age, health and object, and what each hands on. */
export function stepLines(graph: PathGraph, view: StepsView): readonly string[] {
  const { style, columns } = view;
  const { blueprint, nodes } = graph;
  const none: Cell = { text: '<none>', paint: style.faint };
  const name = keyValueLines([['name', blueprint?.name ?? none]], columns);
  const shown = nodes.filter((node) => !isDelivery(node));
  if (shown.length === 0) return name;
  const steps = withResources(
    shown.map((node) => stepRow(node, view)),
    shown,
    view,
  );
  const outputs = shown.flatMap((node) => outputRows(node, view));
  return [
    ...name,
    '',
    ...fittingTable(steps, style, columns),
    ...(outputs.length === 0
      ? []
      : ['', ...fittingTable({ head: ['STEP', 'OUTPUT', 'AGE', 'VALUE'], rows: outputs }, style, columns)]),
  ];
}

function stepRow(node: PathNode, { style, nowMs }: StepsView): readonly Cell[] {
  const { step, state, since } = node;
  return [
    step,
    { text: `${STATE_SIGNS[state]} ${state}`, paint: (text) => style.inState(state, text) },
    ageSince(since, nowMs),
    healthText(node),
  ];
}

/** A name is never cut before its kind is: the room is what the other columns leave. */
function withResources(rows: readonly (readonly Cell[])[], nodes: readonly PathNode[], view: StepsView): Table {
  const head = ['STEP', 'STATE', 'AGE', 'HEALTH'];
  const taken = columnWidths({ head, rows }).reduce((sum, width) => sum + width + GAP.length, 0);
  const room = view.columns === undefined ? Number.POSITIVE_INFINITY : view.columns - taken;
  const resources = nodes.map(({ stamped }): Cell => {
    if (stamped === undefined) return { text: 'not found', paint: view.style.faint };
    const name = `/${stamped.name}`;
    const least = room - widthOf(name);
    return least < LEAST_KIND ? `${stamped.resource}${name}` : `${cut(stamped.resource, least)}${name}`;
  });
  return { head: [...head, 'RESOURCE'], rows: rows.map((row, index) => [...row, resources[index] ?? '']) };
}

/** Fewer columns of a kind say nothing. */
const LEAST_KIND = 6;

/** Health in a word; a pass-through has none. */
function healthText({ healthy, state }: PathNode): string {
  switch (healthy) {
    case 'True':
      return 'healthy';
    case 'False':
      return 'unhealthy';
    case 'Unknown':
      return 'not known';
    case undefined:
      return state === 'skipped' ? '' : '-';
  }
}

function outputRows({ step, outputs }: PathNode, { nowMs }: StepsView): readonly (readonly Cell[])[] {
  return outputs.map(({ name, preview, since }) => [step, name, ageSince(since, nowMs), shortDigests(preview)]);
}
