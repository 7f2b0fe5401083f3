import type { Follow, JobAsk, Seen } from './followed.ts';
import type { JobLook } from './look.ts';
import { digestOf, dueJobs, pauseAfter } from './look-plan.ts';

/** Times here are of `monotonicMs`. */
type Entry = {
  follow: Follow;
  dueMs: number;
  seen: Seen;
  /** What it was last told of, to be told of changes alone. */
  told: string;
  /** How many pauses there were, and until when the last is. */
  patience: number;
  restsUntilMs: number;
  /** The step at which its log was read last; see `logStep`. */
  logStep: number | undefined;
};

/** When a look began, by `monotonicMs`; how often is looked; and the time that a server's times are compared with. */
type LookTimes = { readonly beganMs: number; readonly pollMs: number; readonly nowMs: number };

const UNSEEN: Seen = { kind: 'unseen' };
/** What is wrong with a job is put right by people. */
const FIRST_PATIENCE_MS = 15_000;
const LONGEST_PATIENCE_MS = 600_000;

/** The builds that are followed on one server: what was seen of each, and when each is to be looked at. */
export class FollowedBuilds {
  readonly #entries = new Map<string, Entry>();

  get size(): number {
    return this.#entries.size;
  }

  /** When the first is to be looked at; infinite when none is. */
  get dueMs(): number {
    let first = Number.POSITIVE_INFINITY;
    for (const { dueMs } of this.#entries.values()) first = Math.min(first, dueMs);
    return first;
  }

  /** Builds that are followed, and how. */
  *all(): Iterable<readonly [key: string, follow: Follow]> {
    for (const [key, { follow }] of this.#entries) yield [key, follow];
  }

  /** Follows a build, or follows it by what is known of it now; what was seen before that does not count then. */
  follow(key: string, follow: Follow): Seen {
    const known = this.#entries.get(key);
    if (known !== undefined && JSON.stringify(known.follow) === JSON.stringify(follow)) return known.seen;
    const seen = known !== undefined && isSameJob(known.follow, follow) ? keptSight(known.seen, follow) : UNSEEN;
    const { dueMs = 0, patience = 0, restsUntilMs = 0, logStep } = known ?? {};
    const nextMs = seen === UNSEEN ? restsUntilMs : dueMs;
    this.#entries.set(key, { follow, dueMs: nextMs, seen, told: '', patience, restsUntilMs, logStep });
    return seen;
  }

  /** Whether it was followed. */
  unfollow(key: string): boolean {
    return this.#entries.delete(key);
  }

  /** What was seen of a build does not count any more: something was just sent. */
  doubt(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    // Another object: what a look that is under way will say is of before.
    Object.assign(entry, { follow: { ...entry.follow }, seen: UNSEEN, dueMs: 0, told: '' });
  }

  /** Nothing can be done with what was seen: it is looked at after a growing pause, unless it is looked at anyway. */
  restSeen(key: string, nowMs: number): void {
    const entry = this.#entries.get(key);
    if (entry?.dueMs === Number.POSITIVE_INFINITY) rest(entry, nowMs);
  }

  /** What was sent was refused: what was seen does not count, and nothing is looked at before a growing pause is over. */
  restUnseen(key: string, nowMs: number): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.seen = UNSEEN;
    rest(entry, nowMs);
  }

  /** Whether the log of a build is to be read now: it was not at this step, and may be. */
  readsLog(key: string, step: number, mayRead: (namespace: string) => boolean): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.logStep === step || !mayRead(entry.follow.namespace)) return false;
    entry.logStep = step;
    return true;
  }

  /** All are to be looked at at once. */
  lookAnew(): void {
    for (const entry of this.#entries.values()) Object.assign(entry, { dueMs: 0, restsUntilMs: 0 });
  }

  /** The server gives no answer: all are looked at as soon as it may be asked. Answers with whom that is news for. */
  fail(isNews: boolean): readonly string[] {
    for (const entry of this.#entries.values()) {
      entry.dueMs = 0;
      if (isNews) entry.told = '';
    }
    return isNews ? [...this.#entries.keys()] : [];
  }

  /** The jobs of the next look. */
  dueJobs(nowMs: number): readonly JobAsk[] {
    return dueJobs(this.#entries, nowMs);
  }

  /** Takes in what a look has shown. Answers with the builds about which something else is known than they were told. */
  take({ builds }: Extract<JobLook, { kind: 'job' }>, { beganMs, pollMs, nowMs }: LookTimes): readonly string[] {
    return builds.flatMap(({ key, follow, seen }) => {
      const entry = this.#entries.get(key);
      // Followed by something else since, which this look knows nothing of.
      if (entry === undefined || entry.follow !== follow) return [];
      entry.seen = seen;
      entry.dueMs = beganMs + pauseAfter(entry, pollMs, nowMs);
      const told = digestOf(seen, nowMs);
      if (told === entry.told) return [];
      entry.told = told;
      return [key];
    });
  }
}

function rest(entry: Entry, nowMs: number): void {
  const pauseMs = Math.min(FIRST_PATIENCE_MS * 2 ** entry.patience, LONGEST_PATIENCE_MS);
  entry.dueMs = entry.restsUntilMs = nowMs + pauseMs;
  entry.patience = Math.min(entry.patience + 1, 16);
  entry.told = '';
}

function isSameJob(left: Follow, right: Follow): boolean {
  return left.job === right.job;
}

/** What was seen of a build stays, where only a name that it had there is written down now. */
function keptSight(seen: Seen, { identity }: Follow): Seen {
  const isNamed = identity.run !== undefined || identity.ticket !== undefined;
  return isNamed && seen.kind === 'seen' && seen.sight.kind !== 'absent' ? seen : UNSEEN;
}
