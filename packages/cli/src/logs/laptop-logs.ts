import { join } from 'node:path';
import { laptopLogKinds, laptopLogs } from '@cartographer/laptop';
import { getPath } from '@cartographer/machinery';
import type { Session } from '../frame/session.ts';
import { fileLog } from './file-log.ts';
import type { LogExtent, LogKind } from './log-kind.ts';

/** Logs of a `carto up` on this machine: its tools run processes, whose logs are files below the data folder. */
export function laptopLogKindsOf(session: Session, dir: string, extent: LogExtent): readonly LogKind[] {
  const { clock } = session;
  const notBefore = extent.sinceMs === undefined ? undefined : clock.now() - extent.sinceMs;
  return laptopLogKinds.map((type) => ({
    type,
    isOver: (object) => getPath(object.status, 'completionTime') !== undefined,
    async logsOf(object, previous) {
      const logs = await laptopLogs(join(dir, 'laptop'), object, { previous });
      const feeds = logs.map(({ pod, container, file }) => ({
        key: `${object.metadata.uid ?? ''}/${file}`,
        source: { pod, container },
        isOver: !extent.follow,
        lines: (isCurrent: () => boolean) =>
          fileLog(session, { file, goesOn: () => extent.follow && isCurrent(), lines: extent.lines, notBefore }),
      }));
      return { feeds, notes: [] };
    },
  }));
}
