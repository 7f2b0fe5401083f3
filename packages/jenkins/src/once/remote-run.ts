/**
 * How work is done once on a system that only knows how to start it: what is to be sent is written down before, and what was
 * written down is searched for before anything is sent again. Knows of no system; pure.
 */

/** A trigger, as it is written down before it is sent. */
export type Attempt = {
  /** Counts them; only one of them can have started anything. */
  readonly number: number;
  /** Whether the run can be found by the id that is sent with it. */
  readonly isCorrelated: boolean;
  /** Whether the system has said that it took it. */
  readonly isAnswered: boolean;
};

/** What is written down of a run. */
export type RunRecord = {
  readonly attempt?: Attempt;
  /** What the system calls the run before it starts. */
  readonly ticket?: number;
  /** What it calls it since. */
  readonly run?: number;
};

/** What a complete look at the system shows of a run. */
export type Sight<Run> =
  /** Nobody has looked since. */
  | { readonly kind: 'unseen' }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'run'; readonly run: Run }
  | { readonly kind: 'cancelled' }
  /** It is not there, as of when the look began. Proven: there is no place left where it could be. */
  | { readonly kind: 'absent'; readonly isProven: boolean; readonly beganMs: number };

/** What this process knows besides, and forgets when it ends. */
export type Memory = {
  /** The attempt that was certainly not sent: just written down, or given up before the first byte. */
  readonly unsent?: number;
  /** Since when nothing more was sent, as far as this process knows, and the run is looked for. */
  readonly doubtSinceMs?: number;
};

/** What is to be done next. */
export type NextStep<Run> =
  /** Nothing can be said before somebody looks. */
  | { readonly kind: 'look' }
  /** Write an attempt down; it is sent only after that. */
  | { readonly kind: 'intend' }
  | { readonly kind: 'send' }
  /** It may be there and is not seen yet: look on. */
  | { readonly kind: 'search' }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'run'; readonly run: Run }
  | { readonly kind: 'cancelled' }
  /** It was there, or was taken, and is gone. */
  | { readonly kind: 'lost' }
  /** Whether there is one cannot be told. */
  | { readonly kind: 'unknown' };

/** A trigger that was given up may still arrive within this time: longer than any request may take. */
export const SETTLE_MS = 60_000;
const LONGEST_SETTLE_MS = 600_000;

/** Decides what is next; a step that sends is given only where no earlier trigger can have started anything. */
export function nextStep<Run>(record: RunRecord, sight: Sight<Run>, memory: Memory): NextStep<Run> {
  const { attempt } = record;
  if (sight.kind !== 'absent' && sight.kind !== 'unseen') return sight;
  if (attempt !== undefined && !attempt.isAnswered && memory.unsent === attempt.number) return { kind: 'send' };
  if (attempt !== undefined && !attempt.isCorrelated && isNameless(record)) return { kind: 'unknown' };
  if (sight.kind === 'unseen') return { kind: 'look' };
  if (attempt === undefined && isNameless(record)) return { kind: 'intend' };
  if (!isSettled(attempt?.number ?? 1, memory, sight.beganMs)) return { kind: 'search' };
  if (attempt === undefined || attempt.isAnswered || !isNameless(record)) return { kind: 'lost' };
  return sight.isProven ? { kind: 'intend' } : { kind: 'unknown' };
}

/** Nothing of the system's own is known to find it by. */
function isNameless({ ticket, run }: RunRecord): boolean {
  return ticket === undefined && run === undefined;
}

/** Whether a trigger that nobody has heard of would have arrived when the look began. The more were sent, the longer. */
function isSettled(number: number, { doubtSinceMs }: Memory, beganMs: number): boolean {
  return doubtSinceMs !== undefined && beganMs - doubtSinceMs >= settleMs(number);
}

/** How long is searched for the run of an attempt. */
export function settleMs(number: number): number {
  return Math.min(SETTLE_MS * 2 ** (number - 1), LONGEST_SETTLE_MS);
}
