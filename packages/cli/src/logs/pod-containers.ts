import { getPath, isObject, type Json, type KubeObject, listAt, textAt } from '@cartographer/machinery';

/** One start of a container of a pod, as the pod's status tells of it. */
export type ContainerStart = {
  readonly container: string;
  /** How often it was started before. */
  readonly restarts: number;
  readonly state: 'running' | 'ended' | 'waiting';
  /** Why it waits, with what is said about it: `ImagePullBackOff: …`; `''` where there is nothing to tell. */
  readonly waits: string;
};

const STATUS_LISTS = ['initContainerStatuses', 'containerStatuses', 'ephemeralContainerStatuses'];
/** What every start goes through. */
const USUAL_WAITS = new Set(['ContainerCreating', 'PodInitializing', '']);

/** The containers of a pod that its status tells of, in the order in which they are started. */
export function containerStarts({ status }: KubeObject): readonly ContainerStart[] {
  return STATUS_LISTS.flatMap((list) => listAt(status, list)).map((each) => {
    const reason = textAt(each, 'state', 'waiting', 'reason');
    const message = textAt(each, 'state', 'waiting', 'message');
    return {
      container: textAt(each, 'name'),
      restarts: Number(getPath(each, 'restartCount') ?? 0),
      state: stateOf(getPath(each, 'state')),
      waits: USUAL_WAITS.has(reason) ? '' : `${reason}${message === '' ? '' : `: ${message}`}`,
    };
  });
}

function stateOf(state: Json | undefined): ContainerStart['state'] {
  if (isObject(getPath(state, 'running'))) return 'running';
  return isObject(getPath(state, 'terminated')) ? 'ended' : 'waiting';
}

/** Whether nothing in the pod will run any more. */
export function isPodOver({ status, metadata }: KubeObject): boolean {
  const phase = textAt(status, 'phase');
  return phase === 'Succeeded' || phase === 'Failed' || metadata.deletionTimestamp !== undefined;
}
