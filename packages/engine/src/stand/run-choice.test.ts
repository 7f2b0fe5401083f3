import type { JsonObject, KubeObject } from '@cartographer/machinery';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runHealth } from '../read/object-health.ts';
import { newestFirst, outputRun, surplusRuns } from './stand-run.ts';

const RULE = { singleConditionType: 'Done' };

/** A run of this age in seconds; `status` is that of its condition `Done`. */
function run(name: string, second: number, status: string): KubeObject {
  const creationTimestamp = `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`;
  const conditions = [{ type: 'Done', status }];
  return {
    apiVersion: 'golden.test/v1',
    kind: 'Thing',
    metadata: { name, creationTimestamp },
    status: { conditions },
  };
}

/** Runs as text: `a+ b- c?` are a good, a bad and an undecided one, each newer than the one before. */
function runs(text: string): readonly KubeObject[] {
  const statuses: Readonly<Record<string, string>> = { '+': 'True', '-': 'False', '?': 'Unknown' };
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map((word, i) => run(word.slice(0, -1), i, statuses[word.slice(-1)] ?? ''));
}

const named = (all: readonly KubeObject[], name: string): KubeObject => {
  const found = all.find(({ metadata }) => metadata.name === name);
  if (found === undefined) throw new Error(`no run ${name}`);
  return found;
};
const names = (all: readonly KubeObject[]): string => all.map(({ metadata }) => metadata.name).join(' ');

describe('runs', () => {
  test('stand the newest first, those of one second by name, whatever their order was', () => {
    const all = [run('b', 5, ''), run('old', 1, ''), run('a', 5, ''), run('new', 9, ''), run('c', 5, '')];
    expect(names(newestFirst(all))).toBe('new a b c old');
    expect(names(newestFirst(all.toReversed()))).toBe('new a b c old');
    expect(names(all)).toBe('b old a new c');
  });

  test('without a time of creation are the oldest', () => {
    const timeless = { apiVersion: 'golden.test/v1', kind: 'Thing', metadata: { name: 'none' } };
    expect(names(newestFirst([timeless, run('a', 1, '')]))).toBe('a none');
    expect(names(newestFirst([run('a', 1, ''), timeless]))).toBe('a none');
  });
});

describe('the run whose outputs count', () => {
  test.each([
    ['the current one when it is healthy, old as it is', 'a+ b+ c-', 'a', 'a'],
    ['the newest healthy one while the current one is not decided', 'a+ b+ c- d?', 'd', 'b'],
    ['the newest healthy one when the current one failed', 'a+ b+ c-', 'c', 'b'],
    ['the newest healthy one, newer than the current one', 'a? b+ c+ d-', 'a', 'c'],
    ['none when none is healthy', 'a- b?', 'b', undefined],
  ])('is %s', (_what, text, current, expected) => {
    const all = runs(text);
    expect(outputRun(named(all, current), all, RULE)?.metadata.name).toBe(expected);
  });

  test('is the current one where there is no rule', () => {
    const all = runs('a- b-');
    expect(outputRun(named(all, 'a'), all, undefined)?.metadata.name).toBe('a');
  });
});

describe('surplus', () => {
  test.each([
    ['nothing as long as there is room', 'a+ b+ c- d-', [], 2, 2, ''],
    ['the oldest good ones', 'a+ b+ c+ d+', [], 2, 2, 'b a'],
    ['the oldest bad ones', 'a- b- c- d-', [], 2, 1, 'c b a'],
    ['of good and bad ones each by their own number', 'a+ b- c+ d- e+ f-', [], 2, 1, 'd b a'],
    ['never one that is undecided', 'a? b? c? d? e+ f+', [], 1, 0, 'e'],
    ['all of them where none is to be kept', 'a+ b-', [], 0, 0, 'b a'],
    ['never the current run, be it the oldest', 'a+ b+ c+', ['a'], 1, 1, 'b'],
    ['never the current run, be none to be kept', 'a+ b+', ['a'], 0, 0, 'b'],
    ['neither the current run nor the latched one', 'a+ b- c- d-', ['b', 'a'], 0, 0, 'd c'],
    ['fewer where a run that is kept takes a place', 'a+ b+ c+', ['c'], 2, 2, 'a'],
  ])('is %s', (_what, text, kept, maxSuccessfulRuns, maxFailedRuns, expected) => {
    const all = runs(text);
    const policy = { maxSuccessfulRuns, maxFailedRuns };
    const held = kept.map((name) => named(all, name));
    for (const order of [all, all.toReversed()]) {
      expect(names(surplusRuns(order, RULE, policy, [...held, undefined]))).toBe(expected);
    }
  });

  test('is counted as success where there is no rule', () => {
    const all = runs('a- b? c+');
    const policy = { maxSuccessfulRuns: 1, maxFailedRuns: 0 };
    expect(names(surplusRuns(all, undefined, policy, []))).toBe('b a');
  });

  test('and the rest are all the runs; kept runs and undecided ones are never surplus, no newer one goes for an older', () => {
    const status = fc.constantFrom('True', 'False', 'Unknown');
    const count = fc.nat(4);
    const sample = fc.array(fc.tuple(fc.nat(9), status), { minLength: 1, maxLength: 9, size: 'max' });
    const law = fc.property(sample, count, count, fc.nat(8), (made, maxSuccessfulRuns, maxFailedRuns, at) => {
      const all = made.map(([second, is], i) => run(`r${i}`, second, is));
      const current = all[at % all.length] as KubeObject;
      const source = outputRun(current, all, RULE);
      const surplus = surplusRuns(all, RULE, { maxSuccessfulRuns, maxFailedRuns }, [current, source]);
      expect(surplus).not.toContain(current);
      expect(surplus).not.toContain(source);
      const limits: Readonly<JsonObject> = { True: maxSuccessfulRuns, False: maxFailedRuns };
      for (const outcome of ['True', 'False', 'Unknown'] as const) {
        const ordered = newestFirst(all).filter((entry) => runHealth(RULE, entry) === outcome);
        const limit = (limits[outcome] as number | undefined) ?? Infinity;
        const expected = ordered.filter((entry, i) => i >= limit && entry !== current && entry !== source);
        expect(surplus.filter((entry) => runHealth(RULE, entry) === outcome)).toEqual(expected);
      }
    });
    fc.assert(law);
  });
});
