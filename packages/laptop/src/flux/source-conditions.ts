import { type Condition, rfc3339 } from '@cartographer/machinery';

/** Bounds what a server's words can do to an object. */
const MAX_MESSAGE_LENGTH = 32_768;
const FIRST: readonly string[] = ['Stalled', 'Reconciling', 'Ready'];

/** A list of conditions under Flux's rules: the time changes with status, reason or message; a fixed order. */
export class SourceConditions<T extends string, Reason extends string> {
  readonly #items: Map<string, Condition>;
  readonly #generation: number;
  readonly #now: string;

  constructor(items: readonly Condition[], generation: number, nowMs: number) {
    this.#items = new Map(items.map((item) => [item.type, item]));
    this.#generation = generation;
    this.#now = rfc3339(nowMs);
  }

  set(type: T, status: Condition['status'], reason: Reason, text: string): void {
    const message = text.length > MAX_MESSAGE_LENGTH ? `${text.slice(0, MAX_MESSAGE_LENGTH - 3)}...` : text;
    const old = this.#items.get(type);
    const isSame = old?.status === status && old.reason === reason && old.message === message;
    const lastTransitionTime = isSame ? old.lastTransitionTime : this.#now;
    const observedGeneration = this.#generation;
    this.#items.set(type, { type, status, reason, message, lastTransitionTime, observedGeneration });
  }

  drop(...types: readonly T[]): void {
    for (const type of types) this.#items.delete(type);
  }

  /** Notes that the condition was found to hold for this generation, too. */
  refresh(type: T): void {
    const item = this.#items.get(type);
    if (item !== undefined) this.set(type, item.status, item.reason as Reason, item.message);
  }

  list(): readonly Condition[] {
    return [...this.#items.values()].toSorted(byImportance);
  }
}

function byImportance(left: Condition, right: Condition): number {
  const rank = ({ type }: Condition): number => (FIRST.includes(type) ? FIRST.indexOf(type) : FIRST.length);
  const generations = (right.observedGeneration ?? 0) - (left.observedGeneration ?? 0);
  const names = left.type < right.type ? -1 : 1;
  const byRank = rank(left) - rank(right);
  if (byRank !== 0) return byRank;
  return generations === 0 ? names : generations;
}
