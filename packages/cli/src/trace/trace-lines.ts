import { ownerText } from '../frame/owner-name.ts';
import { fittingTable } from '../look/screen/fitting-table.ts';
import { shortDigests } from '../look/screen/short-value.ts';
import { ageSince } from '../screen/ages.ts';
import { STATE_SIGNS, type Style } from '../screen/style.ts';
import type { Cell } from '../screen/table.ts';
import { plain, plainLine, wrap } from '../screen/text.ts';
import type { Hop } from './hops.ts';
import type { Reached } from './reached.ts';
import type { RunningImage, TracedOwner } from './traced-owner.ts';

/** How a trace is drawn. */
export type TraceView = { readonly style: Style; readonly columns: number | undefined; readonly nowMs: number };

const INDENT = '   ';

/** The way of one owner: how far the commit got that was asked for, each hop, what it hands on, and where it runs. */
export function traceLines(
  traced: TracedOwner,
  commit: { readonly text: string; readonly reached: Reached | undefined } | undefined,
  view: TraceView,
): readonly string[] {
  const { graph, hops, running } = traced;
  const { style } = view;
  const inner = {
    ...view,
    columns: view.columns === undefined ? undefined : Math.max(1, view.columns - INDENT.length),
  };
  const title = `${style.bold(plainLine(ownerText(traced, traced.namespace)))}  ${style.state(graph.state)}`;
  const told = commit?.reached === undefined ? [] : wrapped(reachedText(commit.text, commit.reached), inner.columns);
  const held = hops.filter(({ state }) => state !== 'ready' && state !== 'skipped' && state !== 'waiting');
  const parts = [
    told,
    hops.length === 0 ? wrapped(graph.message, inner.columns) : hopTable(hops, inner),
    held.flatMap(({ step, state, message }) => wrapped(`${step} is ${state}: ${message}`, inner.columns)),
    outputTable(hops, inner),
    runningTable(running, inner),
  ].filter((lines) => lines.length > 0);
  return [
    title,
    ...parts
      .flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]))
      .map((line) => `${INDENT}${line}`.trimEnd()),
  ];
}

function wrapped(text: string, columns: number | undefined): readonly string[] {
  return columns === undefined ? [plainLine(text)] : wrap(plain(text), columns);
}

function hopTable(hops: readonly Hop[], { style, columns, nowMs }: TraceView): readonly string[] {
  const rows = hops.map(({ step, state, since, commits, unchanged, making, object }, index): readonly Cell[] => [
    `${index + 1} ${step}`,
    { text: `${STATE_SIGNS[state]} ${state}`, paint: (text) => style.inState(state, text) },
    ageSince(since, nowMs),
    `${commitText(commits, making)}${unchanged ? ', unchanged' : ''}`,
    object ?? '-',
  ]);
  return fittingTable({ head: ['STEP', 'STATE', 'SINCE', 'COMMIT', 'OBJECT'], rows }, style, columns);
}

/** What it stems from, and after `→` what it works on, whose branch is left out where it is the same. */
function commitText(commits: readonly string[], making: readonly string[]): string {
  const old = commits.map(shortRevision).join(', ');
  if (making.length === 0) return old === '' ? 'not recorded' : old;
  const branch = commits.length === 1 ? branchOf(commits[0] ?? '') : undefined;
  const now = making.map((it) => shortRevision(branchOf(it) === branch ? it.slice(it.lastIndexOf(':') + 1) : it));
  return `${old === '' ? '' : `${old} `}→ ${now.join(', ')}`;
}

/** `main@sha1` of `main@sha1:4f2a9c1`. */
function branchOf(revision: string): string {
  return revision.slice(0, Math.max(0, revision.lastIndexOf(':')));
}

/** `main@sha1:4f2a9c1`, as git shortens. */
function shortRevision(revision: string): string {
  return revision.replace(/([0-9a-f]{7})[0-9a-f]{5,}/g, '$1');
}

function outputTable(hops: readonly Hop[], { style, columns, nowMs }: TraceView): readonly string[] {
  const rows = hops.flatMap(({ step, outputs }) =>
    outputs.map(({ name, preview, since }) => [step, name, ageSince(since, nowMs), shortDigests(preview)]),
  );
  return rows.length === 0 ? [] : fittingTable({ head: ['STEP', 'OUTPUT', 'SINCE', 'VALUE'], rows }, style, columns);
}

function runningTable(running: readonly RunningImage[], { style, columns }: TraceView): readonly string[] {
  if (running.length === 0) return [];
  const rows = running.map(({ object, image, from }): readonly Cell[] => [
    object,
    from === undefined ? { text: 'none now', paint: style.faint } : `${from.owner} ${from.step}`,
    shortDigests(image),
  ]);
  return fittingTable({ head: ['RUNS', 'FROM STEP', 'IMAGE'], rows }, style, columns);
}

/** `4f2a9c1 is at step 3 of 6: scan, refused`. */
function reachedText(commit: string, reached: Reached): string {
  const { at, steps, newer } = reached;
  const where =
    at === undefined
      ? `${commit} is through all ${steps} steps`
      : `${commit} is at step ${at.position} of ${steps}: ${at.step}, ${at.state}`;
  return newer.length === 0 ? where : `${where}; newer on the way: ${newer.map(shortRevision).join(', ')}`;
}
