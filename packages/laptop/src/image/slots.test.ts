import { expect, it } from 'vitest';
import { createSlots } from './slots.ts';

it('works a few at a time, in order, and lets who is aborted leave the line', async () => {
  const slots = createSlots(1);
  const { signal } = new AbortController();
  const leaving = new AbortController();
  const order: string[] = [];
  const first = Promise.withResolvers<void>();
  const works = [
    slots.use(signal, () => first.promise),
    slots.use(leaving.signal, async () => order.push('left')),
    slots.use(signal, async () => order.push('second')),
    slots.use(signal, async () => order.push('third')),
  ];
  leaving.abort(new Error('not needed'));
  expect(order).toEqual([]);
  first.resolve();
  expect((await Promise.allSettled(works)).map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
  ]);
  expect(order).toEqual(['second', 'third']);
  await expect(slots.use(signal, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  expect(await slots.use(signal, async () => 'free again')).toBe('free again');
});
