import { stepsOf } from '@cartographer/testkit';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { Fifo } from './fifo.ts';

describe('a first-in-first-out list', () => {
  it('gives what a plain list would give, whatever the order of calls', () => {
    const step = fc.oneof(
      fc.constant('push' as const),
      fc.constant('shift' as const),
      fc.constant('shift many' as const),
    );
    fc.assert(
      fc.property(stepsOf(step, { max: 60 }), (steps) => {
        const fifo = new Fifo<number>();
        const plain: number[] = [];
        let next = 0;
        for (const each of steps) {
          if (each === 'push') {
            plain.push(next);
            fifo.push(next);
            next += 1;
          } else {
            for (let n = each === 'shift' ? 1 : 5; n > 0; n -= 1) expect(fifo.shift()).toBe(plain.shift());
          }
          expect(fifo.length).toBe(plain.length);
        }
      }),
    );
  });

  it.each([1_024, 1_025, 2_048, 2_049, 5_000])('keeps its order and its length as %d of many are taken', (taken) => {
    const fifo = new Fifo<number>();
    for (let n = 0; n < 4_000; n += 1) fifo.push(n);
    for (let n = 0; n < taken; n += 1) expect(fifo.shift()).toBe(n < 4_000 ? n : undefined);
    expect(fifo.length).toBe(Math.max(0, 4_000 - taken));
    fifo.push(-1);
    expect(fifo.shift()).toBe(taken < 4_000 ? taken : -1);
  });

  it('lets go of what was taken, and of its room when most of it is empty', () => {
    const held: number[] = [];
    const slice = vi.spyOn(Array.prototype, 'slice');
    const room = (): readonly number[] => slice.mock.contexts.map((items) => (items as readonly unknown[]).length);
    try {
      const fifo = new Fifo<object>();
      for (let n = 0; n < 3_000; n += 1) fifo.shift();
      expect(room()).toEqual([]);
      for (let n = 0; n < 5_000; n += 1) fifo.push({});
      for (let n = 0; n < 5_000; n += 1) fifo.shift();
      // Half of 5000, half of the rest, then as soon as more than 1024 are empty.
      expect([room(), slice.mock.calls.map(([from]) => from)]).toEqual([
        [5_000, 2_499, 1_249],
        [2_501, 1_250, 1_025],
      ]);
      for (const [n, items] of slice.mock.contexts.entries()) {
        const [from = 0] = slice.mock.calls[n] ?? [];
        held.push((items as readonly unknown[]).filter((item, i) => i < from && item !== undefined).length);
      }
      expect(held).toEqual([0, 0, 0]);
    } finally {
      slice.mockRestore();
    }
  });
});
