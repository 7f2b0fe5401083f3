import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { createRoom } from './room.ts';

function roomOf(max: number, ...names: readonly string[]) {
  const room = createRoom({ max });
  const dropped: string[] = [];
  const places = names.map((name) => room.enter(() => dropped.push(name), 1));
  return { room, dropped, places };
}

describe('room', () => {
  it('is for as much as was said, and whoever waits longest goes for what is more', () => {
    const { room, dropped, places } = roomOf(3, 'a', 'b', 'c');
    expect(dropped).toEqual([]);
    room.enter(() => dropped.push('d'), 1);
    expect(dropped).toEqual(['a']);
    places[2]?.grow(2);
    expect(dropped).toEqual(['a', 'b', 'c']);
    expect(room.taken).toBe(1);
  });

  it('is given back once, however it ends', () => {
    const { room, places } = roomOf(2, 'a', 'b', 'c');
    for (const place of [...places, ...places]) place.leave();
    places[0]?.grow(5);
    expect(room.taken).toBe(0);
  });

  it('lets one alone have more: its end would serve nobody', () => {
    const { room, dropped } = roomOf(2, 'a');
    room.enter(() => dropped.push('large'), 9);
    expect(dropped).toEqual(['a']);
    room.enter(() => dropped.push('next'), 1);
    expect(dropped).toEqual(['a', 'large']);
  });

  it('is lent for a time', async () => {
    const clock = createFakeClock();
    const room = createRoom({ max: 9, limit: { ms: 100, clock } });
    const dropped: string[] = [];
    room.enter(() => dropped.push('slow'), 1);
    const quick = room.enter(() => dropped.push('quick'), 1);
    await clock.advance(99);
    expect(dropped).toEqual([]);
    quick.leave();
    await clock.advance(1);
    expect(dropped).toEqual(['slow']);
    expect([room.taken, clock.pending]).toEqual([0, 0]);
  });
});
