import { type Client, getIfThere, WrittenObjects } from '@cartographer/kube';
import { deepEqual, getPath, isObject, type JsonObject, type KubeObject } from '@cartographer/machinery';
import { done, type Next, type Reconcile } from '@cartographer/runtime';
import type { EventsOf } from '../../reasons/laptop-reasons.ts';
import { withLabels } from '../kind/run-labels.ts';
import { isDone, timeMs, verdictOf } from '../kind/run-status.ts';
import { readSteps } from '../kind/task-spec.ts';
import { FIELD_MANAGER, LABELS, MANAGER, taskRunType, taskType } from '../kind/tekton-types.ts';
import { declaredAt } from '../values/param-value.ts';
import { appliedTaskSpec } from './apply-task.ts';
import { boundFolders } from './bound-folders.ts';
import { type Prepared, prepareTask } from './prepare-task.ts';
import type { RunOrder } from './run-steps.ts';
import { attemptOf, podName, taskRunSpec } from './task-run.ts';
import { nextTaskRunStatus, type TaskRunState, taskRunEvents } from './task-run-status.ts';
import type { TaskRuns } from './task-runs.ts';

/** When to look again while the cache is behind our own writes. */
const CACHE_LAG_MS = 50;

/** What a TaskRun reconciler reads from and writes to. */
export type TaskRunDeps = {
  /** The cache of TaskRuns. */
  readonly taskRuns: { get(key: string): KubeObject | undefined };
  readonly client: Pick<Client, 'apply' | 'get'>;
  readonly events: EventsOf<'TaskRun'>;
  readonly runs: TaskRuns;
  /** Where volumes are. */
  readonly folder: string;
  readonly now: () => number;
};

/** What a reconcile found: how the run stands, and its task with everything put in, once that is known. */
type Outcome = {
  readonly state: TaskRunState;
  readonly spec?: JsonObject;
  readonly labels?: Readonly<Record<string, string>>;
};

/**
 * Runs the steps of each TaskRun as processes, once, and reports it in the words of Tekton. Processes live beside the
 * queue and wake it. Level-based: what was started is read from disk, and never started again.
 */
export function createTaskRunReconciler(deps: TaskRunDeps): Reconcile {
  const written = new WrittenObjects();

  return async (key, { signal, log }) => {
    const object = written.newest(key, deps.taskRuns.get(key));
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) {
      written.forget(key);
      await deps.runs.remove(key);
      return done;
    }
    if (isDone(object)) {
      await deps.runs.tidy(key);
      return done;
    }
    const outcome = await settle(deps, key, object, signal);
    if (outcome === 'outdated') return { kind: 'again', afterMs: CACHE_LAG_MS };
    const labelled = await labelledRun(deps, object, outcome, signal);
    written.note(key, object, labelled);
    const reported = await report(deps, labelled, outcome, signal);
    written.note(key, labelled, reported);
    log.debug({ state: outcome.state.kind }, 'task run reconciled');
    return nextLook(deps, object, reported, outcome.state);
  };
}

/** When time itself changes something: the run takes too long, or the next try is to begin. */
function nextLook({ now }: TaskRunDeps, before: KubeObject, object: KubeObject, state: TaskRunState): Next {
  if (attemptOf(object) > attemptOf(before)) return { kind: 'again', afterMs: 0 };
  const { timeoutMs } = taskRunSpec(object);
  if (isDone(object) || timeoutMs === 0) return done;
  const startedMs = startOf(object, state) ?? now();
  return { kind: 'again', afterMs: Math.max(0, startedMs + timeoutMs - now()) };
}

/** The status has whole seconds, which would make a short time shorter. */
function startOf(object: KubeObject, state: TaskRunState | { readonly kind: 'none' }): number | undefined {
  return 'startedMs' in state ? state.startedMs : timeMs(object, 'startTime');
}

async function settle(
  deps: TaskRunDeps,
  key: string,
  object: KubeObject,
  signal: AbortSignal,
): Promise<Outcome | 'outdated'> {
  const { runs } = deps;
  const wanted = taskRunSpec(object);
  const { uid = '' } = object.metadata;
  const attempt = attemptOf(object);
  const hasBegun = getPath(object['status'], 'podName') !== undefined;
  const progress = await runs.progress(key, { uid, attempt }, hasBegun);
  if (progress.kind === 'outdated') return 'outdated';
  const kept = await keptSpec(deps, key, object, progress.kind !== 'none');
  const stopped = async (kind: 'cancelled' | 'timedOut'): Promise<Outcome> => {
    await runs.stop(key);
    const record = 'record' in progress ? progress.record : undefined;
    return { state: { kind, ...(record === undefined ? {} : { record }) }, ...kept };
  };
  if (wanted.isCancelled) return stopped('cancelled');
  const startedMs = startOf(object, progress);
  const isLate = wanted.timeoutMs > 0 && startedMs !== undefined && deps.now() - startedMs >= wanted.timeoutMs;
  if (isLate && progress.kind !== 'ended') return stopped('timedOut');
  if (progress.kind !== 'none') return { state: progress, ...kept };
  return begin(deps, key, object, signal);
}

