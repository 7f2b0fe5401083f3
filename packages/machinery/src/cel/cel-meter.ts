import type { WorkGuard } from '../values/work-guard.ts';

/** What the evaluation of one expression may cost, in CEL's units: `PerCallLimit` of Kubernetes. */
export const CALL_COST_LIMIT = 1_000_000;
/** What all rules may cost on one object: `RuntimeCELCostBudget` of Kubernetes. */
export const OBJECT_COST_LIMIT = 10_000_000;
/** Items and characters that one evaluation may make: what CEL's costs do not count, but memory does. */
const MAX_ALLOCATED = 20_000_000;
/** A step of the evaluator takes some 100 ns. */
const UNITS_PER_STEP = 10;

/** An evaluation that went over its limit. */
export class CostExceededError extends Error {
  override readonly name = 'CostExceededError';
}

/** Counts what an evaluation costs, before it is done. */
export class CelMeter implements WorkGuard {
  cost = 0;
  #allocated = 0;
  readonly #guard: WorkGuard;
  readonly #limit: number;

  constructor(guard: WorkGuard, limit = CALL_COST_LIMIT) {
    this.#guard = guard;
    this.#limit = limit;
  }

  /**
   * Charges a step what Kubernetes charges for it.
   * @throws CostExceededError or OutOfTimeError
   */
  charge(cost: number): void {
    this.#guard.spend(UNITS_PER_STEP);
    this.cost += cost;
    if (this.cost > this.#limit) throw new CostExceededError('actual cost limit exceeded');
  }

  /** Announces work that CEL's costs do not reflect. */
  spend(units: number): void {
    this.#guard.spend(units);
  }

  /** Announces the items or characters of a value that is about to be made. */
  allocate(size: number): void {
    this.#guard.spend(size);
    this.#allocated += size;
    if (this.#allocated > MAX_ALLOCATED) throw new CostExceededError('actual cost limit exceeded');
  }
}
