import type { StepState } from '@cartographer/api';
import { STEP_STATES } from '@cartographer/api';

/** A step that holds its output back, and the state that it is in. */
export type Hold = { readonly step: string; readonly state: StepState };

/** What steps say that read from a step which holds its output back. */
export function holdText({ step, state }: Hold, message: string): string {
  return `waits for step [${step}], which is ${state}: ${message}`;
}

const HOLD = /^waits for step \[([^\]]*)\], which is (\w+): /;

/** The step that a text of {@link holdText} speaks of; undefined for any other text. */
export function holdIn(text: string): Hold | undefined {
  const [, step, word] = HOLD.exec(text) ?? [];
  const state = STEP_STATES.find((known) => known === word);
  return step === undefined || state === undefined ? undefined : { step, state };
}
