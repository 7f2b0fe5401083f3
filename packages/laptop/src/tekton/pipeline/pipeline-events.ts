import type { KubeObject } from '@cartographer/machinery';
import type { EventText } from '../../reasons/laptop-reasons.ts';
import { type Verdict, verdictOf } from '../kind/run-status.ts';

/** What is told on the way, beside the beginning and the end. */
const TOLD_ON_THE_WAY = ['PipelineRunStopping', 'CancelledRunningFinally', 'StoppedRunningFinally'] as const;

/** The events of a change of the condition, as Tekton records them. */
export function pipelineRunEvents(object: KubeObject, after: Verdict): readonly EventText<'PipelineRun'>[] {
  const before = verdictOf(object);
  const { status, reason, message } = after;
  if (before?.status === status && before.reason === reason) return [];
  const started: EventText<'PipelineRun'>[] =
    before === undefined ? [{ type: 'Normal', reason: 'Started', message: '' }] : [];
  switch (status) {
    case 'True':
      return [...started, { type: 'Normal', reason: 'Succeeded', message }];
    case 'False':
      return [...started, { type: 'Warning', reason: 'Failed', message }];
    case 'Unknown': {
      const told = TOLD_ON_THE_WAY.find((one) => one === reason);
      return told === undefined ? started : [...started, { type: 'Normal', reason: told, message }];
    }
  }
}
