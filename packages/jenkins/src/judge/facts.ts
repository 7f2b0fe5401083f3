import { deepEqual, rfc3339 } from '@cartographer/machinery';
import type { JenkinsBuildStatus } from '../kinds/build-status.ts';
import type { QueueItem, RemoteBuild } from '../remote/views.ts';
import type { Details, Standing } from './standing.ts';

const MOST_STAGES = 50;
const MOST_TEXT = 500;

/** What a status says besides its verdict. */
export type Facts = Pick<JenkinsBuildStatus, 'queue' | 'build' | 'stages' | 'tests' | 'log' | 'outputs'>;

/** What is known of a build that stands so, bounded. */
export function factsOf(before: JenkinsBuildStatus, standing: Standing, nowMs: number): Facts {
  switch (standing.kind) {
    case 'queued':
      return queueFacts(before, standing.item);
    case 'running':
      return {
        build: buildFacts(standing.build, nowMs),
        ...stageFacts(standing),
        ...runningLog(before, standing, nowMs),
      };
    case 'reading':
      return { build: buildFacts(standing.build, nowMs), ...logBefore(before) };
    case 'ended': {
      const { build, tests } = standing;
      return {
        ...(build === undefined ? {} : { build: buildFacts(build, nowMs) }),
        ...stageFacts(standing),
        ...(tests === undefined ? {} : { tests }),
        ...lastLog(before, standing),
      };
    }
    case 'succeeded': {
      const { build, tests, outputs } = standing;
      return {
        build: buildFacts(build, nowMs),
        ...stageFacts(standing),
        ...(tests === undefined ? {} : { tests }),
        ...logAt(build),
        ...(Object.keys(outputs).length === 0 ? {} : { outputs }),
      };
    }
    case 'untriggered':
    case 'waiting':
    case 'triggering':
    case 'searching':
    case 'aborting':
    case 'unanswered':
      return { ...(before.queue === undefined ? {} : { queue: before.queue }), ...logBefore(before) };
  }
}

function queueFacts({ queue: before }: JenkinsBuildStatus, item: QueueItem | undefined): Facts {
  const id = item?.id ?? before?.id;
  const why = item === undefined ? before?.why : whyOf({ queue: before }, item);
  const since = item?.sinceMs === undefined ? before?.since : rfc3339(item.sinceMs);
  return {
    queue: {
      ...(id === undefined ? {} : { id }),
      ...(why === undefined ? {} : { why }),
      ...(since === undefined ? {} : { since }),
    },
  };
}

/** Its number in the queue stays: should another build have the number of this one, that tells them apart. */
export function queueName({ queue }: JenkinsBuildStatus): Pick<Facts, 'queue'> {
  return queue?.id === undefined ? {} : { queue: { id: queue.id } };
}

/** Why it waits; a count of seconds that goes down is not told each time. */
export function whyOf({ queue }: Pick<JenkinsBuildStatus, 'queue'>, item: QueueItem | undefined): string {
  const steady = (text: string): string => text.replaceAll(/\d+/g, '#');
  const why = cut(item?.why ?? '');
  return queue?.why !== undefined && steady(queue.why) === steady(why) ? queue.why : why;
}

function buildFacts(
  { number, url, result, isBuilding, startedAtMs, durationMs, estimatedMs }: RemoteBuild,
  nowMs: number,
) {
  const percent = progressOf({ isBuilding, startedAtMs, estimatedMs }, nowMs);
  return {
    number,
    ...(url === undefined ? {} : { url }),
    ...(result === undefined || isBuilding ? {} : { result }),
    ...(startedAtMs === undefined ? {} : { startedAt: rfc3339(startedAtMs) }),
    ...(durationMs === undefined || isBuilding ? {} : { durationMs }),
    ...(estimatedMs === undefined ? {} : { estimatedMs }),
    ...(percent === undefined ? {} : { progressPercent: percent }),
  };
}

/** In steps of ten, so that a build is told of ten times and no more. */
function progressOf(
  { isBuilding, startedAtMs, estimatedMs }: Pick<RemoteBuild, 'isBuilding' | 'startedAtMs' | 'estimatedMs'>,
  nowMs: number,
): number | undefined {
  if (!isBuilding || startedAtMs === undefined || estimatedMs === undefined || estimatedMs === 0) return undefined;
  return Math.min(Math.max(Math.floor(((nowMs - startedAtMs) / estimatedMs) * 10) * 10, 0), 90);
}

function stageFacts({ stages }: Pick<Details, 'stages'>): Pick<Facts, 'stages'> {
  if (stages === undefined || stages.length === 0) return {};
  return {
    stages: stages.slice(-MOST_STAGES).map(({ id, name, status, startedAtMs, durationMs }) => ({
      name: cut(name),
      status: cut(status),
      ...(startedAtMs === undefined ? {} : { startedAt: rfc3339(startedAtMs) }),
      ...(durationMs === undefined || status === 'IN_PROGRESS' ? {} : { durationMs }),
      ...(id === '' ? {} : { id }),
    })),
  };
}

type Log = Pick<Facts, 'log'>;

function logBefore({ log }: JenkinsBuildStatus): Log {
  return log === undefined ? {} : { log };
}

/** Where all of it is. */
function logAt(build: RemoteBuild | undefined, more: JenkinsBuildStatus['log'] = {}): Log {
  const log = { ...(build?.url === undefined ? {} : { url: `${build.url}console` }), ...more };
  return Object.keys(log).length === 0 ? {} : { log };
}

/** What was read of it now, or before. What says the same is not told anew. */
function runningLog(
  { log: before }: JenkinsBuildStatus,
  { build, log }: Extract<Standing, { kind: 'running' }>,
  nowMs: number,
): Log {
  if (log === undefined || log.lines.length === 0 || deepEqual(log.lines, before?.lines)) return logAt(build, before);
  const { lines, sizeBytes } = log;
  return logAt(build, { lines, ...(sizeBytes === undefined ? {} : { sizeBytes }), readAt: rfc3339(nowMs) });
}

/** What was read of it at last; where nothing was, what it said while it ran says where it hung. */
function lastLog({ log: before }: JenkinsBuildStatus, { build, log }: Extract<Standing, { kind: 'ended' }>): Log {
  if (log === undefined || log.lines.length === 0) return logAt(build, before);
  const { stage, lines } = log;
  return logAt(build, { ...(stage === undefined ? {} : { stage: cut(stage) }), lines });
}

/** A text of the server, no longer than a status may have one. */
export function cut(text: string): string {
  return (text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text).toWellFormed();
}
