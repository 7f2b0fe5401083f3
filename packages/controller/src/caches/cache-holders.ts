import type { Clock } from '@cartographer/machinery';
import { DependencyIndex } from './dependency-index.ts';

/** A cache that nobody needs is kept for so long: an owner that fails for a moment, or is made anew, finds it still there. */
export const LINGER_MS = 10_000;

/** Who needs which cache. One that nobody has needed for {@link LINGER_MS} is ended. */
export class CacheHolders {
  readonly #needs = new DependencyIndex();
  /** How to call off the end of caches that nobody needs. */
  readonly #ending = new Map<string, () => void>();
  readonly #clock: Clock;
  readonly #end: (cache: string) => void;

  constructor(clock: Clock, end: (cache: string) => void) {
    this.#clock = clock;
    this.#end = end;
  }

  /** The holder needs this cache, too. */
  hold(holder: string, cache: string): void {
    this.#needs.add(holder, cache);
    this.#keep(cache);
  }

  /** The holder needs these caches and no others. */
  settle(holder: string, caches: readonly string[]): void {
    const before = this.#needs.dependencies(holder);
    if (caches.length === 0) this.#needs.delete(holder);
    else this.#needs.set(holder, caches);
    for (const cache of caches) this.#keep(cache);
    for (const cache of before) if (this.#needs.dependents(cache).size === 0) this.#letGo(cache);
  }

  /** The caches that a holder needs. */
  heldBy(holder: string): readonly string[] {
    return this.#needs.dependencies(holder);
  }

  #keep(cache: string): void {
    this.#ending.get(cache)?.();
    this.#ending.delete(cache);
  }

  #letGo(cache: string): void {
    this.#keep(cache);
    const cancel = this.#clock.schedule(LINGER_MS, () => {
      this.#ending.delete(cache);
      this.#end(cache);
    });
    this.#ending.set(cache, cancel);
  }
}
