import { type PathEdge, type PathGraph, pathGraph } from '@cartographer/engine';
import { isObject, type Json, type KubeObject, listAt, textAt } from '@cartographer/machinery';

/** A blueprint's steps as they are drawn: in an order in which every input comes from above, as far as there is one. */
export type DrawnGraph = {
  readonly graph: PathGraph;
  /** Names of steps. */
  readonly order: readonly string[];
  /** Ways from one step to a later one, each pair once. */
  readonly ways: readonly Way[];
  /** What leads back to an earlier step, or to itself: nothing of such a loop is ever stamped. */
  readonly loops: readonly Way[];
  /** Inputs that no step of the blueprint gives: `app reads x of step y`. */
  readonly dangling: readonly { readonly to: string; readonly from: string }[];
};

/** A way between two steps, with the inputs that go it. */
export type Way = { readonly from: string; readonly to: string; readonly inputs: readonly string[] };

const NOBODY: KubeObject = { apiVersion: '', kind: '', metadata: {} };

/** Puts a blueprint's steps in order; with an owner, in the states that they have for it. */
export function drawGraph(chain: KubeObject, owner: KubeObject | undefined): DrawnGraph {
  const graph = pathGraph(chain, owner ?? NOBODY);
  const all = waysOf(graph.edges);
  const order = orderOf(
    graph.nodes.map(({ step }) => step),
    all,
  );
  const place = new Map(order.map((step, index) => [step, index]));
  const isForward = ({ from, to }: Way): boolean => (place.get(from) ?? 0) < (place.get(to) ?? 0);
  return {
    graph,
    order,
    ways: all.filter(isForward),
    loops: all.filter((way) => !isForward(way)),
    dangling: danglingOf(chain, new Set(order)),
  };
}

function waysOf(edges: readonly PathEdge[]): readonly Way[] {
  const byPair = Map.groupBy(edges, ({ from, to }) => JSON.stringify([from, to]));
  return [...byPair.values()].flatMap((some) => {
    const [first] = some;
    if (first === undefined) return [];
    return [{ from: first.from, to: first.to, inputs: some.map(({ input, kind }) => input || kind) }];
  });
}

/** Steps after all whose output they read, else as they were given; of a loop, the first that was given begins. */
function orderOf(steps: readonly string[], ways: readonly Way[]): readonly string[] {
  const open = new Set(steps);
  const order: string[] = [];
  while (open.size > 0) {
    const ready = [...open].find((step) =>
      ways.every(({ from, to }) => to !== step || from === step || !open.has(from)),
    );
    const [first = ''] = open;
    const next = ready ?? first;
    open.delete(next);
    order.push(next);
  }
  return order;
}

function danglingOf(chain: KubeObject, steps: ReadonlySet<string>): DrawnGraph['dangling'] {
  return listAt(chain, 'spec', 'resources').flatMap((resource) => {
    const to = textAt(resource, 'name');
    const inputs = ['sources', 'images', 'configs'].flatMap((kind) => listAt(resource, kind));
    const { deployment } = (isObject(resource) ? resource : {}) as { readonly deployment?: Json };
    return [...inputs, ...(deployment === undefined ? [] : [deployment])]
      .map((input) => textAt(input, 'resource'))
      .filter((from) => !steps.has(from))
      .map((from) => ({ to, from }));
  });
}
