import type { KubeObject } from '@cartographer/machinery';
import { imageReasons, serviceReasons } from './app-reasons.ts';
import type { KindReasons } from './laptop-explanation.ts';
import { gitRepositoryReasons, ociRepositoryReasons } from './source-reasons.ts';
import { pipelineRunReasons, taskRunReasons } from './tekton-reasons.ts';

/** Condition types and reasons of each kind that the laptop tools stand in for, the words of the real tools. */
export const LAPTOP_REASONS = {
  GitRepository: gitRepositoryReasons,
  OCIRepository: ociRepositoryReasons,
  Image: imageReasons,
  Service: serviceReasons,
  TaskRun: taskRunReasons,
  PipelineRun: pipelineRunReasons,
} as const satisfies Readonly<Record<string, KindReasons>>;

type Kinds = typeof LAPTOP_REASONS;
type Kind = keyof Kinds;
type Of<Reasons, Place> = {
  [Reason in keyof Reasons]: Reasons[Reason] extends { readonly of: Place | 'both' } ? Reason : never;
}[keyof Reasons];

/** The type of a condition of this kind. */
export type ConditionTypeOf<K extends Kind> = Kinds[K]['conditions'][number];

/** The reason of a condition of this kind. */
export type ConditionReasonOf<K extends Kind> = Of<Kinds[K]['reasons'], 'condition'>;

/** The reason of an event about an object of this kind. */
export type EventReasonOf<K extends Kind> = Of<Kinds[K]['reasons'], 'event'>;

/** An event to be recorded. */
export type EventText<K extends Kind> = {
  readonly type: 'Normal' | 'Warning';
  readonly reason: EventReasonOf<K>;
  readonly message: string;
};

/** Records events about objects of this kind, in the background. */
export type EventsOf<K extends Kind> = {
  event(about: KubeObject, type: 'Normal' | 'Warning', reason: EventReasonOf<K>, message: string): void;
};
