import { createFakeClock } from '@cartographer/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WorkQueue } from './work-queue.ts';

function setUp() {
  const clock = createFakeClock();
  return { clock, queue: new WorkQueue(clock) };
}

describe('a work queue', () => {
  it('hands a key out once however often it was added', () => {
    const { queue } = setUp();
    for (let i = 0; i < 3; i += 1) queue.add('a');
    expect([queue.take(), queue.take()]).toEqual(['a', undefined]);
  });

  it('hands a key out again that was added while it was worked on, and not before that work is done', () => {
    const { queue } = setUp();
    queue.add('a');
    queue.take();
    queue.add('a');
    expect(queue.take()).toBeUndefined();
    queue.done('a');
    expect(queue.take()).toBe('a');
  });

  it('puts keys of the first list behind live ones, and raises a waiting key that becomes live', () => {
    const { queue } = setUp();
    queue.add('listed-1', 'background');
    queue.add('listed-2', 'background');
    queue.add('live');
    queue.add('listed-2');
    expect([queue.take(), queue.take(), queue.take(), queue.take()]).toEqual([
      'live',
      'listed-2',
      'listed-1',
      undefined,
    ]);
  });

  it('adds a delayed key when its time comes, the earliest request counting', async () => {
    const { clock, queue } = setUp();
    queue.addAfter('a', 500);
    queue.addAfter('a', 100);
    queue.addAfter('a', 900);
    expect(queue.delayed).toBe(1);
    await clock.advance(99);
    expect(queue.take()).toBeUndefined();
    await clock.advance(1);
    expect(queue.take()).toBe('a');
  });

  it('refuses keys once closed and cancels what was delayed', async () => {
    const { clock, queue } = setUp();
    queue.addAfter('a', 10);
    queue.add('b');
    queue.close();
    await clock.advance(1000);
    queue.add('c');
    expect([queue.take(), queue.depth, queue.delayed]).toEqual([undefined, 0, 0]);
  });

  it('loses no addition and never works on a key twice at once, whatever the order of calls', () => {
    const step = fc.oneof(
      fc.record({ op: fc.constant('add' as const), key: fc.constantFrom('a', 'b', 'c'), live: fc.boolean() }),
      fc.record({ op: fc.constant('take' as const) }),
      fc.record({ op: fc.constant('done' as const), index: fc.nat(3) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { queue } = setUp();
        const working: string[] = [];
        const owed = new Set<string>();
        for (const action of steps) {
          if (action.op === 'add') {
            queue.add(action.key, action.live ? 'live' : 'background');
            owed.add(action.key);
          } else if (action.op === 'take') {
            const key = queue.take();
            if (key === undefined) continue;
            expect(working).not.toContain(key);
            expect(owed.delete(key)).toBe(true);
            working.push(key);
          } else {
            const [key] = working.splice(action.index % Math.max(1, working.length), 1);
            if (key !== undefined) queue.done(key);
          }
        }
        for (const key of working.splice(0)) queue.done(key);
        for (let key = queue.take(); key !== undefined; key = queue.take()) {
          expect(owed.delete(key)).toBe(true);
          queue.done(key);
        }
        expect([owed.size, queue.idle]).toEqual([0, true]);
      }),
    );
  });
});
