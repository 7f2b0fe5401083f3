import { PODS } from '@cartographer/kube';
import type { KubeObject } from '@cartographer/machinery';
import type { Session } from '../frame/session.ts';
import { containerLog } from './container-log.ts';
import type { LogExtent, LogFeed, LogKind, ObjectLogs } from './log-kind.ts';
import { type ContainerStart, containerStarts, isPodOver } from './pod-containers.ts';

/** Logs of pods: every container, those that prepare the pod as well, and every start of it. */
export function podLogs(session: Session, extent: LogExtent): LogKind {
  return {
    type: PODS,
    isOver: isPodOver,
    async logsOf(pod, previous) {
      const starts = containerStarts(pod);
      const notes = starts.filter(({ waits }) => waits !== '');
      return {
        feeds: starts.flatMap((start) => feedsOf({ session, extent, pod, start, previous })),
        notes: notes.map(({ container, waits }) => ({
          source: { pod: pod.metadata.name ?? '', container },
          text: `waits: ${waits}`,
        })),
      } satisfies ObjectLogs;
    },
  };
}

type Start = {
  readonly session: Session;
  readonly extent: LogExtent;
  readonly pod: KubeObject;
  readonly start: ContainerStart;
  readonly previous: boolean;
};

function feedsOf({ session, extent, pod, start, previous }: Start): readonly LogFeed[] {
  if (previous ? start.restarts === 0 : start.state === 'waiting') return [];
  const isOver = previous || start.state === 'ended';
  const log = { ...extent, pod, start, previous, follow: extent.follow && !isOver };
  return [
    {
      key: [pod.metadata.uid, start.container, start.restarts, previous].join('/'),
      source: { pod: pod.metadata.name ?? '', container: start.container },
      isOver,
      lines: () => containerLog(session, log),
    },
  ];
}
