/**
 * Gives turns to keys of groups: a few at a time, and to each group that waits in turn, so that a group with a thousand keys
 * holds nobody else up. A key that has its turn keeps it until it gives it back.
 */
export class FairTurns {
  readonly #most: number;
  readonly #onTurn: (key: string) => void;
  readonly #held = new Set<string>();
  /** Keys that wait, by their group; the group whose turn is next comes first. */
  readonly #waiting = new Map<string, Set<string>>();
  readonly #groupOf = new Map<string, string>();

  constructor(most: number, onTurn: (key: string) => void) {
    this.#most = most;
    this.#onTurn = onTurn;
  }

  /** Whether the key has its turn; one that has not is told when it is there. */
  ask(key: string, group: string): boolean {
    if (this.#held.has(key)) return true;
    if (this.#groupOf.has(key)) return false;
    if (this.#held.size < this.#most && this.#groupOf.size === 0) {
      this.#held.add(key);
      return true;
    }
    const keys = this.#waiting.get(group) ?? new Set();
    keys.add(key);
    this.#waiting.set(group, keys);
    this.#groupOf.set(key, group);
    return false;
  }

  /** Gives a turn back; one that waits goes on waiting. */
  release(key: string): void {
    if (this.#held.delete(key)) this.#next();
  }

  /** Wants no turn any more, and gives back what it has. */
  forget(key: string): void {
    this.#leave(key);
    this.release(key);
  }

  #leave(key: string): void {
    const group = this.#groupOf.get(key) ?? '';
    this.#groupOf.delete(key);
    const keys = this.#waiting.get(group);
    keys?.delete(key);
    if (keys?.size === 0) this.#waiting.delete(group);
  }

  #next(): void {
    while (this.#held.size < this.#most) {
      const [first] = this.#waiting;
      if (first === undefined) return;
      const [group, keys] = first;
      const [key = ''] = keys;
      this.#leave(key);
      // Behind those that have had none meanwhile.
      this.#waiting.delete(group);
      if (keys.size > 0) this.#waiting.set(group, keys);
      this.#held.add(key);
      this.#onTurn(key);
    }
  }
}