/** The task as it was started; a crash may have come before it was written into the status. */
async function keptSpec(
  deps: TaskRunDeps,
  key: string,
  object: KubeObject,
  wasStarted: boolean,
): Promise<{ readonly spec?: JsonObject }> {
  const kept = getPath(object['status'], 'taskSpec');
  if (isObject(kept)) return { spec: kept };
  if (!wasStarted) return {};
  const prepared = await prepare(deps, object);
  return prepared.kind === 'failed' ? {} : { spec: applied(deps, key, object, prepared) };
}

function prepare({ client }: TaskRunDeps, object: KubeObject): Promise<Prepared> {
  const { namespace } = object.metadata;
  return prepareTask(object, (name) => getIfThere(client, taskType, { namespace, name }));
}

function applied(
  { runs, folder }: TaskRunDeps,
  key: string,
  object: KubeObject,
  { spec, taskName }: Prepared & { kind: 'ready' },
): JsonObject {
  const places = runs.places(key);
  const bound = boundFolders(object, places, folder);
  const folders = bound.kind === 'folders' ? bound.folders : new Map<string, string>();
  return appliedTaskSpec(spec, { run: object, wanted: taskRunSpec(object), taskName, places, folders });
}

/** Starts the steps, if the task can be had and run here. */
async function begin(deps: TaskRunDeps, key: string, object: KubeObject, signal: AbortSignal): Promise<Outcome> {
  const prepared = await prepare(deps, object);
  if (prepared.kind === 'failed') return { state: { ...prepared, kind: 'refused' } };
  const spec = applied(deps, key, object, prepared);
  const { name = '', namespace = '', uid = '' } = object.metadata;
  const places = deps.runs.places(key);
  const bound = boundFolders(object, places, deps.folder);
  const read = readSteps(spec);
  const problem = bound.kind === 'refused' ? bound.message : read.kind === 'unsupported' ? read.message : undefined;
  if (bound.kind === 'refused' || read.kind === 'unsupported')
    return { state: { kind: 'refused', reason: 'TaskRunValidationFailed', message: problem ?? '' }, spec };
  signal.throwIfAborted();
  const order: RunOrder = {
    uid,
    attempt: attemptOf(object),
    namespace,
    pod: podName(name, attemptOf(object)),
    places,
    steps: read.steps,
    results: declaredAt(spec, 'results'),
    folders: [...bound.folders.values()],
  };
  deps.runs.start(key, order);
  tellImages(
    deps,
    object,
    read.steps.map(({ image }) => image),
  );
  const taskLabels = taskRunSpec(object).taskRef === '' ? {} : { ...prepared.labels, [LABELS.task]: prepared.taskName };
  return { state: { kind: 'waiting', startedMs: deps.now() }, spec, labels: taskLabels };
}

/** Once a run: what a reader of the task may take to be in use is not. */
function tellImages({ events }: TaskRunDeps, object: KubeObject, images: readonly string[]): void {
  const named = [...new Set(images)].filter((image) => image !== '');
  if (named.length === 0 || attemptOf(object) > 0) return;
  const message = `${named.join(', ')}: images are not used on the laptop; steps run with the programs of this machine`;
  events.event(object, 'Normal', 'ImageNotUsed', message);
}

async function labelledRun(
  { client }: TaskRunDeps,
  object: KubeObject,
  { labels = {} }: Outcome,
  signal: AbortSignal,
): Promise<KubeObject> {
  return withLabels(client, taskRunType, object, { [LABELS.managedBy]: MANAGER, ...labels }, signal);
}

/** Writes the status, if it says anything new, and records events. Answers with the object as it is then. */
async function report(
  { client, events, now }: TaskRunDeps,
  object: KubeObject,
  { state, spec }: Outcome,
  signal: AbortSignal,
): Promise<KubeObject> {
  const status = nextTaskRunStatus(object, state, spec, now());
  if (deepEqual(status, object['status'] ?? {})) return object;
  const { apiVersion, kind } = object;
  const { name, namespace, resourceVersion } = object.metadata;
  // Of this very version: what was decided by an old one is not written.
  const written = { apiVersion, kind, metadata: { name, namespace, resourceVersion }, status };
  const how = { fieldManager: FIELD_MANAGER, force: true, subresource: 'status', signal };
  const result = await client.apply(taskRunType, written, how);
  const verdict = verdictOf(result);
  for (const { type, reason, message } of verdict === undefined ? [] : taskRunEvents(object, verdict))
    events.event(result, type, reason, message);
  return result;
}
