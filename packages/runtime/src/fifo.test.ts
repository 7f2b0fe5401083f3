import { stepsOf } from '@cartographer/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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
});
