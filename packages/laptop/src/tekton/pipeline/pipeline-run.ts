import { getPath, isObject, type JsonObject, type KubeObject, textAt } from '@cartographer/machinery';
import { durationMs } from '../values/duration-ms.ts';
import { type Param, paramsAt } from '../values/param-value.ts';

const DEFAULT_TIMEOUT_MS = 60 * 60_000;

/** What a run is asked to do beside running. */
export type SpecStatus = '' | 'Cancelled' | 'CancelledRunFinally' | 'StoppedRunFinally' | 'PipelineRunPending';

/** How long a run and its parts may take; 0 is for ever, and undefined is no limit of its own. */
export type Timeouts = { readonly pipelineMs: number; readonly tasksMs?: number; readonly finallyMs?: number };

/** `spec` of a PipelineRun, as far as it is honoured here. */
export type PipelineRunSpec = {
  readonly pipelineRef: string;
  readonly pipelineSpec?: JsonObject;
  readonly params: readonly Param[];
  readonly timeouts: Timeouts;
  readonly status: SpecStatus;
};

/** Reads `spec` of a PipelineRun. */
export function pipelineRunSpec({ spec }: KubeObject): PipelineRunSpec {
  const pipelineSpec = getPath(spec, 'pipelineSpec');
  return {
    pipelineRef: textAt(spec, 'pipelineRef', 'name'),
    ...(isObject(pipelineSpec) ? { pipelineSpec } : {}),
    params: paramsAt(spec, 'params'),
    timeouts: timeoutsOf(
      durationMs(getPath(spec, 'timeouts', 'pipeline')),
      durationMs(getPath(spec, 'timeouts', 'tasks')),
      durationMs(getPath(spec, 'timeouts', 'finally')),
    ),
    status: textAt(spec, 'status') as SpecStatus,
  };
}

/** What is left of the whole is for the part without a limit of its own. */
function timeoutsOf(pipeline: number | undefined, tasks: number | undefined, last: number | undefined): Timeouts {
  const rest = (part: number | undefined): number | undefined =>
    pipeline === undefined || part === undefined || pipeline === 0 || part === 0 ? undefined : pipeline - part;
  const [tasksMs, finallyMs] = [tasks ?? rest(last), last ?? rest(tasks)];
  return {
    pipelineMs: pipeline ?? DEFAULT_TIMEOUT_MS,
    ...(tasksMs === undefined ? {} : { tasksMs }),
    ...(finallyMs === undefined ? {} : { finallyMs }),
  };
}

/** The key of the object that a run belongs to, by its owner reference. */
export function ownerKey({ metadata }: KubeObject): string | undefined {
  const owner = metadata.ownerReferences?.find(({ kind, controller }) => kind === 'PipelineRun' && controller === true);
  return owner === undefined ? undefined : `${metadata.namespace ?? ''}/${owner.name}`;
}
