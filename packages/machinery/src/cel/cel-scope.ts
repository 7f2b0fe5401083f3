import type { CelMeter } from './cel-meter.ts';

/** The values of all variables, each in its place. Iterations write theirs before they evaluate what reads it. */
export type Frame = unknown[];

/**
 * A compiled expression. Gives a value or a {@link CelFailure}; charges each step to the meter before it is taken.
 * @throws CostExceededError or OutOfTimeError from the meter
 */
export type CelEvaluation = (frame: Frame, meter: CelMeter) => unknown;

/** Which place in the frame each variable in scope has, and which is the next that is free. */
export type Scope = { readonly places: ReadonlyMap<string, number>; readonly next: number };

/** A scope with one variable more, in the place that was free. */
export function withVariable({ places, next }: Scope, name: string): Scope {
  return { places: new Map(places).set(name, next), next: next + 1 };
}
