import { LABELS, type StepState, stepState } from '@cartographer/api';
import { isObject, type Json, type KubeObject, listAt, textAt } from '@cartographer/machinery';

/** One run of a step: an object that was made for one set of inputs. */
export type RunRecord = {
  readonly uid: string | undefined;
  readonly name: string;
  readonly kind: string;
  readonly state: StepState;
  readonly message: string;
  /** RFC 3339, as the object says. */
  readonly startedAt: string;
  /** RFC 3339; undefined while it runs, and where the object does not tell. */
  readonly endedAt: string | undefined;
};

/** Conditions by which a run tells how it ended, the first that is there. */
const ENDS = ['Succeeded', 'Complete', 'Ready'];
/** Of a Job that did not make it. */
const FAILED = 'Failed';

/** Whether an object is a run, by what its template says of it. */
export function isRun({ metadata }: KubeObject): boolean {
  const lifecycle = metadata.labels?.[LABELS.templateLifecycle];
  return lifecycle === 'immutable' || lifecycle === 'tekton' || metadata.labels?.[LABELS.runnableName] !== undefined;
}

/** Runs with what they say of themselves, the newest first. */
export function runRecords(objects: readonly KubeObject[]): readonly RunRecord[] {
  return objects.map(recordOf).toSorted((left, right) => {
    if (left.startedAt !== right.startedAt) return left.startedAt < right.startedAt ? 1 : -1;
    return left.name < right.name ? -1 : 1;
  });
}

/** Start and end are taken from the run itself, so that no two clocks are compared where it tells both. */
function recordOf({ kind, metadata, status }: KubeObject): RunRecord {
  const conditions = listAt(status, 'conditions');
  const ofType = (wanted: string): Json | undefined =>
    conditions.find((condition) => textAt(condition, 'type') === wanted);
  const failed = ofType(FAILED);
  const isFailed = textAt(failed, 'status') === 'True';
  const end = isFailed ? failed : ENDS.map(ofType).find((condition) => condition !== undefined);
  const isOver = isFailed || ['True', 'False'].includes(textAt(end, 'status'));
  const completed = textAt(status, 'completionTime') || (isOver ? textAt(end, 'lastTransitionTime') : '');
  return {
    uid: metadata.uid,
    name: metadata.name ?? '',
    kind,
    state: isFailed
      ? 'failed'
      : stepState(isObject(end) ? { status: textAt(end, 'status'), reason: textAt(end, 'reason') } : undefined),
    message: textAt(end, 'message'),
    startedAt: textAt(status, 'startTime') || (metadata.creationTimestamp ?? ''),
    endedAt: completed === '' ? undefined : completed,
  };
}

/** How long a run took, in milliseconds; undefined while it runs, and where its times say nothing. */
export function tookMs({ startedAt, endedAt }: RunRecord): number | undefined {
  return endedAt === undefined ? undefined : spanOf(startedAt, endedAt);
}

/** Milliseconds from one time to another; undefined where one is none, or where clocks contradict each other. */
export function spanOf(from: string, to: string): number | undefined {
  const ms = Date.parse(to) - Date.parse(from);
  return ms >= 0 ? ms : undefined;
}
