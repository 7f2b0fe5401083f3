import { rfc3339 } from '@cartographer/machinery';
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
      return { build: buildFacts(standing.build, nowMs), ...stageFacts(standing) };
    case 'reading':
      return { build: buildFacts(standing.build, nowMs) };
    case 'ended':
      return {
        ...(standing.build === undefined ? {} : { build: buildFacts(standing.build, nowMs) }),
        ...detailFacts(standing),
      };
    case 'succeeded': {
      const { outputs } = standing;
      return {
        build: buildFacts(standing.build, nowMs),
        ...detailFacts(standing),
        ...(Object.keys(outputs).length === 0 ? {} : { outputs }),
      };
    }
    case 'untriggered':
    case 'waiting':
    case 'triggering':
    case 'searching':
    case 'aborting':
    case 'unanswered':
      return before.queue === undefined ? {} : { queue: before.queue };
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

function detailFacts({ tests, log, build, ...details }: Details & { readonly build?: RemoteBuild }): Facts {
  const url = build?.url === undefined ? {} : { url: `${build.url}console` };
  const stage = log?.stage === undefined ? {} : { stage: cut(log.stage) };
  return {
    ...stageFacts(details),
    ...(tests === undefined ? {} : { tests }),
    ...(log === undefined || log.lines.length === 0 ? {} : { log: { ...url, ...stage, lines: log.lines } }),
  };
}

/** A text of the server, no longer than a status may have one. */
export function cut(text: string): string {
  return (text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text).toWellFormed();
}
