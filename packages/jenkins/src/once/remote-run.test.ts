import { stepsOf } from '@cartographer/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Attempt, type Memory, nextStep, type RunRecord, SETTLE_MS, type Sight, settleMs } from './remote-run.ts';

const attempt: Attempt = { number: 1, isCorrelated: true, isAnswered: false };
const absent = (isProven = true): Sight<string> => ({ kind: 'absent', isProven, beganMs: SETTLE_MS });
const settled: Memory = { doubtSinceMs: 0 };
const kindOf = (record: RunRecord, sight: Sight<string>, memory: Memory = {}): string =>
  nextStep(record, sight, memory).kind;

describe('what is next with a run', () => {
  it.each<[string, string, RunRecord, Sight<string>, Memory?]>([
    ['nobody looked', 'look', {}, { kind: 'unseen' }],
    ['nothing is written down and nothing is there', 'intend', {}, absent(false)],
    ['nothing is written down and a run with the id is there', 'run', {}, { kind: 'run', run: 'r' }],
    ['an attempt was just written down', 'send', { attempt }, absent(), { unsent: 1 }],
    ['an attempt was given up before its first byte', 'send', { attempt }, { kind: 'unseen' }, { unsent: 1 }],
    [
      'another attempt is known to be unsent',
      'search',
      { attempt: { ...attempt, number: 2 } },
      absent(),
      { unsent: 1 },
    ],
    ['an answer was lost a moment ago', 'search', { attempt }, absent(), { doubtSinceMs: 1 }],
    ['this process has not begun to search', 'search', { attempt }, absent()],
    ['an answer was lost and nothing came of it, for sure', 'intend', { attempt }, absent(), settled],
    ['an answer was lost and builds are gone that could be it', 'unknown', { attempt }, absent(false), settled],
    [
      'an answer was lost and nothing finds the run',
      'unknown',
      { attempt: { ...attempt, isCorrelated: false } },
      absent(),
      {},
    ],
    ['a second answer was lost', 'search', { attempt: { ...attempt, number: 2 } }, absent(), settled],
    [
      'it was taken and nothing is seen of it',
      'lost',
      { attempt: { ...attempt, isAnswered: true } },
      absent(),
      settled,
    ],
    ['it waits', 'waiting', { attempt, ticket: 7 }, { kind: 'waiting' }],
    [
      'it waited and is gone',
      'lost',
      { attempt: { ...attempt, isCorrelated: false, isAnswered: true }, ticket: 7 },
      absent(),
      settled,
    ],
    ['it was cancelled while it waited', 'cancelled', { attempt, ticket: 7 }, { kind: 'cancelled' }],
    ['one that somebody else had begun is gone', 'lost', { run: 3 }, absent(), settled],
    ['it ran and is gone', 'lost', { attempt, run: 3 }, absent(), settled],
  ])('%s: %s', (_what, kind, record, sight, memory) => {
    expect(kindOf(record, sight, memory)).toBe(kind);
  });

  it('searches the longer the more was sent, ten minutes at most', () => {
    expect([1, 2, 3, 20].map(settleMs)).toEqual([60_000, 120_000, 240_000, 600_000]);
  });
});

/** A system, and a process that writes down, sends, looks and crashes. Time stands on the ends of steps. */
class World {
  readonly record: { attempt?: Attempt; ticket?: number; run?: number } = {};
  #memory: Memory = {};
  #sight: Sight<string> = { kind: 'unseen' };
  /** Triggers under way: when they arrive at the latest. */
  #underWay: number[] = [];
  runs = 0;
  #lostHistory = false;
  nowMs = 0;
  readonly #isCorrelated: boolean;

  constructor(isCorrelated: boolean) {
    this.#isCorrelated = isCorrelated;
  }

