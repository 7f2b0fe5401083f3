import type { Clock } from '@cartographer/machinery';
import type { ControllerMetrics } from '@cartographer/runtime';

/** How a call ended: it was answered, or in what way it was not. */
type Outcome = string;

type Count = { calls: number; seconds: number };

/** Counts calls to convention servers and the time that they take. */
export class CallCounts {
  readonly #clock: Clock;
  readonly #counts = new Map<string, Map<Outcome, Count>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A call begins. @returns what to call when it has ended. */
  begin(convention: string): (outcome: Outcome) => void {
    const startedMs = this.#clock.monotonicMs();
    return (outcome) => {
      const outcomes = this.#counts.get(convention) ?? new Map<Outcome, Count>();
      this.#counts.set(convention, outcomes);
      const count = outcomes.get(outcome) ?? { calls: 0, seconds: 0 };
      outcomes.set(outcome, count);
      count.calls += 1;
      count.seconds += (this.#clock.monotonicMs() - startedMs) / 1000;
    };
  }

  /** Forgets a convention that is gone. */
  forget(convention: string): void {
    this.#counts.delete(convention);
  }

  /** Shows what was counted. */
  show(metrics: Pick<ControllerMetrics, 'gauge'>): void {
    const labels = ['convention', 'outcome'];
    const samples = (of: keyof Count) =>
      [...this.#counts].flatMap(([convention, outcomes]) =>
        [...outcomes].map(([outcome, count]) => ({ labels: { convention, outcome }, value: count[of] })),
      );
    metrics.gauge({ name: 'carto_convention_calls_total', help: 'Calls to convention servers', labels }, () =>
      samples('calls'),
    );
    metrics.gauge(
      { name: 'carto_convention_call_seconds_total', help: 'Time that calls to convention servers took', labels },
      () => samples('seconds'),
    );
  }
}
