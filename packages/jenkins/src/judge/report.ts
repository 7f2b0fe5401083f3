import { type Condition, rfc3339, setCondition } from '@cartographer/machinery';
import type { JenkinsBuildStatus } from '../kinds/build-status.ts';
import type { EndedReason, SucceededReason, TriggeredReason, UntriggeredReason } from '../kinds/reasons.ts';
import type { LogTail } from '../remote/read-log.ts';
import type { QueueItem, RemoteBuild, RemoteStage, TestCounts } from '../remote/views.ts';

/** What was read of a build that has ended. */
export type Details = {
  readonly stages?: readonly RemoteStage[];
  readonly tests?: TestCounts;
  readonly log?: LogTail;
};

/** How a build stands. */
export type Standing =
  /** Nothing was sent; it is looked at again unless it is final. */
  | {
      readonly kind: 'untriggered';
      readonly reason: UntriggeredReason;
      readonly message: string;
      readonly isFinal: boolean;
    }
  | { readonly kind: 'waiting'; readonly message: string }
  | { readonly kind: 'triggering' }
  | { readonly kind: 'searching'; readonly message: string }
  | { readonly kind: 'queued'; readonly item?: QueueItem }
  | { readonly kind: 'running'; readonly build: RemoteBuild; readonly stages?: readonly RemoteStage[] }
  | { readonly kind: 'reading'; readonly build: RemoteBuild; readonly message: string }
  | { readonly kind: 'aborting'; readonly message: string }
  /** The server gives no answer about what was triggered. */
  | { readonly kind: 'unanswered'; readonly reason: SucceededReason; readonly message: string }
  | ({
      readonly kind: 'ended';
      readonly reason: EndedReason;
      readonly message: string;
      readonly build?: RemoteBuild;
    } & Details)
  | ({
      readonly kind: 'succeeded';
      readonly reason: 'Succeeded' | 'Unstable';
      readonly build: RemoteBuild;
      readonly outputs: Readonly<Record<string, string>>;
    } & Details);

const MOST_STAGES = 50;
const MOST_TEXT = 500;
/** What is transient, or nobody's fault, is not failed yet. */
const UNDECIDED: ReadonlySet<string> = new Set<UntriggeredReason>(['ServerUnavailable']);
const ABORTED: ReadonlySet<string> = new Set<EndedReason>([
  'BuildAborted',
  'CancelledInQueue',
  'TimedOut',
  'Superseded',
]);

/** The status of a build that stands so; the same object when nothing new is said. */
export function buildStatusOf(
  before: JenkinsBuildStatus,
  standing: Standing,
  { generation, nowMs }: { readonly generation: number; readonly nowMs: number },
): JenkinsBuildStatus {
  const [phase, triggered, succeeded] = verdictOf(before, standing);
  const message = succeeded.message;
  const conditions = [triggered, succeeded, { ...succeeded, type: 'Ready' }].reduce<readonly Condition[]>(
    (list, each) => setCondition(list, { ...each, lastTransitionTime: rfc3339(nowMs), observedGeneration: generation }),
    before.conditions ?? [],
  );
  const { queue: _queue, ...kept } = before;
  return {
    ...kept,
    observedGeneration: generation,
    phase,
    ...queueName(before),
    ...factsOf(before, standing, nowMs),
    message,
    conditions,
  };
}

type Said = Omit<Condition, 'lastTransitionTime' | 'observedGeneration'>;

function verdictOf(before: JenkinsBuildStatus, standing: Standing): readonly [JenkinsBuildStatus['phase'], Said, Said] {
  const triggered = (status: Condition['status'], reason: TriggeredReason, message = ''): Said => ({
    type: 'Triggered',
    status,
    reason,
    message: cut(message),
  });
  const succeeded = (status: Condition['status'], reason: SucceededReason, message: string): Said => ({
    type: 'Succeeded',
    status,
    reason,
    message: cut(message),
  });
  const was = before.conditions?.find(({ type, status }) => type === 'Triggered' && status === 'True');
  const isTriggered: Said =
    was === undefined ? triggered('True', before.attempt === undefined ? 'Found' : 'Triggered') : { ...was };
  switch (standing.kind) {
    case 'untriggered': {
      const { reason, message, isFinal } = standing;
      const status = UNDECIDED.has(reason) ? 'Unknown' : 'False';
      return [isFinal ? 'Failed' : 'Pending', triggered(status, reason, message), succeeded(status, reason, message)];
    }
    case 'waiting':
      return [
        'Pending',
        triggered('Unknown', 'Waiting', standing.message),
        succeeded('Unknown', 'Waiting', standing.message),
      ];
    case 'triggering':
      return ['Pending', triggered('Unknown', 'Triggering'), succeeded('Unknown', 'Triggering', '')];
    case 'searching':
      return [
        'Pending',
        triggered('Unknown', 'Searching', standing.message),
        succeeded('Unknown', 'Searching', standing.message),
      ];
    case 'queued':
      return ['Queued', isTriggered, succeeded('Unknown', 'Queued', whyOf(before, standing.item))];
    case 'running':
      return ['Running', isTriggered, runningOf(standing, succeeded)];
    case 'reading':
      return ['Running', isTriggered, succeeded('Unknown', 'ReadingOutputs', standing.message)];
    case 'aborting':
      return [
        before.phase ?? 'Pending',
        was === undefined ? triggered('Unknown', 'Searching') : isTriggered,
        succeeded('Unknown', 'Aborting', standing.message),
      ];
    case 'unanswered':
      return [
        before.phase ?? 'Pending',
        was === undefined ? triggered('Unknown', 'Searching', standing.message) : isTriggered,
        succeeded('Unknown', standing.reason, standing.message),
      ];
    case 'ended': {
      const { reason, message } = standing;
      const isNever = reason === 'TriggerUnknown' || (reason === 'Superseded' && before.attempt === undefined);
      const status = reason === 'TriggerUnknown' ? 'Unknown' : 'False';
      const first = isNever ? triggered(status, reason, message) : isTriggered;
      return [ABORTED.has(reason) ? 'Aborted' : 'Failed', first, succeeded('False', reason, message)];
    }
    case 'succeeded':
      return ['Succeeded', isTriggered, succeeded('True', standing.reason, '')];
  }
}

function runningOf(
  { build, stages = [] }: Extract<Standing, { kind: 'running' }>,
  succeeded: (status: Condition['status'], reason: SucceededReason, message: string) => Said,
): Said {
  const paused = stages.find(({ status }) => status === 'PAUSED_PENDING_INPUT');
  if (paused === undefined) return succeeded('Unknown', 'Running', '');
  return succeeded('Unknown', 'AwaitingInput', `stage ${paused.name} waits for an answer: ${build.url ?? ''}`);
}

type Facts = Pick<JenkinsBuildStatus, 'queue' | 'build' | 'stages' | 'tests' | 'log' | 'outputs'>;

function factsOf(before: JenkinsBuildStatus, standing: Standing, nowMs: number): Facts {
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
function queueName({ queue }: JenkinsBuildStatus): Pick<Facts, 'queue'> {
  return queue?.id === undefined ? {} : { queue: { id: queue.id } };
}

/** Why it waits; a count of seconds that goes down is not told each time. */
function whyOf({ queue }: Pick<JenkinsBuildStatus, 'queue'>, item: QueueItem | undefined): string {
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

function cut(text: string): string {
  return (text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text).toWellFormed();
}
