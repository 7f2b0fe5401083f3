import { expect, it } from 'vitest';
import { failingMs, withoutCurrentList } from './part-troubles.ts';

const NOW = 1_000_000;
const clock = { monotonicMs: () => NOW };
const since = (ms: number) => ({ message: 'things is forbidden', sinceMs: NOW - ms });

it('a part is failing for as long as its trouble lasts, the longest where two have one name', () => {
  const troubles = [
    ['leader election', undefined],
    ['informer of things', since(2_000)],
    ['informer of things', since(5_000)],
    ['informer of things', undefined],
  ] as const;
  expect([...failingMs(troubles, clock)]).toEqual([
    ['leader election', 0],
    ['informer of things', 5_000],
  ]);
});

it.each([
  ['all are listed', [{ kind: 'A', synced: true, trouble: undefined }], undefined],
  ['one is out of date for less than a minute', [{ kind: 'A', synced: true, trouble: since(59_999) }], undefined],
  [
    'one is out of date for a minute',
    [{ kind: 'A', synced: true, trouble: since(60_000) }],
    'no current list of A: things is forbidden',
  ],
  [
    'some were never listed',
    [
      { kind: 'A', synced: false, trouble: undefined },
      { kind: 'B', synced: true, trouble: undefined },
      { kind: 'C', synced: false, trouble: since(1) },
    ],
    'no current list of A, C: things is forbidden',
  ],
  ['one was not asked for yet', [{ kind: 'A', synced: false, trouble: undefined }], 'no current list of A'],
])('says what is not current when %s', (_case, kinds, expected) => {
  expect(withoutCurrentList(kinds, clock)).toBe(expected);
});
