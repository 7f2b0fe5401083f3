import type { PathGraph, PathNode } from '@cartographer/engine';
import type { Style } from '../../screen/style.ts';
import { plainLine } from '../../screen/text.ts';
import { shortValue } from './short-value.ts';

/** Lines about what changed between two looks: each step whose state, reason or output is another. */
export function stepChanges(before: PathGraph | undefined, after: PathGraph, style: Style): readonly string[] {
  const known = new Map(before?.nodes.map((node) => [node.step, node]));
  const width = Math.max(0, ...after.nodes.map(({ step }) => step.length));
  const changed = after.nodes.filter((node) => isChanged(known.get(node.step), node));
  return changed.map((node) =>
    `${style.state(node.state)}${gap(node)}${node.step.padEnd(width)}  ${tellOf(node)}`.trimEnd(),
  );
}

const LONGEST_STATE = 'skipped'.length;

function gap({ state }: PathNode): string {
  return ' '.repeat(LONGEST_STATE - state.length + 2);
}

function isChanged(before: PathNode | undefined, after: PathNode): boolean {
  return before === undefined || before.state !== after.state || tellOf(before) !== tellOf(after);
}

/** What a step gives, else what it is held by. */
function tellOf({ state, message, outputs, waitsFor }: PathNode): string {
  if (state === 'ready' || state === 'skipped') return outputs.map(({ preview }) => shortValue(preview)).at(-1) ?? '';
  return waitsFor === undefined ? plainLine(message) : `waits for ${waitsFor}`;
}
