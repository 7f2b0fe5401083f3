import type { ReasonOf } from '@cartographer/api';
import type { KubeObject, ResourceType } from '@cartographer/machinery';
import { objectKey, qualifiedResource } from '@cartographer/machinery';
import type { Health } from '../read/object-health.ts';
import type { OutputFailure } from '../read/resource-outputs.ts';
import { objectText, retryWith } from '../stand/stand.ts';
import type { ConditionDraft } from '../world/condition-list.ts';
import type { OwnerKind } from '../world/owner-kind.ts';
import type { Again, Retry } from '../world/world.ts';

/** Why a resource is not through, in the words of upstream. */
export type StepFailure =
  | { readonly kind: 'resolveOptions'; readonly message: string }
  | { readonly kind: 'matchOptions'; readonly message: string }
  | { readonly kind: 'noTemplate'; readonly message: string }
  | { readonly kind: 'stamp'; readonly message: string }
  | { readonly kind: 'apply'; readonly message: string; readonly retry: Again }
  | { readonly kind: 'halted'; readonly message: string; readonly restMs: number }
  /** A policy or a gate said no: what stands there is not handed on. */
  | { readonly kind: 'refused'; readonly message: string }
  /** An input comes from a step that holds it back. */
  | { readonly kind: 'held'; readonly message: string }
  | { readonly kind: 'passThrough'; readonly input: string; readonly message: string }
  | {
      readonly kind: 'output';
      readonly failure: OutputFailure;
      readonly object: KubeObject;
      readonly type: ResourceType;
    };

/** What a failure is about. */
export type FailurePlace = {
  readonly kind: OwnerKind;
  readonly resource: string;
  readonly blueprint: string;
  /** How the resource's object is judged, if it is. */
  readonly health: Health | undefined;
};

/** Condition types of the two places where a failure shows: on the resource, and on the owner for the first one. */
export type SubmittedType = 'ResourceSubmitted' | 'ResourcesSubmitted';

/** Reasons that a step's failure has in both places. */
type SubmittedReason = ReasonOf<'ResourceSubmitted'> & ReasonOf<'ResourcesSubmitted'>;

/** A failure as a condition. Upstream writes some kinds of failure under another type than asked for; so do we. */
export function failureCondition(failure: StepFailure, place: FailurePlace, type: SubmittedType): ConditionDraft {
  const is = (reason: SubmittedReason, message: string): ConditionDraft => ({ type, status: 'False', reason, message });
  switch (failure.kind) {
    case 'resolveOptions':
      return is('ResolveTemplateOptionsError', failure.message);
    case 'matchOptions':
      return is('TemplateOptionsMatchError', failure.message);
    case 'noTemplate':
      return is('UnknownError', failure.message);
    case 'stamp':
      return is('TemplateStampFailure', failure.message);
    case 'apply':
      return is('TemplateRejectedByAPIServer', failure.message);
    case 'halted':
      return is('TooManyWrites', failure.message);
    case 'refused':
      return is('StepRefused', failure.message);
    case 'held':
      // Never the owner's first failure: that is of the step which holds back.
      return { type: 'ResourceSubmitted', status: 'Unknown', reason: 'WaitingForInput', message: failure.message };
    case 'passThrough':
      return passThroughCondition(failure, place, type);
    case 'output':
      return outputCondition(failure, place, type);
  }
}

function passThroughCondition(
  { input, message }: Extract<StepFailure, { kind: 'passThrough' }>,
  { kind }: FailurePlace,
  type: SubmittedType,
): ConditionDraft {
  if (kind.outputFailures === 'byCause') return { type, status: 'False', reason: 'UnknownError', message };
  return {
    type: 'SupplyChainReady',
    status: 'False',
    reason: 'PassThrough',
    message: `unable to find passthrough [${input}] in []`,
  };
}

type OutputStepFailure = Extract<StepFailure, { kind: 'output' }>;

function outputCondition(step: OutputStepFailure, place: FailurePlace, type: SubmittedType): ConditionDraft {
  const { failure } = step;
  if (failure.kind === 'notObserved')
    return { type, status: 'Unknown', reason: 'NotObserved', message: failure.message };
  if (place.kind.outputFailures === 'missingValue' || failure.kind === 'path') {
    return { type, status: 'Unknown', reason: 'MissingValueAtPath', message: missingValue(step, place) };
  }
  const { resource } = place;
  switch (failure.kind) {
    case 'observedGeneration': {
      const message = `resource [${resource}] cannot satisfy observedCompletion without observedGeneration in object status`;
      return { type: 'ResourcesSubmitted', status: 'False', reason: 'TemplateStampFailure', message };
    }
    case 'conditionNotMet': {
      const message = `resource [${resource}] condition not met: ${failure.message}`;
      return { type: 'ResourcesSubmitted', status: 'Unknown', reason: 'ConditionNotMet', message };
    }
    case 'failedCondition': {
      const message = `resource [${resource}] failed condition met: ${failure.message}`;
      return { type: 'ResourcesSubmitted', status: 'False', reason: 'FailedConditionMet', message };
    }
    case 'other':
      return { type, status: 'False', reason: 'UnknownError', message: outputMessage(step, place) };
  }
}

function missingValue({ failure, object, type }: OutputStepFailure, { health }: FailurePlace): string {
  const { name, namespace = '' } = object.metadata;
  const expression = failure.kind === 'path' ? failure.expression : '';
  const where = `object [${objectText(type, name)}]${namespace === '' ? '' : ` in namespace [${namespace}]`}`;
  switch (health?.status ?? 'Unknown') {
    case 'True':
      return `cannot read value [${expression}] from healthy ${where}, contact Platform Eng`;
    case 'False':
      return `cannot read value [${expression}] from unhealthy ${where}, examine object, particularly whether it is receiving proper inputs`;
    case 'Unknown':
      return `waiting to read value [${expression}] from ${where}`;
  }
}

function outputMessage({ failure, object, type }: OutputStepFailure, { resource, blueprint }: FailurePlace): string {
  const what = `[${objectKey(object.metadata)}] of type [${qualifiedResource(type)}]`;
  return `unable to retrieve outputs from stamped object ${what} for resource [${resource}] in supply chain [${blueprint}]: ${failure.message}`;
}

/** How to come back for a failure: those that go away by trying again, or by time. Others wait for a change. */
export function retryFor(failure: StepFailure): Retry {
  if (failure.kind === 'halted') return { kind: 'after', afterMs: failure.restMs, message: failure.message };
  return failure.kind === 'apply' ? retryWith(failure.retry, failure.message) : { kind: 'none' };
}
