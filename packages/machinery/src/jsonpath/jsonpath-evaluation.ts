import { JsonPathError } from './jsonpath-error.ts';

/** What one evaluation carries from node to node: client-go's range counters, and the work still allowed. */
export type EvaluationState = {
  beginRange: number;
  inRange: number;
  endRange: number;
  /** Index of the top-level node that held the `{end}` met last. */
  lastEnd: number;
  /** Values that may still be produced; keeps hostile templates from exploding. */
  budget: number;
};

/** One node, compiled: from the values it gets to the values it finds. */
export type Step = (input: readonly unknown[], state: EvaluationState) => readonly unknown[];

const BUDGET = 2_000_000;

/** The state an evaluation starts with. */
export function startState(): EvaluationState {
  return { beginRange: 0, inRange: 0, endRange: 0, lastEnd: -1, budget: BUDGET };
}

/** Takes `count` values out of the budget. */
export function spend(state: EvaluationState, count: number): void {
  state.budget -= count;
  if (state.budget < 0) throw new JsonPathError('template yields too many values');
}
