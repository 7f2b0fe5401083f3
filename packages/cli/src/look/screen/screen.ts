import type { OwnerKindName } from '../../frame/owner-name.ts';
import { plainLine, wrap } from '../../screen/text.ts';
import type { OwnerAccount } from '../account/account.ts';
import { stepTimes } from '../account/step-times.ts';
import type { TreeNode } from '../account/tree.ts';
import { messageLines } from './message-lines.ts';
import { nextCommand } from './next-command.ts';
import { overviewLines, serviceLines, sourceLines } from './owner-lines.ts';
import { runLines, runningLines, timeLines } from './run-lines.ts';
import { stepLines } from './step-lines.ts';
import { treeLines } from './tree-lines.ts';
import type { View } from './view.ts';

const INDENT = 3;

/** The whole screen about an owner: sections with a blank line between, and the next command to try. */
export function screenLines(
  account: OwnerAccount,
  type: string,
  tree: readonly TreeNode[] | undefined,
  view: View,
): readonly string[] {
  const inner = { ...view, columns: view.columns === undefined ? undefined : Math.max(1, view.columns - INDENT) };
  const { graph, deliveries, runs, running, unread } = account;
  const times = stepTimes(graph, runs, view.nowMs);
  const sections: readonly (readonly [title: string, lines: readonly string[]])[] = [
    ['Overview', overviewLines(account, type, inner)],
    ['Source', sourceLines(account, inner)],
    [BLUEPRINT_TITLES[view.kind], view.kind === 'Runnable' ? [] : stepLines(graph, inner)],
    ...deliveries.map(
      ({ name, graph: delivery }) =>
        [
          `Delivery ${plainLine(name)}`,
          delivery === undefined ? [view.style.faint('not there, or not to be read')] : stepLines(delivery, inner),
        ] as const,
    ),
    ['Messages', messageLines(account, inner)],
    ['Services', serviceLines(account, inner)],
    ['Runs', runLines(runs, inner)],
    ['Times', timeLines(times, inner)],
    ...running.map(({ printer, objects }) => [printer.title, runningLines(printer, objects, inner)] as const),
    ['Objects', tree === undefined ? [] : treeLines(tree, inner)],
    ['Not shown', unread.flatMap((resource) => unreadLines(resource, inner.columns))],
  ];
  const shown = sections.filter(([, lines]) => lines.length > 0);
  return [
    ...shown.flatMap(([title, lines]) => [
      view.style.bold(title),
      ...lines.map((line) => `${' '.repeat(INDENT)}${line}`.trimEnd()),
      '',
    ]),
    nextCommand(account, view),
  ];
}

const BLUEPRINT_TITLES: Readonly<Record<OwnerKindName, string>> = {
  Workload: 'Supply Chain',
  Deliverable: 'Delivery',
  Runnable: '',
};

function unreadLines(resource: string, columns: number | undefined): readonly string[] {
  const text = `${resource}: may not be read by you; ask for "list" on them`;
  return columns === undefined ? [text] : wrap(text, columns);
}
