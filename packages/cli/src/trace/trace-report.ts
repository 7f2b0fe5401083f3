import type { Json } from '@cartographer/machinery';
import type { Hop } from './hops.ts';
import { type Reached, reachedBy } from './reached.ts';
import type { TracedOwner } from './traced-owner.ts';

/** A trace as JSON: the same that the screen tells, values and times in full. */
export function traceReport(traced: TracedOwner, commit: string | undefined): Json {
  const { kind, namespace, name, graph, hops, running, delivers } = traced;
  return {
    kind,
    namespace,
    name,
    blueprint: graph.blueprint ?? null,
    state: graph.state,
    ...(commit === undefined ? {} : { commit, reached: reachedReport(reachedBy(hops, commit)) }),
    hops: hops.map(hopReport),
    running: running.map(({ object, image, from }) => ({ object, image, from: from ?? null })),
    delivers,
  };
}

function hopReport({ step, state, message, object, since, outputs, commits, unchanged, making }: Hop): Json {
  return {
    step,
    state,
    message,
    object: object ?? null,
    since: since ?? null,
    outputs: outputs.map((output) => ({ ...output, preview: output.preview.trim(), since: output.since ?? null })),
    commits,
    unchanged,
    making,
  };
}

function reachedReport(reached: Reached | undefined): Json {
  return reached === undefined ? null : { ...reached, at: reached.at ?? null };
}
