import type { StepState } from '@cartographer/api';
import type { PathEdge, PathGraph, PathNode, PathOutput } from '@cartographer/engine';
import type { Json } from '@cartographer/machinery';
import { originOver } from './made-from.ts';

/** A step on the way from a commit to what runs. */
export type Hop = {
  readonly step: string;
  readonly state: StepState;
  readonly message: string;
  /** `kind/name` of its object. */
  readonly object: string | undefined;
  readonly outputs: readonly PathOutput[];
  /** Since when it hands on what it hands on, else since when it is as it is; RFC 3339. */
  readonly since: string | undefined;
  /** Commits that what it hands on, or made, stems from, as sources show them; none where that is not recorded. */
  readonly commits: readonly string[];
  /**
   * What it hands on did not change since what it was made from did: it was made again and is the same, or it is not made yet.
   * Which of both, the status does not tell.
   */
  readonly unchanged: boolean;
  /** Commits that it works on, where they are others than those. */
  readonly making: readonly string[];
};

/**
 * The steps of an owner with the commits that they stem from. A source's commit is its revision. Any other step's is that of
 * the steps it reads from, if its object says that it was made from what they hand on now, and once it is ready: what it
 * hands on before is of an earlier commit, and of which one is not recorded.
 *
 * @param digests what each step's object says that it was made from, by step
 */
export function hopsOf(
  { nodes, edges }: Pick<PathGraph, 'nodes' | 'edges'>,
  digests: ReadonlyMap<string, Json | undefined>,
): readonly Hop[] {
  const hops = new Map<string, Hop>();
  for (const node of inOrderOfInputs(nodes, edges)) {
    const incoming = edges.filter(({ to }) => to === node.step);
    const commits = commitsOfInputs(node, incoming, hops, digests.get(node.step));
    const began = newestOf(incoming.flatMap(({ from }) => hops.get(from)?.outputs ?? []));
    hops.set(node.step, hopOf(node, commits, began));
  }
  return nodes.flatMap(({ step }) => hops.get(step) ?? []);
}

/** Producers first; in a circle, which no blueprint may have, the order of the blueprint. */
function inOrderOfInputs(nodes: readonly PathNode[], edges: readonly PathEdge[]): readonly PathNode[] {
  const done = new Set<string>();
  const ordered: PathNode[] = [];
  let left = nodes;
  while (left.length > 0) {
    const ready = left.filter(({ step }) =>
      edges.every(({ from, to }) => to !== step || from === step || done.has(from)),
    );
    const next = ready.length === 0 ? left : ready;
    for (const node of next) done.add(node.step);
    ordered.push(...next);
    left = left.filter(({ step }) => !done.has(step));
  }
  return ordered;
}

function commitsOfInputs(
  node: PathNode,
  incoming: readonly PathEdge[],
  hops: ReadonlyMap<string, Hop>,
  digests: Json | undefined,
): readonly string[] {
  const commits = incoming.flatMap((edge) => {
    const producer = hops.get(edge.from);
    if (producer === undefined) return [];
    const isCurrent = node.stamped === undefined ? isPassedOn(node, producer) : isMadeFrom(edge, digests, producer);
    return isCurrent ? producer.commits : [];
  });
  return [...new Set(commits)];
}

function isMadeFrom(edge: PathEdge, digests: Json | undefined, { outputs }: Hop): boolean {
  return originOver(edge, digests, outputs) === 'current';
}

/** A step without an object hands on what it is given. */
function isPassedOn({ outputs, state }: PathNode, producer: Hop): boolean {
  const given = new Set(producer.outputs.map(({ digest }) => digest));
  return (state === 'ready' || state === 'skipped') && outputs.some(({ digest }) => given.has(digest));
}

/** When the newest of some outputs changed: all are times of one writer, the controller. */
function newestOf(outputs: readonly PathOutput[]): string {
  return (
    outputs
      .map(({ since }) => since ?? '')
      .toSorted()
      .at(-1) ?? ''
  );
}

function hopOf(node: PathNode, fromInputs: readonly string[], began: string): Hop {
  const { step, state, message, stamped, outputs } = node;
  const revision = outputs.find(({ name }) => name === 'revision');
  const own = revision === undefined ? undefined : [revision.preview.trim()];
  const isDone = state === 'ready' || state === 'skipped';
  const commits = own ?? (isDone ? fromInputs : []);
  const making = isDone ? [] : fromInputs.filter((commit) => !commits.includes(commit));
  const changed = newestOf(outputs);
  return {
    step,
    state,
    message,
    object: stamped === undefined ? undefined : `${stamped.kind.toLowerCase()}/${stamped.name}`,
    outputs,
    since: changed || node.since,
    commits,
    unchanged: isDone && own === undefined && stamped !== undefined && changed !== '' && changed < began,
    making,
  };
}
