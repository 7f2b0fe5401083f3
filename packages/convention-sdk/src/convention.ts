import type { DraftContainer, DraftTemplate } from './draft.ts';
import type { ImageFacts } from './wire.ts';

/** What a convention is told, and the template that it changes. */
export interface ConventionContext {
  /** The name of the request: that of the PodIntent and of the convention's registration. */
  readonly name: string;
  /** The template as it is to be: change it in place. What a user has set should stay. */
  readonly template: DraftTemplate;
  /** What is known of each image of the template, in the order of their references. */
  readonly images: readonly ImageFacts[];
  /** Fires when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** What is known of a container's image. */
  imageOf(container: Pick<DraftContainer, 'image'>): ImageFacts | undefined;
}

/**
 * Knowledge about pods. It should be a function of its context alone, change nothing when its own result is given to it
 * again, and never override what is there: so whoever wants it otherwise writes it into the workload.
 */
export interface Convention {
  /** What is reported as applied when the template was changed: a line of at most 253 characters. */
  readonly id: string;
  /**
   * Changes the template. Returns what was applied where that is to be told in more detail than by `id`, and nothing
   * otherwise. What it throws is logged, and fails the request: the controller says so, and asks again later.
   */
  apply(context: ConventionContext): ConventionResult | Promise<ConventionResult>;
}

/** What was applied; nothing means the convention's `id`, if the template was changed. */
// oxlint-disable-next-line typescript/no-invalid-void-type -- a handler that says nothing has no return
export type ConventionResult = readonly string[] | void;
