import type { Style } from '../../screen/style.ts';
import { cut, plainLine } from '../../screen/text.ts';
import type { TreeNode } from '../account/tree.ts';

/** A tree with a line for each object; deep ones are cut on a narrow terminal. */
export function treeLines(
  nodes: readonly TreeNode[],
  { style, columns }: { readonly style: Style; readonly columns: number | undefined },
): readonly string[] {
  return nodes.flatMap((node) => nodeLines(node, '', '', { style, columns }));
}

type Drawing = { readonly style: Style; readonly columns: number | undefined };

function nodeLines(
  { name, state, notes, children }: TreeNode,
  first: string,
  rest: string,
  drawing: Drawing,
): readonly string[] {
  const { style, columns } = drawing;
  const said = `${first}${plainLine(name)}`;
  const shown = columns === undefined ? said : cut(said, Math.max(1, columns - LONGEST_STATE));
  const head = state === undefined ? shown : `${shown}  ${style.state(state)}`;
  const below = [
    ...notes.map((note) => (isLast: boolean) => [`${rest}${branch(isLast)}${style.faint(plainLine(note))}`]),
    ...children.map(
      (child) => (isLast: boolean) =>
        nodeLines(child, `${rest}${branch(isLast)}`, `${rest}${isLast ? '   ' : '│  '}`, drawing),
    ),
  ];
  return [head, ...below.flatMap((lines, index) => lines(index === below.length - 1))];
}

/** Two blanks, a sign, a blank and the word. */
const LONGEST_STATE = 2 + 2 + 'skipped'.length;

function branch(isLast: boolean): string {
  return isLast ? '└─ ' : '├─ ';
}
