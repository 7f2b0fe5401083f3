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
});
