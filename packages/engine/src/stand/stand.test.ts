import type { ResourceType } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import type { MappingAnswer, Retry } from '../world/world.ts';
import type { Standing, StandRequest } from './stand.ts';
import { againAfter, appliedEvent, objectText, refusal, refused, retryOfAll, retryWith, typeOf } from './stand.ts';

const THING: ResourceType = {
  group: 'golden.test',
  version: 'v1',
  kind: 'Thing',
  resource: 'things',
  namespaced: true,
};

describe('what the server refused', () => {
  test.each([
    [403, undefined, { kind: 'after', afterMs: 30_000 }],
    [403, 5, { kind: 'after', afterMs: 30_000 }],
    [401, undefined, { kind: 'backoff' }],
    [404, undefined, { kind: 'backoff' }],
    [429, 5_000, { kind: 'backoff', atLeastMs: 5_000 }],
    [503, 0, { kind: 'backoff', atLeastMs: 0 }],
    [undefined, undefined, { kind: 'backoff' }],
  ])('with code %j and Retry-After %j is tried again: %j', (code, retryAfterMs, again) => {
    expect(againAfter(code, retryAfterMs)).toEqual(again);
  });

  test('stands refused with its message, and comes back as its code says', () => {
    expect(refusal({ kind: 'refused', code: 403, message: 'x' }, 'why')).toEqual({
      kind: 'refused',
      message: 'why',
      retry: { kind: 'after', afterMs: 30_000 },
    });
    expect(refusal({ kind: 'refused', code: 429, message: 'x', retryAfterMs: 9 }, 'why')).toMatchObject({
      retry: { kind: 'backoff', atLeastMs: 9 },
    });
    expect(refusal({ kind: 'failed', message: 'x' }, 'why')).toMatchObject({ retry: { kind: 'backoff' } });
    expect(refused('why')).toEqual({ kind: 'refused', message: 'why', retry: { kind: 'backoff' } });
    expect(refused('why', 'do')).toMatchObject({ advice: 'do' });
  });
});

describe('the type of what is to stand', () => {
  const typed = (kind: string, apiVersion: string, mapping?: MappingAnswer): ResourceType | Standing => {
    const stamped = { kind, apiVersion, name: 'a', object: { spec: {} } };
    const request = { asks: { mapping: () => mapping }, stamped };
    return typeOf(request as unknown as StandRequest, 'list: ');
  };
  const mapped = { kind: 'mapped', type: THING } as const;

  test('is the one of its kind and version', () => {
    expect(typed('Thing', 'golden.test/v1', mapped)).toBe(THING);
    expect(typed('Thing', 'golden.test/v1')).toEqual({ kind: 'waiting' });
  });

  test.each<[string, string, string, MappingAnswer, string, string]>([
    ['without a kind', '', 'v1', mapped, 'backoff', "list: Object 'Kind' is missing"],
    ['without a version', 'Thing', '', mapped, 'backoff', "list: Object 'apiVersion' is missing"],
    ['that is not served', 'Thing', 'v1', { kind: 'noMatch', message: 'no match' }, 'backoff', 'list: no match'],
    [
      'of a cluster-scoped kind',
      'Thing',
      'v1',
      { kind: 'mapped', type: { ...THING, namespaced: false } },
      'none',
      'create: [things.golden.test] have no namespace',
    ],
  ])('is none of an object %s', (_what, kind, apiVersion, mapping, retry, message) => {
    expect(typed(kind, apiVersion, mapping)).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining(message) as string,
      retry: { kind: retry },
    });
  });
});

describe('the one retry of all', () => {
  const message = 'm';
  const none: Retry = { kind: 'none' };
  const after = (afterMs: number): Retry => ({ kind: 'after', afterMs, message });
  const backoff = (atLeastMs?: number): Retry => ({
    kind: 'backoff',
    ...(atLeastMs === undefined ? {} : { atLeastMs }),
    message,
  });
  test.each<[string, readonly Retry[], Retry]>([
    ['is none of nothing', [], none],
    ['is none of none', [none, none], none],
    ['is the soonest of fixed waits', [after(9), after(3), none, after(5)], after(3)],
    ['is a growing wait before any fixed one', [after(1), backoff(), after(2)], backoff()],
    ['is the growing wait of which the server asks most', [backoff(), backoff(3), backoff(7), backoff(5)], backoff(7)],
    ['is the one growing wait of which the server asks anything', [backoff(3), backoff()], backoff(3)],
    ['is the one of which it asks a millisecond', [backoff(), backoff(1)], backoff(1)],
  ])('%s', (_what, all, expected) => {
    expect(retryOfAll(all)).toEqual(expected);
  });

  test('says the message of the one that it takes, the first of equals', () => {
    const all = [1, 2].map((n): Retry => ({ kind: 'after', afterMs: 5, message: `m${n}` }));
    expect(retryOfAll(all)).toMatchObject({ message: 'm1' });
    const growing = [1, 2].map((n): Retry => ({ kind: 'backoff', message: `m${n}` }));
    expect(retryOfAll(growing)).toMatchObject({ message: 'm1' });
  });
});

test('a retry has a message, where there is one', () => {
  expect(retryWith({ kind: 'none' }, 'why')).toEqual({ kind: 'none' });
  expect(retryWith({ kind: 'after', afterMs: 1 }, 'why')).toEqual({ kind: 'after', afterMs: 1, message: 'why' });
});

test('a write is told in the words of upstream', () => {
  const object = { apiVersion: 'golden.test/v1', kind: 'Thing', metadata: { name: 'a' } };
  expect(appliedEvent(THING, object, true).message).toBe('Created object [things.golden.test/a]');
  expect(appliedEvent(THING, object, false).message).toBe('Patched object [things.golden.test/a]');
  expect(objectText(THING, undefined)).toBe('things.golden.test/');
});
