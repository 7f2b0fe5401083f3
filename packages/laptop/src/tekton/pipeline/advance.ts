import { type Client, getIfThere, isAlreadyExists, isNotFound } from '@cartographer/kube';
import { type JsonObject, type KubeObject, listAt, rfc3339, textAt } from '@cartographer/machinery';
import { isDone, runStatus, timeMs } from '../kind/run-status.ts';
import { FIELD_MANAGER, LABELS, STOPPED_BY_PIPELINE, taskRunType } from '../kind/tekton-types.ts';
import { textReplacements } from '../values/replacements.ts';
import { childRun, makeVolumes } from './child-run.ts';
import { type Facts, pipelineFacts, type Situation } from './facts.ts';
import type { FoundPipeline } from './find-pipeline.ts';
import { pipelineResults, type RunsOfTasks, resolvedResults } from './pipeline-results.ts';
import { pipelineRunSpec } from './pipeline-run.ts';
import { neededResults, type PipelineTask, replacedTask } from './pipeline-task.ts';
import {
  childReferences,
  failed,
  lateVerdict,
  type PipelineVerdict,
  pipelineVerdict,
  skippedTasks,
  taskStates,
} from './pipeline-verdict.ts';

/** What the runs of a pipeline are made with. */
export type AdvanceDeps = {
  readonly client: Pick<Client, 'create' | 'get' | 'list' | 'patch'>;
  /** Where volumes are. */
  readonly folder: string;
  readonly now: () => number;
};

/** What a reconcile found. */
export type PipelineOutcome = {
  readonly verdict: PipelineVerdict;
  readonly labels?: Readonly<Record<string, string>>;
  /** The fields of the status beside conditions and times. */
  readonly fields?: JsonObject;
};

/** Starts what is to be started and stops what is to be stopped, and says how it stands then. */
export async function advance(
  deps: AdvanceDeps,
  object: KubeObject,
  found: FoundPipeline,
  signal: AbortSignal,
): Promise<PipelineOutcome> {
  const { name = '' } = object.metadata;
  const { status, timeouts } = pipelineRunSpec(object);
  const nowMs = deps.now();
  const runs = new Map(await listRuns(deps, object, signal));
  const startedMs = timeMs(object, 'startTime') ?? nowMs;
  let finallyStartedMs = timeMs(object, 'finallyStartTime');
  const look = (): Facts =>
    factsWithStates({
      tasks: inOrder(found.tasks, object).map((task) => withResults(task, runs)),
      graph: found.graph,
      runs,
      specStatus: status,
      timeouts,
      nowMs,
      startedMs,
      ...(finallyStartedMs === undefined ? {} : { finallyStartedMs }),
    });

  const before = look();
  const late = lateVerdict(name, before);
  if (late !== undefined || status === 'CancelledRunFinally') {
    const text = late === undefined ? STOPPED_BY_PIPELINE.cancelled : STOPPED_BY_PIPELINE.timedOut;
    const running = before.tasks.filter(
      (task) => (late !== undefined || !task.isFinal) && isRunning(runs.get(task.name)),
    );
    await stopAll(
      deps,
      object,
      running.flatMap(({ name: each }) => runs.get(each)?.metadata.name ?? []),
      text,
      signal,
    );
  }
  if (isFinallyLate(before, finallyStartedMs)) {
    const running = before.tasks.filter((task) => task.isFinal && isRunning(runs.get(task.name)));
    const names = running.flatMap(({ name: each }) => runs.get(each)?.metadata.name ?? []);
    await stopAll(deps, object, names, STOPPED_BY_PIPELINE.timedOut, signal);
  }
  if (late === undefined) {
    await makeVolumes(deps.folder, object);
    for (const task of before.next) {
      const made = childRun(withLabelsOf(object, found), task, found.specs.get(task.name) ?? {}, runs);
      if (made.kind === 'failed')
        return { verdict: failed('CreateRunFailed', made.message), fields: knownFields(object) };
      runs.set(task.name, await createOnce(deps, made.object, signal));
      if (task.isFinal) finallyStartedMs ??= nowMs;
    }
  }
  return outcomeOf(object, found, look(), finallyStartedMs);
}

/** The labels of a pipeline are those of its runs, and of theirs. */
function withLabelsOf(object: KubeObject, { labels }: FoundPipeline): KubeObject {
  return { ...object, metadata: { ...object.metadata, labels: { ...labels, ...object.metadata.labels } } };
}

