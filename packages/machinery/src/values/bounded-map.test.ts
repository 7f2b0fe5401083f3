import { describe, expect, it } from 'vitest';
import { BoundedMap } from '../index.ts';

describe('a bounded map', () => {
  it('forgets the entry unused for longest', () => {
    const map = new BoundedMap<number>(2);
    map.set('a', 1);
    map.set('b', 2);
    map.get('a');
    map.set('c', 3);
    expect(map.keys()).toEqual(['a', 'c']);
  });

  it('forgets as many as weigh too much, counts what is replaced once, and keeps nothing that is too heavy alone', () => {
    const map = new BoundedMap<string>(5, (text) => text.length);
    map.set('a', 'xx');
    map.set('a', 'xxx');
    map.set('b', 'xx');
    expect(map.keys()).toEqual(['a', 'b']);
    map.set('c', 'xxxx');
    expect(map.keys()).toEqual(['c']);
    map.set('d', 'xxxxxx');
    expect(map.size).toBe(0);
    map.delete('d');
    map.set('e', 'xxxxx');
    expect(map.keys()).toEqual(['e']);
  });
});
