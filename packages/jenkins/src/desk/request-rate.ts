import type { Clock } from '@cartographer/machinery';

/** Lets requests through one after another, no more than so many in a second; in the order in which they ask. */
export class RequestRate {
  readonly #clock: Clock;
  #perSecond: number;
  /** When the next one may go. */
  #nextMs = 0;
  #turns = 0;

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
  }

  set perSecond(count: number) {
    this.#perSecond = count;
  }

  /** How many there were. */
  get turns(): number {
    return this.#turns;
  }

  /** Resolves when the caller may send its request. */
  async turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#turns += 1;
    const nowMs = this.#clock.monotonicMs();
    const atMs = Math.max(nowMs, this.#nextMs);
    this.#nextMs = atMs + 1000 / this.#perSecond;
    if (atMs > nowMs) await this.#clock.sleep(atMs - nowMs, signal);
  }
}