function outcomeOf(
  object: KubeObject,
  found: FoundPipeline,
  facts: Facts,
  finallyStartedMs: number | undefined,
): PipelineOutcome {
  const { name = '' } = object.metadata;
  let verdict = pipelineVerdict(name, facts);
  let results: readonly JsonObject[] = [];
  if (verdict.status !== 'Unknown') {
    const given = pipelineResults(listAt(found.spec, 'results'), facts.runs);
    ({ results } = given);
    if (given.kind === 'invalid')
      verdict = failed(
        'CouldntGetPipelineResult',
        `Failed to get PipelineResult from TaskRun Results for PipelineRun ${name}: ${given.message}`,
      );
  }
  const [children, skipped] = [childReferences(facts), skippedTasks(facts)];
  const fields: JsonObject = {
    ...(children.length === 0 ? {} : { childReferences: children }),
    ...(skipped.length === 0 ? {} : { skippedTasks: skipped }),
    ...(results.length === 0 ? {} : { results }),
    ...(finallyStartedMs === undefined ? {} : { finallyStartTime: rfc3339(finallyStartedMs) }),
    pipelineSpec: found.spec,
  };
  return { verdict, fields };
}

/** The tasks of `finally` may speak of how the others ended, once they have. */
function factsWithStates(situation: Situation): Facts {
  const facts = pipelineFacts(situation);
  if (!facts.isMainDone) return facts;
  const states = textReplacements(taskStates(facts));
  const tasks = situation.tasks.map((task) => (task.isFinal ? replacedTask(task, states) : task));
  return pipelineFacts({ ...situation, tasks });
}

/** Those that were started stand first. */
function inOrder(tasks: readonly PipelineTask[], object: KubeObject): readonly PipelineTask[] {
  const started = new Set(listAt(object['status'], 'childReferences').map((item) => textAt(item, 'pipelineTaskName')));
  return [...tasks.filter(({ name }) => started.has(name)), ...tasks.filter(({ name }) => !started.has(name))];
}

function withResults(task: PipelineTask, runs: RunsOfTasks): PipelineTask {
  const needed = neededResults(task);
  const resolved = needed.length === 0 ? undefined : resolvedResults(needed, runs);
  return resolved?.kind === 'resolved' ? replacedTask(task, resolved.replacements) : task;
}

function isRunning(run: KubeObject | undefined): boolean {
  return run !== undefined && !isDone(run);
}

function isFinallyLate({ timeouts, nowMs }: Facts, startedMs: number | undefined): boolean {
  const limitMs = timeouts.finallyMs ?? 0;
  return limitMs > 0 && startedMs !== undefined && nowMs - startedMs > limitMs;
}

/** The runs that belong to this very PipelineRun, as they are now. */
async function listRuns(
  { client }: AdvanceDeps,
  { metadata }: KubeObject,
  signal: AbortSignal,
): Promise<readonly (readonly [string, KubeObject])[]> {
  const { namespace = '', uid = '' } = metadata;
  const labelSelector = `${LABELS.pipelineRunUid}=${uid}`;
  const { items } = await client.list(taskRunType, { namespace, labelSelector, signal });
  const own = items.filter((item) => item.metadata.ownerReferences?.some((owner) => owner.uid === uid));
  return own.map((item) => [item.metadata.labels?.[LABELS.pipelineTask] ?? '', item]);
}

/** @throws CartoError when another object has the name. */
async function createOnce({ client }: AdvanceDeps, object: KubeObject, signal: AbortSignal): Promise<KubeObject> {
  try {
    return await client.create(taskRunType, object, { fieldManager: FIELD_MANAGER, signal });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const { namespace, name = '' } = object.metadata;
    const there = await client.get(taskRunType, { namespace, name }, { signal });
    const isOurs = there.metadata.ownerReferences?.some(({ uid }) => uid === object.metadata.ownerReferences?.[0]?.uid);
    if (isOurs === true) return there;
    throw error;
  }
}

/** Asks runs to stop; those that have ended, or are gone, stay as they are. */
export async function stopAll(
  { client }: AdvanceDeps,
  { metadata }: KubeObject,
  names: readonly string[],
  statusMessage: string,
  signal: AbortSignal,
): Promise<void> {
  for (const name of names) {
    const run = await getIfThere(client, taskRunType, { namespace: metadata.namespace, name }, { signal });
    if (run === undefined || isDone(run)) continue;
    const body = { spec: { status: 'TaskRunCancelled', statusMessage } };
    try {
      await client.patch(taskRunType, { namespace: metadata.namespace, name }, { kind: 'merge', body, signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

/** What was told before goes on being told. */
export function knownFields(object: KubeObject): JsonObject {
  const { conditions: _c, startTime: _s, completionTime: _e, ...fields } = runStatus(object);
  return fields;
}
