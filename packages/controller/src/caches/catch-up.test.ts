import type { KubeObject } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { CatchUp } from './catch-up.ts';

function version(resourceVersion: string): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', resourceVersion } };
}

describe('own writes that the cache lacks', () => {
  it('hide an older cached object and yield to a newer one', () => {
    const own = new CatchUp();
    own.wrote('a', version('9'));
    expect(own.resolve('a', undefined)?.metadata.resourceVersion).toBe('9');
    expect(own.resolve('a', version('8'))?.metadata.resourceVersion).toBe('9');
    expect(own.resolve('a', version('10'))?.metadata.resourceVersion).toBe('10');
    expect(own.lagging).toBe(false);
  });

  it('compare as numbers, beyond 2^53 too', () => {
    const own = new CatchUp();
    own.wrote('a', version('9007199254740993'));
    expect(own.resolve('a', version('9007199254740992'))?.metadata.resourceVersion).toBe('9007199254740993');
  });

  it('are forgotten once the watch told of them, and kept while it told of older ones', () => {
    const own = new CatchUp();
    own.wrote('a', version('9'));
    own.observed('a', version('8'), false);
    expect(own.lagging).toBe(true);
    own.observed('a', version('9'), false);
    expect(own.lagging).toBe(false);
  });

  it('are told from what others wrote by their version', () => {
    const own = new CatchUp();
    expect(own.isOwn('a', version('9'))).toBe(false);
    own.wrote('a', version('9'));
    expect([own.isOwn('a', version('9')), own.isOwn('a', version('10'))]).toEqual([true, false]);
    own.deleted('a', version('9'));
    expect(own.isOwn('a', version('9'))).toBe(false);
  });

  it('hide a deleted object until it is made anew', () => {
    const own = new CatchUp();
    own.deleted('a', version('9'));
    expect(own.resolve('a', version('9'))).toBeUndefined();
    expect(own.resolve('a', version('11'))?.metadata.resourceVersion).toBe('11');
  });

  it('never go back to an older answer that arrived late', () => {
    const own = new CatchUp();
    own.wrote('a', version('9'));
    own.wrote('a', version('7'));
    expect(own.resolve('a', undefined)?.metadata.resourceVersion).toBe('9');
  });

  it('yield to a cache that has come past them and lacks the object: it was deleted before the answer arrived', () => {
    const own = new CatchUp();
    own.wrote('a', version('9'));
    expect(own.resolve('a', undefined, '8')?.metadata.resourceVersion).toBe('9');
    expect(own.resolve('a', undefined, '9')).toBeUndefined();
    expect(own.lagging).toBe(false);
  });

  it('leave nothing behind when the watch told of a delete before its answer arrived', () => {
    const own = new CatchUp();
    own.deleted('a', undefined);
    expect(own.lagging).toBe(false);
  });

  it('at another version are no objects of this cache: its copy is behind until it is past them', () => {
    const own = new CatchUp();
    own.wroteElsewhere('a', version('9'));
    expect(own.behind('a', version('8'), '8')?.resourceVersion).toBe('9');
    expect(own.resolve('a', version('8'), '8')?.metadata.resourceVersion).toBe('8');
    expect([own.isOwn('a', version('9')), own.isOwn('a', version('10')), own.lagging]).toEqual([true, false, true]);
    expect(own.behind('a', version('8'), '9')).toBeUndefined();
    expect(own.lagging).toBe(false);
  });

  it('at another version yield to a newer write here, and an own answer to nothing that changed nothing', () => {
    const own = new CatchUp();
    own.wroteElsewhere('a', version('9'));
    own.wrote('a', version('10'));
    expect([own.behind('a', undefined, '8'), own.resolve('a', undefined, '8')?.metadata.resourceVersion]).toEqual([
      undefined,
      '10',
    ]);
    own.wroteElsewhere('a', version('10'));
    expect(own.behind('a', undefined, '8')).toBeUndefined();
    own.wroteElsewhere('a', version('11'));
    expect(own.behind('a', undefined, '8')?.resourceVersion).toBe('11');
  });

  it('stand beside a cached object of the same version until the cache is past it', () => {
    const own = new CatchUp();
    own.wrote('a', version('9'));
    const same = version('9');
    expect(own.resolve('a', same)).not.toBe(same);
    expect(own.resolve('a', same, '9')).toBe(same);
    expect([own.lagging, [...own.keys()]]).toEqual([false, []]);
  });

  it.each<readonly [position: string, expected: string]>([
    ['8', '9'],
    ['9', '8'],
    ['10', '8'],
    ['100', '8'],
  ])('are given up for what a cache holds that has come to %s', (position, expected) => {
    const own = new CatchUp();
    own.wrote('a', version('9'));
    expect(own.resolve('a', version('8'), position)?.metadata.resourceVersion).toBe(expected);
  });

  it('stay behind newer events: an answer that comes late hides no delete and no newer object', () => {
    const own = new CatchUp();
    own.wrote('a', version('9'));
    own.observed('a', version('12'), false);
    expect([own.lagging, own.resolve('a', version('12'))?.metadata.resourceVersion]).toEqual([false, '12']);
    own.wrote('a', version('9'));
    expect(own.resolve('a', version('12'), '12')?.metadata.resourceVersion).toBe('12');
    own.wrote('a', version('9'));
    own.observed('a', version('8'), true);
    expect([own.lagging, own.resolve('a', undefined)]).toEqual([false, undefined]);
  });

  it('that deleted are not undone by how far the cache has come, but by a newer object or the delete itself', () => {
    const own = new CatchUp();
    own.wrote('a', version('9'));
    own.deleted('a', version('9'));
    expect([own.resolve('a', version('9'), '20'), own.lagging]).toEqual([undefined, true]);
    expect([own.resolve('a', version('8'), '20'), own.resolve('a', undefined, '20')]).toEqual([undefined, undefined]);
    expect([own.behind('a', version('9'), '8'), own.isOwn('a', version('9'))]).toEqual([undefined, false]);
    own.observed('a', version('8'), false);
    expect(own.lagging).toBe(true);
    own.observed('a', version('9'), true);
    expect(own.lagging).toBe(false);
  });

  it('that deleted what only our own answer showed hide it, and yield to whatever the cache shows', () => {
    const own = new CatchUp();
    own.wrote('a', version('9'));
    own.deleted('a', undefined);
    expect([own.lagging, own.resolve('a', undefined)]).toEqual([true, undefined]);
    expect(own.resolve('a', version('1'))?.metadata.resourceVersion).toBe('1');
  });

  it('of equal version replace each other but for an answer from another version of the kind', () => {
    const own = new CatchUp();
    own.wroteElsewhere('a', version('9'));
    own.wrote('a', version('9'));
    expect([own.behind('a', undefined), own.resolve('a', undefined)?.metadata.resourceVersion]).toEqual([
      undefined,
      '9',
    ]);
    own.wroteElsewhere('a', version('8'));
    expect(own.resolve('a', undefined)?.metadata.resourceVersion).toBe('9');
  });

  it('are kept each for its object, and forgotten each for itself', () => {
    const own = new CatchUp();
    own.wrote('a', version('9'));
    own.wrote('b', version('9'));
    own.forget('a');
    expect([[...own.keys()], own.resolve('a', version('8'))?.metadata.resourceVersion]).toEqual([['b'], '8']);
  });

  it('are bounded: the one that was written longest ago goes first', () => {
    const own = new CatchUp();
    for (let i = 0; i < 20_000; i += 1) own.wrote(`k${i}`, version('9'));
    own.wrote('k0', version('10'));
    expect([...own.keys()]).toHaveLength(20_000);
    own.wrote('more', version('9'));
    const keys = new Set(own.keys());
    expect([keys.size, keys.has('k0'), keys.has('k1'), keys.has('more')]).toEqual([20_000, true, false, true]);
  });

  it('are bounded together with deletes and with writes at another version, which are listed by themselves as well', () => {
    const own = new CatchUp();
    for (let i = 0; i < 20_000; i += 1) own.wroteElsewhere(`k${i}`, version('9'));
    own.deleted('gone', version('9'));
    const elsewhere = own.keysElsewhere();
    expect([[...own.keys()].length, elsewhere.size, elsewhere.has('k0')]).toEqual([20_000, 19_999, false]);
    own.wrote('k1', version('10'));
    own.deleted('k2', version('9'));
    own.observed('k3', version('9'), false);
    own.resolve('k4', undefined, '9');
    own.forget('k5');
    expect([...elsewhere].slice(0, 2)).toEqual(['k6', 'k7']);
  });

  it('with a version that is no number count as the oldest', () => {
    const own = new CatchUp();
    own.wrote('a', version('9'));
    own.wrote('a', version('10x'));
    expect(own.resolve('a', version('x9'), 'x99')?.metadata.resourceVersion).toBe('9');
    expect(
      own.resolve('a', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } })?.metadata.resourceVersion,
    ).toBe('9');
  });
});
