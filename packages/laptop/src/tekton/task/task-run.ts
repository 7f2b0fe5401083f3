import { getPath, isObject, type JsonObject, type KubeObject, listAt, textAt } from '@cartographer/machinery';
import { durationMs } from '../values/duration-ms.ts';
import { type Param, paramsAt } from '../values/param-value.ts';

const DEFAULT_TIMEOUT_MS = 60 * 60_000;

/** What a workspace of a task is bound to. */
type WorkspaceBinding = {
  readonly name: string;
  readonly subPath: string;
  /** The name of a claim; empty for a folder that is the run's own. */
  readonly claim: string;
};

/** `spec` of a TaskRun, as far as it is honoured here. */
export type TaskRunSpec = {
  readonly taskRef: string;
  readonly taskSpec?: JsonObject;
  readonly params: readonly Param[];
  readonly workspaces: readonly WorkspaceBinding[];
  /** 0: for ever. */
  readonly timeoutMs: number;
  readonly retries: number;
  readonly isCancelled: boolean;
  readonly statusMessage: string;
};

/** Reads `spec` of a TaskRun. */
export function taskRunSpec({ spec }: KubeObject): TaskRunSpec {
  const taskSpec = getPath(spec, 'taskSpec');
  const retries = getPath(spec, 'retries');
  return {
    taskRef: textAt(spec, 'taskRef', 'name'),
    ...(isObject(taskSpec) ? { taskSpec } : {}),
    params: paramsAt(spec, 'params'),
    workspaces: listAt(spec, 'workspaces').map((item) => ({
      name: textAt(item, 'name'),
      subPath: textAt(item, 'subPath'),
      claim: textAt(item, 'persistentVolumeClaim', 'claimName'),
    })),
    timeoutMs: durationMs(getPath(spec, 'timeout')) ?? DEFAULT_TIMEOUT_MS,
    retries: typeof retries === 'number' ? retries : 0,
    isCancelled: textAt(spec, 'status') === 'TaskRunCancelled',
    statusMessage: textAt(spec, 'statusMessage'),
  };
}

/** Which try this is: the failed ones before it are kept in the status. */
export function attemptOf({ status }: KubeObject): number {
  return listAt(status, 'retriesStatus').length;
}

/** What a try is called; on a cluster it is the name of its pod. */
export function podName(run: string, attempt: number): string {
  return attempt === 0 ? `${run}-pod` : `${run}-pod-retry${attempt}`;
}
