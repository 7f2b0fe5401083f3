import type { PathGraph, PathNode } from '@cartographer/engine';
import { getPath, type KubeObject, listAt, textAt } from '@cartographer/machinery';
import { ageSince } from '../screen/ages.ts';
import { createStyle, STATE_SIGNS } from '../screen/style.ts';

/** An owner with its way. */
export type Flow = { readonly key: string; readonly graph: PathGraph };

/** What the live view shows. */
export type View = {
  readonly flows: readonly Flow[];
  /** Addresses of running apps by owner key. */
  readonly urls: ReadonlyMap<string, string>;
  /** What is wrong with a source of advisories, by its name. */
  readonly notes: ReadonlyMap<string, string>;
  readonly nowMs: number;
};

/** A reason has room for this many lines: what would open a gate stands at its end. */
const MOST_LINES = 6;

/** The lines of the live view, none wider than `width`. */
export function viewLines({ flows, urls, notes, nowMs }: View, width: number): readonly string[] {
  const told = [...notes].flatMap(([name, note]) => wrapped(noteText(name, note), width));
  if (flows.length === 0) return ['no workloads yet: kubectl apply one', ...told];
  const all = flows.flatMap(({ key, graph }) => {
    const url = urls.get(key);
    const title = `${key}  ${graph.blueprint?.name ?? 'no supply chain'}${url === undefined ? '' : `  ${url}`}`;
    const why = graph.message === '' ? [] : wrapped(graph.message, width);
    return [
      signed(graph.state, cut(title, width - 2)),
      ...graph.nodes.map((node) => stepLine(node, nowMs, width)),
      ...why,
    ];
  });
  return [...all, ...told];
}

function stepLine(node: PathNode, nowMs: number, width: number): string {
  const age = ageSince(changedAt(node), nowMs);
  return `  ${signed(node.state, cut(`${node.step.padEnd(12)} ${age.padStart(4)}  ${textOf(node)}`, width - 4))}`;
}

/** When the step last handed on something else, else since when it is as it is. */
function changedAt({ outputs, since }: PathNode): string | undefined {
  return (
    outputs
      .flatMap((output) => output.since ?? [])
      .toSorted()
      .at(-1) ?? since
  );
}

/** Why a step is not ready comes before the value that it still has; why another one is held is told where that stands. */
function textOf(node: PathNode): string {
  if (node.message === '') return valueOf(node);
  return node.waitsFor === undefined ? node.message : (node.message.split(': ', 1)[0] ?? '');
}

const SHORT = 60;

/** The last value that a step hands on, in one line, its digest cut short. */
function valueOf({ outputs }: PathNode): string {
  const lines = outputs.map(({ preview }) =>
    preview
      .trim()
      .split('\n')
      .join(' ')
      .replace(/(sha\d+:[0-9a-f]{12})[0-9a-f]+/g, '$1'),
  );
  const line = lines.filter(Boolean).at(-1) ?? '';
  return line.length > SHORT ? `${line.slice(0, SHORT - 1)}…` : line;
}

/** A text on lines of its own, two columns in, broken between words. */
function wrapped(text: string, width: number): readonly string[] {
  const room = Math.max(1, width - 2);
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && (longer.length <= room || lines.length === MOST_LINES)) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.map((line) => cut(`  ${line}`, width));
}

/** Says what is wrong with a source of advisories. */
export function noteText(name: string, note: string): string {
  return `ClusterVulnerabilitySource ${name}: ${note}`;
}

/** What a person has to know of a source of advisories: that it cannot be read, or not all of it. */
export function noteOf(source: KubeObject): string | undefined {
  const fetched = listAt(source['status'], 'conditions').find((entry) => getPath(entry, 'type') === 'Fetched');
  return textAt(fetched, 'message') || undefined;
}

const { inState } = createStyle(true);

function signed(state: PathNode['state'], text: string): string {
  return `${inState(state, STATE_SIGNS[state])} ${text}`;
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** Lines about what changed between two looks, for a log that is no terminal. */
export function changeLines(before: Flow | undefined, { key, graph }: Flow): readonly string[] {
  const known = new Map(before?.graph.nodes.map((node) => [node.step, told(node)]));
  const steps = graph.nodes.filter((node) => known.get(node.step) !== told(node));
  const isSame = before?.graph.state === graph.state && before.graph.message === graph.message;
  return [
    ...steps.map((node) => `${key} ${node.step}: ${told(node)}`),
    ...(isSame ? [] : [`${key}: ${stateText(graph.state, graph.message)}`]),
  ];
}

function told(node: PathNode): string {
  return stateText(node.state, textOf(node));
}

/** A state and what there is to say of it; a message that begins with the state itself is enough. */
function stateText(state: PathNode['state'], text: string): string {
  const isPending = (state === 'waiting' || state === 'running') && /^wait(?:s|ing) /.test(text);
  if (isPending || text.startsWith(state)) return text;
  return text === '' ? state : `${state}${state === 'ready' ? '' : ':'} ${text}`;
}
