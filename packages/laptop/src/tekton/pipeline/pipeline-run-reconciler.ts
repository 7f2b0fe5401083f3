import { rm } from 'node:fs/promises';
import { type Client, WrittenObjects } from '@cartographer/kube';
import { deepEqual, getPath, type JsonObject, type KubeObject, listAt, rfc3339, textAt } from '@cartographer/machinery';
import { done, type Next, type Reconcile } from '@cartographer/runtime';
import type { EventsOf } from '../../reasons/laptop-reasons.ts';
import { withLabels } from '../kind/run-labels.ts';
import { conditionsOf, isDone, timeMs, verdictOf } from '../kind/run-status.ts';
import { FIELD_MANAGER, pipelineRunType, STOPPED_BY_PIPELINE } from '../kind/tekton-types.ts';
import { pipelineFolder } from '../task/run-places.ts';
import { type AdvanceDeps, advance, knownFields, type PipelineOutcome, stopAll } from './advance.ts';
import { findPipeline } from './find-pipeline.ts';
import { pipelineRunEvents } from './pipeline-events.ts';
import { pipelineRunSpec } from './pipeline-run.ts';

/** What a PipelineRun reconciler reads from and writes to. */
export type PipelineRunDeps = AdvanceDeps & {
  /** The cache of PipelineRuns. */
  readonly pipelineRuns: { get(key: string): KubeObject | undefined };
  readonly client: Pick<Client, 'apply'>;
  readonly events: EventsOf<'PipelineRun'>;
};

/**
 * Makes the TaskRuns of each PipelineRun when their turn has come, and reports in the words of Tekton. Level-based: how
 * far it got is read from the TaskRuns, whose names are always the same, so that none is made twice.
 */
export function createPipelineRunReconciler(deps: PipelineRunDeps): Reconcile {
  const written = new WrittenObjects();

  return async (key, { signal, log }) => {
    const object = written.newest(key, deps.pipelineRuns.get(key));
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) {
      written.forget(key);
      await rm(pipelineFolder(deps.folder, key), { recursive: true, force: true });
      return done;
    }
    if (isDone(object)) return done;
    const outcome = await settle(deps, object, signal);
    const labelled = await withLabels(deps.client, pipelineRunType, object, outcome.labels ?? {}, signal);
    written.note(key, object, labelled);
    const reported = await report(deps, labelled, outcome, signal);
    written.note(key, labelled, reported);
    log.debug({ reason: outcome.verdict.reason }, 'pipeline run reconciled');
    return nextLook(deps, reported);
  };
}

/** When time itself changes something. */
function nextLook({ now }: PipelineRunDeps, object: KubeObject): Next {
  const { timeouts } = pipelineRunSpec(object);
  const [startedMs, finallyMs] = [timeMs(object, 'startTime'), timeMs(object, 'finallyStartTime')];
  if (isDone(object) || startedMs === undefined) return done;
  const ends = [
    timeouts.pipelineMs > 0 ? startedMs + timeouts.pipelineMs : undefined,
    (timeouts.tasksMs ?? 0) > 0 && finallyMs === undefined ? startedMs + (timeouts.tasksMs ?? 0) : undefined,
    (timeouts.finallyMs ?? 0) > 0 && finallyMs !== undefined ? finallyMs + (timeouts.finallyMs ?? 0) : undefined,
  ].filter((end) => end !== undefined && end >= now());
  const end = Math.min(...ends.map((each) => each ?? Number.POSITIVE_INFINITY));
  return Number.isFinite(end) ? { kind: 'again', afterMs: end - now() + 1 } : done;
}

async function settle(deps: PipelineRunDeps, object: KubeObject, signal: AbortSignal): Promise<PipelineOutcome> {
  const { name = '' } = object.metadata;
  const wanted = pipelineRunSpec(object);
  const known = knownFields(object);
  if (wanted.status === 'Cancelled') {
    await stopAll(deps, object, childNames(object), STOPPED_BY_PIPELINE.cancelled, signal);
    const message = `PipelineRun "${name}" was cancelled`;
    return { verdict: { status: 'False', reason: 'Cancelled', message }, fields: known };
  }
  if (wanted.status === 'PipelineRunPending' && timeMs(object, 'startTime') === undefined)
    return {
      verdict: { status: 'Unknown', reason: 'PipelineRunPending', message: `PipelineRun "${name}" is pending` },
    };
  const found = await findPipeline(deps.client, object);
  if (found.kind === 'failed') {
    const { verdict, labels, spec } = found;
    return { verdict, labels, fields: { ...known, ...(spec === undefined ? {} : { pipelineSpec: spec }) } };
  }
  const { labels } = found.pipeline;
  return { ...(await advance(deps, object, found.pipeline, signal)), labels };
}

/** Writes the status, if it says anything new, and records events. Answers with the object as it is then. */
async function report(
  { client, events, now }: PipelineRunDeps,
  object: KubeObject,
  { verdict, fields = {} }: PipelineOutcome,
  signal: AbortSignal,
): Promise<KubeObject> {
  const isPending = verdict.reason === 'PipelineRunPending';
  const startTime = getPath(object['status'], 'startTime') ?? rfc3339(now());
  const conditions = conditionsOf(object, verdict, now());
  const status: JsonObject = {
    ...fields,
    conditions,
    ...(isPending ? {} : { startTime }),
    ...(verdict.status === 'Unknown' ? {} : { completionTime: rfc3339(now()) }),
  };
  if (deepEqual(status, object['status'] ?? {})) return object;
  const { apiVersion, kind } = object;
  const { name, namespace, resourceVersion } = object.metadata;
  // Of this very version: what was decided by an old one is not written.
  const written = { apiVersion, kind, metadata: { name, namespace, resourceVersion }, status };
  const how = { fieldManager: FIELD_MANAGER, force: true, subresource: 'status', signal };
  const result = await client.apply(pipelineRunType, written, how);
  const after = verdictOf(result);
  for (const { type, reason, message } of after === undefined ? [] : pipelineRunEvents(object, after))
    events.event(result, type, reason, message);
  return result;
}

function childNames({ status }: KubeObject): readonly string[] {
  return listAt(status, 'childReferences').map((item) => textAt(item, 'name'));
}
