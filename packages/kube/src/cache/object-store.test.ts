import type { KubeObject } from '@cartographer/machinery';
import { stepsOf } from '@cartographer/testkit';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { IndexFunction } from './object-store.ts';
import { createObjectStore } from './object-store.ts';

const thing = (name: string, colours: readonly string[] = []): KubeObject => ({
  apiVersion: 'acme.dev/v1',
  kind: 'Thing',
  metadata: { namespace: 'team', name },
  colours,
});
const byColour: IndexFunction = (object) => object['colours'] as readonly string[];

function setUp(indexes: Record<string, IndexFunction> = { colour: byColour }) {
  const failures: unknown[] = [];
  const store = createObjectStore(indexes, (index, key, error) =>
    failures.push([index, key, (error as Error).message]),
  );
  const names = (index: string, value: string): unknown[] =>
    store.byIndex(index, value).map(({ metadata }) => metadata.name);
  return { store, failures, names };
}

describe('an object store', () => {
  it('gives one list until something changes, and never changes one that it gave', () => {
    const { store } = setUp();
    const empty = store.list();
    const a = thing('a');
    store.set('team/a', a);
    const one = store.list();
    expect(store.list()).toBe(one);
    const other = thing('a');
    store.set('team/a', other);
    const two = store.list();
    store.delete('team/a');
    expect([empty, one, two, store.list()]).toEqual([[], [a], [other], []]);
    expect(two[0]).toBe(other);
    expect([store.get('team/a'), store.size, [...store.keys()]]).toEqual([undefined, 0, []]);
  });

  it.each<[string, Record<string, IndexFunction>]>([
    ['with indexes', { colour: byColour }],
    ['without', {}],
  ])('keeps one object a key, %s', (_what, indexes) => {
    const { store } = setUp(indexes);
    const [a, b, newer] = [thing('a'), thing('b'), thing('a')];
    store.set('team/a', a);
    store.set('team/b', b);
    store.set('team/a', newer);
    expect([store.size, [...store.keys()]]).toEqual([2, ['team/a', 'team/b']]);
    expect(store.get('team/a')).toBe(newer);
    store.delete('team/none');
    store.delete('team/b');
    expect([store.size, store.get('team/b')]).toEqual([1, undefined]);
  });

  it('finds an object under each of its values, the newest object, and under none that it left', () => {
    const { store, names } = setUp();
    store.set('team/a', thing('a', ['red', 'green']));
    store.set('team/b', thing('b', ['red']));
    expect([names('colour', 'red'), names('colour', 'green')]).toEqual([['a', 'b'], ['a']]);
    const newer = thing('a', ['green', 'blue']);
    store.set('team/a', newer);
    expect([names('colour', 'red'), names('colour', 'green'), names('colour', 'blue')]).toEqual([['b'], ['a'], ['a']]);
    expect(store.byIndex('colour', 'green')[0]).toBe(newer);
    store.delete('team/a');
    expect(['red', 'green', 'blue'].map((colour) => names('colour', colour))).toEqual([['b'], [], []]);
  });

  it('gives what is found as a copy', () => {
    const { store } = setUp();
    store.set('team/a', thing('a', ['red']));
    const found = store.byIndex('colour', 'red');
    store.delete('team/a');
    expect(found).toHaveLength(1);
  });

  it('keeps no value of an index that no object has any more', () => {
    const { store } = setUp();
    store.set('team/a', thing('a', ['red']));
    store.set('team/b', thing('b', ['red']));
    const forget = vi.spyOn(Map.prototype, 'delete');
    const forgotten = (): boolean => forget.mock.calls.some(([key]) => key === 'red');
    try {
      store.delete('team/a');
      expect(forgotten()).toBe(false);
      store.set('team/b', thing('b', ['green']));
      expect(forgotten()).toBe(true);
    } finally {
      forget.mockRestore();
    }
  });

  it('keeps indexes apart from each other', () => {
    const { store, names } = setUp({ colour: byColour, name: ({ metadata }) => [metadata.name ?? ''] });
    store.set('team/red', thing('red', ['blue']));
    expect([names('colour', 'red'), names('name', 'red'), names('colour', 'blue')]).toEqual([[], ['red'], ['red']]);
    store.delete('team/red');
    expect([names('name', 'red'), names('colour', 'blue')]).toEqual([[], []]);
  });

  it('tells of an index function that throws, and finds the object by the others', () => {
    const broken: IndexFunction = ({ metadata }) => {
      if (metadata.name === 'bad') throw new Error('no such field');
      return ['x'];
    };
    const { store, failures, names } = setUp({ broken, colour: byColour });
    store.set('team/bad', thing('bad', ['red']));
    store.set('team/good', thing('good', ['red']));
    expect([names('broken', 'x'), names('colour', 'red')]).toEqual([['good'], ['bad', 'good']]);
    expect(failures).toEqual([['broken', 'team/bad', 'no such field']]);
  });

  it('has no index that was not named', () => {
    const { store } = setUp();
    expect(() => store.byIndex('toString', 'x')).toThrow(RangeError);
    expect(() => store.byIndex('size', 'x')).toThrow('there is no index "size"');
  });

  it('finds the same by an index as by looking at every object, whatever happened before', () => {
    const step = fc.record({
      name: fc.constantFrom('a', 'b', 'c'),
      colours: fc.option(fc.subarray(['red', 'green', 'blue', '__proto__'])),
    });
    fc.assert(
      fc.property(stepsOf(step, { max: 40 }), (steps) => {
        const { store } = setUp();
        for (const { name, colours } of steps) {
          if (colours === null) store.delete(`team/${name}`);
          else store.set(`team/${name}`, thing(name, colours));
          for (const colour of ['red', 'green', 'blue', '__proto__']) {
            const expected = store.list().filter((object) => byColour(object).includes(colour));
            expect(new Set(store.byIndex('colour', colour))).toEqual(new Set(expected));
          }
        }
      }),
    );
  });
});
