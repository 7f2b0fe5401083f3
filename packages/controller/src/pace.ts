import type { Pace } from '@cartographer/engine';
import type { Clock } from '@cartographer/machinery';
import { BoundedMap } from './bounded-map.ts';

/** Writes older than this no longer count against a step. */
const PACE_WINDOW_MS = 60_000;
const MAX_STEPS = 50_000;
/** More times than this are not kept: the breaker has long opened by then. */
const MAX_TIMES = 64;

type Times = { readonly created: number[]; readonly restored: number[] };

/** Counts how often each step of an owner was written of late, for the circuit breaker. */
export class PaceCounter {
  readonly #steps = new BoundedMap<Times>(MAX_STEPS);
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  count(owner: string, resource: string, cause: keyof Pace): void {
    const key = `${owner}\n${resource}`;
    const times = this.#steps.get(key) ?? { created: [], restored: [] };
    times[cause].push(this.#clock.now());
    if (times[cause].length > MAX_TIMES) times[cause].shift();
    this.#steps.set(key, times);
  }

  pace(owner: string, resource: string): Pace {
    const times = this.#steps.get(`${owner}\n${resource}`);
    if (times === undefined) return { created: 0, restored: 0 };
    const since = this.#clock.now() - PACE_WINDOW_MS;
    const recent = (list: readonly number[]): number => list.filter((time) => time > since).length;
    return { created: recent(times.created), restored: recent(times.restored) };
  }
}
