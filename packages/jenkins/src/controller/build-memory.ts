import type { Clock } from '@cartographer/machinery';
import type { Memory } from '../once/remote-run.ts';

/** What this process knows of builds and nobody has written down, by the uid of their objects. Times are of `monotonicMs`. */
export class BuildMemory {
  readonly #clock: Clock;
  readonly #byUid = new Map<string, Memory>();
  /** Since when a build is being aborted, and when that was last asked for. */
  readonly #aborts = new Map<string, { readonly sinceMs: number; askedMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whoever sees a trigger that somebody else wrote down begins to doubt it then. */
  of(uid: string, isTriggered: boolean): Memory {
    const known = this.#byUid.get(uid);
    if (known !== undefined || !isTriggered) return known ?? {};
    return this.doubted(uid);
  }

  /** An attempt was written down and is certainly not sent. */
  unsent(uid: string, number: number): void {
    this.#byUid.set(uid, { unsent: number });
  }

  /** Something was sent. */
  doubted(uid: string): Memory {
    const memory: Memory = { doubtSinceMs: this.#clock.monotonicMs() };
    this.#byUid.set(uid, memory);
    return memory;
  }

  /** It has a name there: should it be gone, it is looked for from then on. */
  found(uid: string): void {
    this.#byUid.delete(uid);
  }

  /** Notes that a build is being aborted; whether it is time to ask for it (again), and since when it is. */
  aborting(uid: string, everyMs: number): { readonly isDue: boolean; readonly sinceMs: number } {
    const nowMs = this.#clock.monotonicMs();
    const known = this.#aborts.get(uid);
    if (known === undefined) {
      this.#aborts.set(uid, { sinceMs: nowMs, askedMs: nowMs });
      return { isDue: true, sinceMs: nowMs };
    }
    const isDue = nowMs - known.askedMs >= everyMs;
    if (isDue) known.askedMs = nowMs;
    return { isDue, sinceMs: known.sinceMs };
  }

  forget(uid: string): void {
    this.#byUid.delete(uid);
    this.#aborts.delete(uid);
  }
}
