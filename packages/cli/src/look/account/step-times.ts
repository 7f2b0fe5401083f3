import type { PathGraph, PathNode } from '@cartographer/engine';
import { type RunRecord, spanOf, tookMs } from './run-records.ts';

/** How long a step took, as far as it is recorded. All spans are milliseconds. */
export type StepTime = {
  readonly step: string;
  /**
   * `runs`: from start to end of each run, as the runs say. `outputs`: from the newest output that it reads to its own, as the
   * owner's status says; the one before is not kept.
   */
  readonly from: 'runs' | 'outputs';
  /** What it took, the newest first, at most {@link MOST_TIMES}; only of what went well. */
  readonly tookMs: readonly number[];
  /** How long the newest run has been going; undefined when none does. */
  readonly runningMs: number | undefined;
  /** It has been going for longer than it ever took. */
  readonly isSlow: boolean;
};

/** How many times are told. */
const MOST_TIMES = 5;

/** How long each step took the last times, of those of which something is recorded. */
export function stepTimes(
  graph: PathGraph,
  runs: ReadonlyMap<string, readonly RunRecord[]>,
  nowMs: number,
): readonly StepTime[] {
  return graph.nodes.flatMap((node) => {
    const records = runs.get(node.step) ?? [];
    const time = records.length > 0 ? timeOfRuns(node.step, records, nowMs) : timeOfOutputs(node, graph);
    return time === undefined ? [] : [time];
  });
}

function timeOfRuns(step: string, records: readonly RunRecord[], nowMs: number): StepTime | undefined {
  const took = records
    .filter(({ state }) => state === 'ready')
    .flatMap((record) => tookMs(record) ?? [])
    .slice(0, MOST_TIMES);
  const [newest] = records;
  const isGoing = newest?.state === 'running' && newest.endedAt === undefined;
  const runningMs = isGoing ? Math.max(0, nowMs - Date.parse(newest.startedAt)) : undefined;
  if (took.length === 0 && runningMs === undefined) return undefined;
  const isSlow = runningMs !== undefined && took.length > 0 && runningMs > Math.max(...took);
  return { step, from: 'runs', tookMs: took, runningMs, isSlow };
}

/** Two times of one writer; only where the output is younger than all that it was made from. */
function timeOfOutputs({ step, outputs }: PathNode, { nodes, edges }: PathGraph): StepTime | undefined {
  const producers = new Set(edges.filter(({ to }) => to === step).map(({ from }) => from));
  const inputs = nodes.filter((node) => producers.has(node.step)).flatMap((node) => node.outputs);
  const [began, ended] = [newest(inputs), newest(outputs)];
  const ms = began === undefined || ended === undefined ? undefined : spanOf(began, ended);
  return ms === undefined ? undefined : { step, from: 'outputs', tookMs: [ms], runningMs: undefined, isSlow: false };
}

function newest(outputs: PathNode['outputs']): string | undefined {
  return outputs
    .flatMap(({ since }) => since ?? [])
    .toSorted()
    .at(-1);
}
