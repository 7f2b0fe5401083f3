import type { KubeObject } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { WrittenObjects } from './written-objects.ts';

const KEY = 'team/shop';
const version = (resourceVersion: string): KubeObject => ({
  apiVersion: 'carto.run/v1alpha1',
  kind: 'Workload',
  metadata: { name: 'shop', namespace: 'team', resourceVersion },
});
const [first, second, third, others] = [version('1'), version('2'), version('3'), version('4')];

describe('an object that was written', () => {
  it('is the newest until the cache has it', () => {
    const written = new WrittenObjects();
    expect(written.newest(KEY, first)).toBe(first);
    written.note(KEY, first, second);
    expect(written.newest(KEY, first)).toBe(second);
    const echo = version('2');
    expect(written.newest(KEY, echo)).toBe(echo);
  });

  it('several times stays the newest while the cache has any version before it', () => {
    const written = new WrittenObjects();
    written.note(KEY, first, second);
    written.note(KEY, second, third);
    expect([first, second].map((cached) => written.newest(KEY, cached))).toEqual([third, third]);
  });

  it('gives way to what somebody else wrote', () => {
    const written = new WrittenObjects();
    written.note(KEY, first, second);
    expect(written.newest(KEY, others)).toBe(others);
  });

  it('is not kept beyond its arrival', () => {
    const written = new WrittenObjects();
    written.note(KEY, first, second);
    written.newest(KEY, version('2'));
    expect([written.newest(KEY, first), written.isOwn(KEY, second)]).toEqual([first, false]);
  });

  it('is not made up for an object that the cache has no more, and not kept for one that is forgotten', () => {
    const written = new WrittenObjects();
    written.note(KEY, first, second);
    expect(written.newest(KEY, undefined)).toBeUndefined();
    written.forget(KEY);
    expect(written.newest(KEY, first)).toBe(first);
  });

  it('without a change is no write', () => {
    const written = new WrittenObjects();
    written.note(KEY, first, version('1'));
    expect(written.newest(KEY, first)).toBe(first);
    expect(written.isOwn(KEY, first)).toBe(false);
  });

  it('is told from those of other keys and from what others wrote when it arrives', () => {
    const written = new WrittenObjects();
    written.note(KEY, first, second);
    const arrivals: readonly (readonly [string, KubeObject])[] = [
      [KEY, version('2')],
      [KEY, first],
      [KEY, others],
      ['team/other', version('2')],
    ];
    expect(arrivals.map(([key, object]) => written.isOwn(key, object))).toEqual([true, false, false, false]);
  });
});
