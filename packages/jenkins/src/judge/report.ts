import { type Condition, rfc3339, setCondition } from '@cartographer/machinery';
import type { JenkinsBuildStatus } from '../kinds/build-status.ts';
import type { EndedReason, SucceededReason, TriggeredReason, UntriggeredReason } from '../kinds/reasons.ts';
import { cut, factsOf, queueName, whyOf } from './facts.ts';
import type { Standing } from './standing.ts';

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
  const { queue: _queue, log: _log, ...kept } = before;
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
