import { type ResourceType, textAt, textsAt } from '@cartographer/machinery';
import type { LogKind } from './log-kind.ts';
import type { LogLine } from './log-line.ts';

/**
 * Logs of builds on a Jenkins: what their objects hold of them, which is the end, read now and then while a build runs and
 * kept of one that did not succeed. `carto` never asks Jenkins itself.
 */
export function jenkinsLogs(type: ResourceType): LogKind {
  const shown = new Map<string, readonly string[]>();
  return {
    type,
    isOver: (build) => textAt(build.status, 'build', 'result') !== '',
    async logsOf(build) {
      const lines = textsAt(build.status, 'log', 'lines');
      const url = textAt(build.status, 'log', 'url');
      const { uid = '', name = '' } = build.metadata;
      const source = { pod: name, container: 'jenkins' };
      const key = `${uid}/${textAt(build.status, 'log', 'readAt')}/${textAt(build.status, 'build', 'result')}`;
      async function* news(): AsyncGenerator<LogLine> {
        const before = shown.get(uid) ?? [];
        shown.set(uid, lines);
        for (const text of lines.slice(overlap(before, lines))) yield { text };
      }
      return {
        feeds: lines.length === 0 ? [] : [{ key, source, isOver: true, lines: news }],
        notes: url === '' ? [] : [{ source, text: `all of its log is at ${url}` }],
      };
    },
  };
}

/** How many of the new lines were the last of the old ones. */
function overlap(before: readonly string[], lines: readonly string[]): number {
  for (let count = Math.min(before.length, lines.length); count > 0; count -= 1) {
    const old = before.slice(-count);
    if (old.every((line, index) => line === lines[index])) return count;
  }
  return 0;
}