  step(step: Step): void {
    switch (step.kind) {
      case 'crash':
        this.#memory = {};
        this.#sight = { kind: 'unseen' };
        return;
      case 'time':
        this.nowMs += step.ms;
        this.#arrive();
        return;
      case 'forget':
        // Old runs are thrown away by the system.
        if (this.runs > 0) this.#lostHistory = true;
        return;
      case 'look':
        this.#look();
        return;
      case 'reconcile':
        this.#reconcile(step.answer);
    }
  }

  #arrive(): void {
    const before = this.#underWay.length;
    this.#underWay = this.#underWay.filter((at) => at > this.nowMs);
    this.runs += before - this.#underWay.length;
  }

  #look(): void {
    const isFound = this.runs > 0 && !this.#lostHistory && this.#isCorrelated;
    this.#sight = isFound
      ? { kind: 'run', run: 'r' }
      : { kind: 'absent', isProven: !this.#lostHistory, beganMs: this.nowMs };
  }

  #reconcile(answer: 'heard' | 'lost' | 'late' | 'unsent'): void {
    if (this.record.attempt !== undefined && this.#memory.unsent === undefined) {
      this.#memory = { doubtSinceMs: this.#memory.doubtSinceMs ?? this.nowMs };
    }
    const next = nextStep(this.record, this.#sight, this.#memory);
    if (next.kind === 'intend') {
      const number = (this.record.attempt?.number ?? 0) + 1;
      this.record.attempt = { number, isCorrelated: this.#isCorrelated, isAnswered: false };
      this.#memory = { unsent: number };
    }
    if (next.kind !== 'send') return;
    this.#memory = answer === 'unsent' ? this.#memory : { doubtSinceMs: this.nowMs };
    if (answer === 'late') this.#underWay.push(this.nowMs + SETTLE_MS - 1);
    if (answer === 'heard' || answer === 'lost') this.runs += 1;
    if (answer === 'heard' && this.record.attempt !== undefined) {
      this.record.attempt = { ...this.record.attempt, isAnswered: true };
    }
    this.#sight = { kind: 'unseen' };
  }
}

type Step =
  | { readonly kind: 'crash' | 'look' | 'forget' }
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'reconcile'; readonly answer: 'heard' | 'lost' | 'late' | 'unsent' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom<Step>({ kind: 'crash' }, { kind: 'forget' }) },
  { weight: 3, arbitrary: fc.constant<Step>({ kind: 'look' }) },
  { weight: 3, arbitrary: fc.constantFrom(100, 30_000, 70_000, 700_000).map((ms): Step => ({ kind: 'time', ms })) },
  {
    weight: 5,
    arbitrary: fc
      .constantFrom<'heard' | 'lost' | 'late' | 'unsent'>('heard', 'lost', 'late', 'unsent')
      .map((answer): Step => ({ kind: 'reconcile', answer })),
  },
);

describe('laws of a run', () => {
  it.each([true, false])(
    'whatever is lost, late or crashes, there is one run at most (found by its id: %s)',
    (isCorrelated) => {
      fc.assert(
        fc.property(stepsOf(step, { max: 60 }), (steps) => {
          const world = new World(isCorrelated);
          for (const each of steps) world.step(each);
          world.step({ kind: 'time', ms: 10_000_000 });
          expect(world.runs).toBeLessThanOrEqual(1);
        }),
        { numRuns: 2_000 },
      );
    },
  );

  it('a run that can be found by its id is there at last, whatever was lost before', () => {
    fc.assert(
      fc.property(
        stepsOf(
          step.filter(({ kind }) => kind !== 'forget'),
          { max: 40 },
        ),
        (steps) => {
          const world = new World(true);
          for (const each of steps) world.step(each);
          for (let round = 0; round < 12; round += 1) {
            world.step({ kind: 'reconcile', answer: 'heard' });
            world.step({ kind: 'time', ms: 700_000 });
            world.step({ kind: 'look' });
            world.step({ kind: 'look' });
          }
          expect(world.runs).toBe(1);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
