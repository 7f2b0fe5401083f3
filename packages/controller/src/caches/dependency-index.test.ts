import { stepsOf } from '@cartographer/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DependencyIndex } from './dependency-index.ts';

describe('the dependency index', () => {
  it('always answers what the last word of each dependent says', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd');
    const step = fc.record({ dependent: name, dependencies: fc.option(fc.uniqueArray(name), { nil: undefined }) });
    fc.assert(
      fc.property(stepsOf(step, { max: 40 }), (steps) => {
        const index = new DependencyIndex();
        const model = new Map<string, readonly string[]>();
        for (const { dependent, dependencies } of steps) {
          if (dependencies === undefined) {
            index.delete(dependent);
            model.delete(dependent);
          } else {
            index.set(dependent, dependencies);
            model.set(dependent, dependencies);
          }
        }
        for (const dependency of ['a', 'b', 'c', 'd']) {
          const expected = [...model].filter(([, list]) => list.includes(dependency)).map(([dependent]) => dependent);
          expect([...index.dependents(dependency)].toSorted()).toEqual(expected.toSorted());
        }
      }),
    );
  });

  it.each([
    ['the first', ['x', 'y'], ['z', 'y']],
    ['the last', ['x', 'y'], ['x', 'z']],
    ['all but the order', ['x', 'y'], ['y', 'x']],
    ['one fewer', ['x', 'y'], ['x']],
    ['one more', ['x'], ['x', 'y']],
  ])('takes a list of which %s differs for another', (_what, before, after) => {
    const index = new DependencyIndex();
    index.set('a', before);
    index.set('a', after);
    const known = ['x', 'y', 'z'].filter((thing) => index.dependents(thing).has('a'));
    expect([index.dependencies('a'), known]).toEqual([after, after.toSorted()]);
  });

  it('adds one thing to what a dependent depends on already, once', () => {
    const index = new DependencyIndex();
    index.set('a', ['x']);
    for (const dependency of ['y', 'y', 'x']) index.add('a', dependency);
    index.add('b', 'y');
    expect([index.dependencies('a'), index.dependencies('c')]).toEqual([['x', 'y'], []]);
    expect([...index.dependents('y')]).toEqual(['a', 'b']);
  });

  it('lets go of what a dependent no longer names, keeps the others of a thing, and of a thing nothing once it has none', () => {
    const index = new DependencyIndex();
    index.set('a', ['x', 'y']);
    index.set('b', ['x']);
    index.set('a', ['y', 'z']);
    const all = (): unknown => ['x', 'y', 'z'].map((thing) => [...index.dependents(thing)]);
    expect([all(), index.dependencies('a')]).toEqual([
      [['b'], ['a'], ['a']],
      ['y', 'z'],
    ]);
    index.set('a', ['z', 'y']);
    expect(index.dependencies('a')).toEqual(['z', 'y']);
    index.set('a', ['z']);
    index.set('a', []);
    index.delete('b');
    index.delete('nobody');
    expect([all(), index.dependencies('a'), index.dependencies('b')]).toEqual([[[], [], []], [], []]);
    expect(new Set(['x', 'y', 'z', 'never'].map((thing) => index.dependents(thing))).size).toBe(1);
  });
});
