import type { KubeObject } from '@cartographer/machinery';

/** One committed change, shared by everybody who hears of it. */
export type Change = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resourceVersion: number;
  /** When it was committed, in milliseconds. */
  readonly at: number;
  /** The new state; for DELETED the last state under the deletion's resource version. */
  readonly object: KubeObject;
  /** The state before; absent for ADDED. */
  readonly old?: KubeObject;
};

/**
 * The last changes of one resource, oldest first. Positions count from the first change ever, so that
 * a reader keeps its place as a plain number and needs no queue of its own.
 */
export class EventWindow {
  readonly #limit: number;
  #changes: Change[] = [];
  #head = 0;
  #start = 0;
  #lostVersion: number;

  /** `version`: the resource version at which the window opens; what is older counts as lost. */
  constructor(limit: number, version: number) {
    this.#limit = limit;
    this.#lostVersion = version;
  }

  /** The newest resource version whose change the window no longer (or never) had. */
  get lostVersion(): number {
    return this.#lostVersion;
  }

  /** Position of the oldest change still here. */
  get first(): number {
    return this.#start;
  }

  /** Position after the newest change. */
  get end(): number {
    return this.#start + this.#changes.length - this.#head;
  }

  /** The change at a position between {@link first} and {@link end}. */
  at(position: number): Change | undefined {
    return this.#changes[this.#head + position - this.#start];
  }

  append(change: Change): void {
    this.#changes.push(change);
    if (this.end - this.#start > this.#limit) this.#drop();
  }

  /** Forgets changes committed before `at`. */
  expire(at: number): void {
    for (let oldest = this.at(this.#start); oldest !== undefined && oldest.at < at; oldest = this.at(this.#start)) {
      this.#drop();
    }
  }

  /** Position of the first change after a resource version, or undefined when some such change is lost. */
  after(resourceVersion: number): number | undefined {
    if (resourceVersion < this.#lostVersion) return undefined;
    let low = this.#start;
    let high = this.end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.at(middle)?.resourceVersion ?? 0) > resourceVersion) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #drop(): void {
    this.#lostVersion = this.#changes[this.#head]?.resourceVersion ?? this.#lostVersion;
    this.#head++;
    this.#start++;
    if (this.#head >= 1024 && this.#head * 2 > this.#changes.length) {
      this.#changes = this.#changes.slice(this.#head);
      this.#head = 0;
    }
  }
}
