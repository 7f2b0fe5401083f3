import { neededResults, type PipelineTask } from './pipeline-task.ts';

/** Which tasks come before a task, by its name. Tasks of `finally` come after all others and are not in it. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/** Puts the tasks in order, by `runAfter` and by the results that they need; or says in Tekton's words why there is none. */
export function pipelineGraph(
  tasks: readonly PipelineTask[],
): { readonly kind: 'graph'; readonly graph: Graph } | { readonly kind: 'invalid'; readonly message: string } {
  const graph = new Map<string, readonly string[]>();
  for (const task of tasks) {
    if (graph.has(task.name))
      return invalid(`task ${task.name} is already present in Graph, can't add it again: duplicate pipeline task`);
    graph.set(task.name, task.isFinal ? [] : before(task));
  }
  const cycle = cycleIn(graph);
  if (cycle !== undefined) return invalid(`cycle detected; ${cycle}`);
  for (const [name, needed] of graph) {
    const missing = needed.find((other) => !tasks.some((task) => task.name === other && !task.isFinal));
    if (missing !== undefined)
      return invalid(
        `couldn't add link between ${name} and ${missing}: task ${name} depends on ${missing} but ${missing} wasn't present in Pipeline`,
      );
  }
  return { kind: 'graph', graph };
}

function before(task: PipelineTask): readonly string[] {
  return [...new Set([...task.runAfter, ...neededResults(task).map((reference) => reference.task)])];
}

/** Takes away what depends on nothing that is left, until nothing is left; the rest goes in a circle. */
function cycleIn(graph: Graph): string | undefined {
  const left = new Map([...graph].map(([name, needed]) => [name, needed.filter((other) => graph.has(other))]));
  for (;;) {
    const free = [...left].filter(([, needed]) => !needed.some((other) => left.has(other))).map(([name]) => name);
    if (free.length === 0) break;
    for (const name of free) left.delete(name);
  }
  const [first] = [...left.keys()].toSorted();
  if (first === undefined) return undefined;
  const needed = (left.get(first) ?? []).filter((other) => left.has(other)).toSorted();
  return `task "${first}" depends on ${needed.map((name) => `"${name}"`).join(', ')}`;
}

function invalid(message: string): { readonly kind: 'invalid'; readonly message: string } {
  return { kind: 'invalid', message };
}
