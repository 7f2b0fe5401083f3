import { getPath, type Json, type KubeObject, listAt, textAt } from '@cartographer/machinery';

/** How a pod is, as `kubectl get pods` has it. */
export type PodState = {
  readonly ready: number;
  readonly containers: number;
  /** `Running`, `Completed`, or why not: `ImagePullBackOff`, `Init:Error`. */
  readonly status: string;
  readonly restarts: number;
};

/** Reads a pod's state: what a container waits for, or ended with, says more than the phase. */
export function podState({ metadata, spec, status }: KubeObject): PodState {
  const states = listAt(status, 'containerStatuses');
  const ready = states.filter((state) => getPath(state, 'ready') === true).length;
  const restarts = states.reduce<number>((sum, state) => sum + countOf(getPath(state, 'restartCount')), 0);
  return { ready, containers: listAt(spec, 'containers').length, status: statusOf(metadata, status, states), restarts };
}

function countOf(count: Json | undefined): number {
  return typeof count === 'number' ? count : 0;
}

function statusOf(metadata: KubeObject['metadata'], status: Json | undefined, states: readonly Json[]): string {
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  const init = listAt(status, 'initContainerStatuses').map(troubleOf).find(isTrouble);
  if (init !== undefined) return `Init:${init}`;
  const phase = textAt(status, 'reason') || textAt(status, 'phase') || 'Unknown';
  const troubles = states.map(troubleOf);
  const trouble = troubles.find(isTrouble);
  if (trouble !== undefined) return trouble;
  return phase === 'Succeeded' ? 'Completed' : phase;
}

/** Why a container does not run; undefined while it does, and after it did its work. */
function troubleOf(container: Json): string | undefined {
  const waiting = textAt(container, 'state', 'waiting', 'reason');
  if (waiting !== '') return waiting;
  const ended = getPath(container, 'state', 'terminated');
  if (ended === undefined || ended === null || getPath(ended, 'exitCode') === 0) return undefined;
  return textAt(ended, 'reason') || `ExitCode:${countOf(getPath(ended, 'exitCode'))}`;
}

function isTrouble(trouble: string | undefined): boolean {
  return trouble !== undefined && trouble !== 'PodInitializing';
}
