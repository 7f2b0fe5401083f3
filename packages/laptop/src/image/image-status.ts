import { type KubeObject, rfc3339 } from '@cartographer/machinery';
import type { ConditionReasonOf, ConditionTypeOf, EventText } from '../reasons/laptop-reasons.ts';
import type { BuildRecord } from './build-records.ts';
import { type ImageCondition, type ImageStatus, imageStatus } from './image.ts';

/** Every way in which an image can stand. Each has its conditions, worded as kpack words them where it has words. */
export type ImageOutcome =
  /** The spec asks for something that cannot be done here. */
  | { readonly kind: 'unsupported'; readonly message: string }
  /** The source is being fetched: nothing is known yet. */
  | { readonly kind: 'looking' }
  | { readonly kind: 'building'; readonly build: Pick<BuildRecord, 'number' | 'name' | 'reason'> }
  /** Something in the world failed; it is tried again. */
  | {
      readonly kind: 'troubled';
      readonly message: string;
      readonly build?: Pick<BuildRecord, 'number' | 'name' | 'reason'>;
    }
  | { readonly kind: 'failed'; readonly build: BuildRecord; readonly message: string }
  | { readonly kind: 'built'; readonly build: BuildRecord; readonly image: string };

/** Bounds what a build's words can do to an object. */
const MAX_MESSAGE_CHARS = 4_096;

/** The status after a run, computed from the one before. */
export function nextImageStatus(object: KubeObject, outcome: ImageOutcome, nowMs: number): ImageStatus {
  const previous = imageStatus(object);
  if (outcome.kind === 'looking') return previous;
  const generation = object.metadata.generation ?? 0;
  const ready = readyOf(outcome);
  const drafts: readonly Draft[] = [
    { type: 'Ready', ...ready },
    { type: 'BuilderReady', status: 'True', reason: 'BuilderReady', message: '' },
    { type: 'BuilderUpToDate', status: 'True', reason: 'BuilderUpToDate', message: '' },
  ];
  const conditions = drafts.map((condition) => dated(condition, previous.conditions ?? [], nowMs));
  return { ...previous, ...buildFields(outcome, previous, generation), observedGeneration: generation, conditions };
}

/** The events of a run: one when a build is over. */
export function imageEvents(object: KubeObject, outcome: ImageOutcome): readonly EventText<'Image'>[] {
  const before = imageStatus(object).conditions?.find(({ type }) => type === 'Ready');
  const ready = outcome.kind === 'looking' ? before : readyOf(outcome);
  if (ready === undefined || (before?.reason === ready.reason && before?.message === ready.message)) return [];
  const message = ready.message ?? '';
  switch (outcome.kind) {
    case 'looking':
      return [];
    case 'building':
      return [{ type: 'Normal', reason: 'BuildStarted', message: `${message} (${outcome.build.reason})` }];
    case 'built':
      return [{ type: 'Normal', reason: 'BuildSucceeded', message: `${outcome.image}; ${message}` }];
    case 'failed':
    case 'troubled':
      return [{ type: 'Warning', reason: 'BuildFailed', message }];
    case 'unsupported':
      return [{ type: 'Warning', reason: 'SourceNotSupported', message }];
  }
}

/** What a condition says. */
type Draft = Ready & { readonly type: ConditionTypeOf<'Image'> };
type Ready = {
  readonly status: ImageCondition['status'];
  readonly reason: ConditionReasonOf<'Image'>;
  readonly message: string;
};

function readyOf(outcome: Exclude<ImageOutcome, { kind: 'looking' }>): Ready {
  switch (outcome.kind) {
    case 'unsupported':
      return { status: 'False', reason: 'SourceNotSupported', message: bounded(outcome.message) };
    case 'building':
      return { status: 'Unknown', reason: 'BuildRunning', message: `${outcome.build.name} is executing` };
    case 'troubled': {
      const { message, build } = outcome;
      const text = build === undefined ? message : `${build.name}: ${message}`;
      return { status: 'False', reason: 'BuildFailed', message: bounded(`${text}; trying again`) };
    }
    case 'failed': {
      const { build, message } = outcome;
      return {
        status: 'False',
        reason: 'BuildFailed',
        message: bounded(`${build.name}: ${message}; log: ${build.logFile}`),
      };
    }
    case 'built':
      return { status: 'True', reason: 'UpToDate', message: `log of ${outcome.build.name}: ${outcome.build.logFile}` };
  }
}

/** The image of the build before stays while a new one runs and after it failed, as in kpack: readers go by Ready. */
function buildFields(outcome: ImageOutcome, previous: ImageStatus, generation: number): Partial<ImageStatus> {
  if (outcome.kind === 'unsupported' || outcome.kind === 'looking' || outcome.build === undefined) return {};
  const { number, name, reason } = outcome.build;
  return {
    latestBuildRef: name,
    latestBuildReason: reason,
    buildCounter: Math.max(number, previous.buildCounter ?? 0),
    ...(outcome.kind === 'built' ? { latestImage: outcome.image, latestBuildImageGeneration: generation } : {}),
  };
}

function dated(condition: Draft, before: readonly ImageCondition[], nowMs: number): ImageCondition {
  const old = before.find(({ type }) => type === condition.type);
  const isSame =
    old?.status === condition.status && old.reason === condition.reason && (old.message ?? '') === condition.message;
  const { message, ...rest } = condition;
  const lastTransitionTime = isSame ? old.lastTransitionTime : rfc3339(nowMs);
  return { ...rest, ...(message === '' ? {} : { message }), lastTransitionTime };
}

function bounded(message: string): string {
  return message.length > MAX_MESSAGE_CHARS ? `${message.slice(0, MAX_MESSAGE_CHARS - 1)}…` : message;
}
