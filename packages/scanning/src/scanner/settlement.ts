import type { Clock } from '@cartographer/machinery';

type Waiter = {
  /** Keys of which a run that began after the change has not ended well yet; true while one is under way. */
  readonly open: Map<string, boolean>;
  changed: number;
  readonly done: () => void;
};

/** Tells when scans were reconciled after a change, and how many of them read differently then. */
export class Settlement {
  readonly #waiters = new Set<Waiter>();
  #unseen: Set<string> | undefined;

  /** How many wait. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** Says which keys there are at the start: each is to be looked at, since a crash may have left one behind. */
  start(keys: Iterable<string>): void {
    this.#unseen = new Set(keys);
  }

  /** Whether each key of the start had a run that ended well. */
  get hasSeenAll(): boolean {
    return this.#unseen?.size === 0;
  }

  /** A run of this key begins: it sees everything that was told before. */
  began(key: string): void {
    for (const { open } of this.#waiters) if (open.has(key)) open.set(key, true);
  }

  /** It has ended, well or not. */
  ended(key: string, how: { readonly isDone: boolean; readonly isChanged: boolean }): void {
    if (how.isDone) this.#unseen?.delete(key);
    for (const waiter of this.#waiters) {
      if (waiter.open.get(key) !== true) continue;
      if (how.isChanged) waiter.changed += 1;
      if (how.isDone) waiter.open.delete(key);
      else waiter.open.set(key, false);
      if (waiter.open.size === 0) waiter.done();
    }
  }

  /**
   * Resolves once each key had a run that began after this call and ended well, or when the time is over.
   *
   * @returns how many read differently, and the keys that had no such run.
   */
  async of(
    keys: Iterable<string>,
    { clock, mostMs, signal }: { readonly clock: Clock; readonly mostMs: number; readonly signal: AbortSignal },
  ): Promise<{ readonly changed: number; readonly left: readonly string[] }> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { open: new Map([...keys].map((key) => [key, false])), changed: 0, done: resolve };
    if (waiter.open.size === 0) return { changed: 0, left: [] };
    const stop = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    const cancel = clock.schedule(mostMs, resolve);
    this.#waiters.add(waiter);
    try {
      await promise;
      return { changed: waiter.changed, left: [...waiter.open.keys()] };
    } finally {
      this.#waiters.delete(waiter);
      cancel();
      signal.removeEventListener('abort', stop);
    }
  }
}
