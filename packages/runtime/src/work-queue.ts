import type { Clock } from '@cartographer/machinery';
import { Fifo } from './fifo.ts';

/** `live`: something changed now. `background`: the first list after a start; waits behind everything live. */
export type Priority = 'live' | 'background';

/** What a queue tells about itself, for metrics. */
export type QueueObserver = {
  added(): void;
  /** A key was handed out after waiting this long. */
  taken(waitedMs: number): void;
  finished(workedMs: number): void;
};

const silent: QueueObserver = { added: () => undefined, taken: () => undefined, finished: () => undefined };

/**
 * A queue of keys, as client-go's: a key waits at most once (dirty set), is worked on at most once at a time
 * (processing set), and when it is added while being worked on, it is handed out again afterwards. So a level-based
 * reconciler sees every change at least once and never runs twice for one key.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #observer: QueueObserver;
  readonly #ready: Readonly<Record<Priority, Fifo<string>>> = { live: new Fifo(), background: new Fifo() };
  /** Keys that wait, with their priority and since when. A key whose priority rose stays in the old list as well and is skipped there. */
  readonly #dirty = new Map<string, { priority: Priority; since: number }>();
  readonly #processing = new Map<string, number>();
  readonly #delayed = new Map<string, { dueMs: number; cancel: () => void }>();
  readonly #listeners = new Set<() => void>();
  #closed = false;

  constructor(clock: Clock, observer: QueueObserver = silent) {
    this.#clock = clock;
    this.#observer = observer;
  }

  /** Keys that wait, those being worked on not counted. */
  get depth(): number {
    return this.#dirty.size;
  }

  /** Keys being worked on. */
  get processing(): number {
    return this.#processing.size;
  }

  /** Keys that wait for a later time. */
  get delayed(): number {
    return this.#delayed.size;
  }

  /** Nothing waits and nothing is being worked on. Delayed keys do not count. */
  get idle(): boolean {
    return this.#dirty.size === 0 && this.#processing.size === 0;
  }

  /** Calls back whenever a key became ready or the queue may have become idle. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  add(key: string, priority: Priority = 'live'): void {
    if (this.#closed) return;
    const waiting = this.#dirty.get(key);
    if (waiting !== undefined && (waiting.priority === priority || priority === 'background')) return;
    if (waiting === undefined) this.#observer.added();
    this.#dirty.set(key, { priority, since: waiting?.since ?? this.#clock.monotonicMs() });
    if (this.#processing.has(key)) return;
    this.#ready[priority].push(key);
    this.#changed();
  }

  /** Adds the key later; of several such requests the earliest counts. */
  addAfter(key: string, afterMs: number, priority: Priority = 'live'): void {
    if (this.#closed) return;
    if (afterMs <= 0) return this.add(key, priority);
    const dueMs = this.#clock.monotonicMs() + afterMs;
    const pending = this.#delayed.get(key);
    if (pending !== undefined && pending.dueMs <= dueMs) return;
    pending?.cancel();
    const cancel = this.#clock.schedule(afterMs, () => {
      this.#delayed.delete(key);
      this.add(key, priority);
    });
    this.#delayed.set(key, { dueMs, cancel });
  }

  /** The next key to work on, or undefined when none is ready. Every key taken must be given back with {@link done}. */
  take(): string | undefined {
    if (this.#closed) return undefined;
    return this.#takeFrom('live') ?? this.#takeFrom('background');
  }

  #takeFrom(priority: Priority): string | undefined {
    for (let key = this.#ready[priority].shift(); key !== undefined; key = this.#ready[priority].shift()) {
      const waiting = this.#dirty.get(key);
      if (waiting?.priority !== priority || this.#processing.has(key)) continue;
      this.#dirty.delete(key);
      const now = this.#clock.monotonicMs();
      this.#processing.set(key, now);
      this.#observer.taken(now - waiting.since);
      return key;
    }
    return undefined;
  }

  /** Ends the work on a key; if it was added meanwhile, it becomes ready again. */
  done(key: string): void {
    const startedAt = this.#processing.get(key);
    if (startedAt === undefined) return;
    this.#processing.delete(key);
    this.#observer.finished(this.#clock.monotonicMs() - startedAt);
    const waiting = this.#dirty.get(key);
    if (waiting !== undefined) this.#ready[waiting.priority].push(key);
    this.#changed();
  }

  /** Refuses further keys and drops those that wait; work in progress is ended by its worker. */
  close(): void {
    this.#closed = true;
    for (const { cancel } of this.#delayed.values()) cancel();
    this.#delayed.clear();
    this.#dirty.clear();
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
