import { createFakeClock, stepsOf } from '@cartographer/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type QueueObserver, WorkQueue } from './work-queue.ts';

function setUp() {
  const clock = createFakeClock();
  const told: string[] = [];
  const observer: QueueObserver = {
    added: () => told.push('added'),
    taken: (waitedMs) => told.push(`taken after ${waitedMs}`),
    finished: (workedMs) => told.push(`finished after ${workedMs}`),
  };
  return { clock, told, queue: new WorkQueue(clock, observer) };
}

/** Everything that can be taken now, and given back only at the end. */
function takeAll(queue: WorkQueue): readonly string[] {
  const taken: string[] = [];
  for (let key = queue.take(); key !== undefined; key = queue.take()) taken.push(key);
  for (const key of taken) queue.done(key);
  return taken;
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

  it.each([
    ['on', 86_400_000],
    ['back', -86_400_000],
  ])('adds a delayed key at the earliest of its times though the clock was set %s meanwhile', async (_way, jumpMs) => {
    const { clock, queue } = setUp();
    queue.addAfter('later first', 600_000);
    queue.addAfter('sooner first', 100);
    clock.jump(jumpMs);
    queue.addAfter('later first', 100);
    queue.addAfter('sooner first', 600_000);
    await clock.advance(100);
    expect(takeAll(queue)).toEqual(['sooner first', 'later first']);
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

  it.each([
    ['live', 'live', ['a', 'b']],
    ['background', 'background', ['a', 'b']],
    ['live', 'background', ['a', 'b']],
    ['background', 'live', ['a', 'b']],
  ] as const)('keeps the place of a key that waits as %s when it is added as %s', (first, second, order) => {
    const { queue, told } = setUp();
    queue.add('a', first);
    queue.add('b', first);
    queue.add('a', second);
    expect(queue.depth).toBe(2);
    expect(told).toEqual(['added', 'added']);
    expect(takeAll(queue)).toEqual(order);
    expect(queue.idle).toBe(true);
  });

  it('keeps a live key live that is listed as well, before one that was listed first', () => {
    const { queue } = setUp();
    queue.add('listed', 'background');
    queue.add('live', 'live');
    queue.add('live', 'background');
    expect(takeAll(queue)).toEqual(['live', 'listed']);
  });

  it('is quiet about a key that waits already, and about one that is being worked on', () => {
    const { queue } = setUp();
    let changes = 0;
    queue.onChange(() => (changes += 1));
    queue.add('a');
    queue.add('a');
    queue.add('a', 'background');
    expect(changes).toBe(1);
    queue.take();
    queue.add('a');
    expect(changes).toBe(1);
    queue.done('a');
    expect(changes).toBe(2);
  });

  it.each([
    ['live', 'live'],
    ['background', 'live'],
    ['live', 'background'],
    ['background', 'background'],
  ] as const)('hands a key that was added as %s and %s during its work out once, and to one worker', (one, two) => {
    const { queue } = setUp();
    queue.add('a');
    queue.take();
    queue.add('a', one);
    queue.add('a', two);
    expect([queue.take(), queue.depth, queue.processing]).toEqual([undefined, 1, 1]);
    queue.done('a');
    expect([queue.take(), queue.take()]).toEqual(['a', undefined]);
    queue.done('a');
    expect([queue.take(), queue.idle]).toEqual([undefined, true]);
  });

  it('keeps the priority of a key that was added during its work', () => {
    const { queue } = setUp();
    queue.add('a');
    queue.take();
    queue.add('a', 'background');
    queue.done('a');
    queue.add('b');
    expect(takeAll(queue)).toEqual(['b', 'a']);
  });

  it('gives a key to nobody else while it is worked on, though it stands in a second list', () => {
    const { queue } = setUp();
    queue.add('a', 'background');
    queue.add('a', 'live');
    expect(queue.take()).toBe('a');
    queue.add('a', 'background');
    expect(queue.take()).toBeUndefined();
    queue.done('a');
    expect(takeAll(queue)).toEqual(['a']);
  });

  it('is idle only when nothing waits and nothing is worked on', () => {
    const { queue } = setUp();
    const seen = [queue.idle];
    queue.add('a');
    seen.push(queue.idle);
    queue.take();
    seen.push(queue.idle);
    queue.done('a');
    seen.push(queue.idle);
    queue.addAfter('later', 10);
    seen.push(queue.idle);
    expect(seen).toEqual([true, false, false, true, true]);
  });

  it('tells what it does, with times, and nothing about a key that it did not hand out', async () => {
    const { clock, queue, told } = setUp();
    queue.add('a', 'background');
    await clock.advance(20);
    queue.add('a', 'live');
    await clock.advance(10);
    queue.take();
    await clock.advance(7);
    queue.done('a');
    queue.done('a');
    queue.done('unknown');
    expect(told).toEqual(['added', 'taken after 30', 'finished after 7']);
  });

  it('wakes nobody when a key ends that it did not hand out, and does not count it', () => {
    const { queue } = setUp();
    queue.add('a');
    let changes = 0;
    queue.onChange(() => (changes += 1));
    queue.done('a');
    expect([changes, queue.depth, queue.processing]).toEqual([0, 1, 0]);
    expect(takeAll(queue)).toEqual(['a']);
  });

  it('tells a listener no more once it has left', () => {
    const { queue } = setUp();
    let changes = 0;
    const leave = queue.onChange(() => (changes += 1));
    queue.add('a');
    leave();
    queue.add('b');
    expect(changes).toBe(1);
  });

  it.each([0, -5])('adds a key at once that is to come after %d ms', (afterMs) => {
    const { clock, queue } = setUp();
    queue.addAfter('listed', afterMs, 'background');
    queue.addAfter('live', afterMs);
    expect([queue.depth, queue.delayed, clock.pending]).toEqual([2, 0, 0]);
    expect(takeAll(queue)).toEqual(['live', 'listed']);
  });

  it.each([
    ['the first', [100, 500]],
    ['the second', [500, 100]],
    ['either', [100, 100]],
  ])('keeps one timer and the earlier time when %s of two is the earlier', async (_which, times) => {
    const { clock, queue } = setUp();
    for (const afterMs of times) queue.addAfter('a', afterMs);
    expect([queue.delayed, clock.pending]).toEqual([1, 1]);
    await clock.advance(99);
    expect(queue.depth).toBe(0);
    await clock.advance(1);
    expect([queue.depth, queue.delayed, clock.pending]).toEqual([1, 0, 0]);
    expect(takeAll(queue)).toEqual(['a']);
    await clock.advance(1_000);
    expect(queue.depth).toBe(0);
  });

  it('adds a key later that is to come after a millisecond', async () => {
    const { clock, queue } = setUp();
    queue.addAfter('a', 1);
    expect([queue.depth, queue.delayed]).toEqual([0, 1]);
    await clock.advance(1);
    expect([queue.depth, queue.delayed]).toEqual([1, 0]);
  });

  it('keeps the first of two requests for the same time, with its priority', async () => {
    const { clock, queue } = setUp();
    queue.addAfter('a', 100, 'live');
    queue.addAfter('a', 100, 'background');
    await clock.advance(99);
    queue.add('listed', 'background');
    await clock.advance(1);
    expect(takeAll(queue)).toEqual(['a', 'listed']);
  });

  it('compares times by when they come, not by how long they were when they were asked for', async () => {
    const { clock, queue } = setUp();
    queue.addAfter('a', 100);
    await clock.advance(60);
    queue.addAfter('a', 50);
    await clock.advance(39);
    expect(queue.depth).toBe(0);
    await clock.advance(1);
    expect(queue.depth).toBe(1);
  });

  it('delays a key anew whose time has come', async () => {
    const { clock, queue } = setUp();
    queue.addAfter('a', 10, 'background');
    await clock.advance(10);
    queue.add('b');
    expect(takeAll(queue)).toEqual(['b', 'a']);
    queue.addAfter('a', 50);
    expect(queue.delayed).toBe(1);
    await clock.advance(50);
    expect(takeAll(queue)).toEqual(['a']);
  });

  it('hands out, takes and delays nothing once closed, stops its timers and tells its listeners', () => {
    const { clock, queue, told } = setUp();
    queue.addAfter('later', 10);
    queue.add('a');
    queue.add('b');
    expect(queue.take()).toBe('a');
    queue.add('a');
    let changes = 0;
    queue.onChange(() => (changes += 1));
    queue.close();
    expect([changes, queue.depth, queue.delayed, clock.pending]).toEqual([1, 0, 0, 0]);
    told.length = 0;
    queue.add('c');
    queue.addAfter('c', 0);
    queue.addAfter('c', 10);
    expect([queue.take(), queue.depth, queue.delayed, clock.pending]).toEqual([undefined, 0, 0, 0]);
    expect([told, changes]).toEqual([[], 1]);
    queue.done('a');
    expect([queue.take(), queue.idle, changes]).toEqual([undefined, true, 2]);
  });

  it('loses no addition and never works on a key twice at once, whatever the order of calls', () => {
    const step = fc.oneof(
      fc.record({ op: fc.constant('add' as const), key: fc.constantFrom('a', 'b', 'c'), live: fc.boolean() }),
      fc.record({ op: fc.constant('take' as const) }),
      fc.record({ op: fc.constant('done' as const), index: fc.nat(3) }),
    );
    fc.assert(
      fc.property(stepsOf(step, { max: 60 }), (steps) => {
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
