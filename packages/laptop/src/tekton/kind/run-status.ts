import {
  type Condition,
  getPath,
  isList,
  isObject,
  type Json,
  type JsonObject,
  type KubeObject,
  rfc3339,
} from '@cartographer/machinery';

/** What the condition `Succeeded` says: `Unknown` while a run is under way. */
export type Verdict = {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
};

/** Bounds what a step's words can do to an object. */
const MAX_MESSAGE_CHARS = 4_096;

/** What the condition of a run says now; undefined before it says anything. */
export function verdictOf(object: KubeObject): Verdict | undefined {
  const conditions = getPath(object['status'], 'conditions');
  const found = isList(conditions) ? conditions.find((one) => getPath(one, 'type') === 'Succeeded') : undefined;
  if (!isObject(found)) return undefined;
  const { status, reason, message } = found as Partial<Condition>;
  return { status: status ?? 'Unknown', reason: reason ?? '', message: message ?? '' };
}

/** Whether a run has ended, well or not. */
export function isDone(object: KubeObject): boolean {
  const status = verdictOf(object)?.status;
  return status === 'True' || status === 'False';
}

/** Milliseconds since 1970 of a time in the status. */
export function timeMs(object: KubeObject, field: string): number | undefined {
  const text = getPath(object['status'], field);
  const ms = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/** `status` of a run. */
export function runStatus(object: KubeObject): JsonObject {
  return isObject(object['status']) ? object['status'] : {};
}

/** The conditions with a new verdict; one that says the same keeps its time. */
export function conditionsOf(object: KubeObject, verdict: Verdict, nowMs: number): readonly Json[] {
  const before = verdictOf(object);
  const message = bounded(verdict.message);
  const isSame = before?.status === verdict.status && before.reason === verdict.reason && before.message === message;
  const conditions = getPath(object['status'], 'conditions');
  const since = isSame && isList(conditions) ? getPath(conditions[0], 'lastTransitionTime') : undefined;
  return [
    {
      type: 'Succeeded',
      status: verdict.status,
      reason: verdict.reason,
      message,
      lastTransitionTime: typeof since === 'string' ? since : rfc3339(nowMs),
    },
  ];
}

function bounded(message: string): string {
  return message.length > MAX_MESSAGE_CHARS ? `${message.slice(0, MAX_MESSAGE_CHARS - 1)}…` : message;
}
