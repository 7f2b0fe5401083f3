import { describe, expect, it } from 'vitest';
import { deepFreeze, type Json, type JsonObject } from '../values/json.ts';
import { applyJsonPatch } from './json-patch.ts';
import { PatchError } from './patch-error.ts';

const document = deepFreeze({ list: ['a', 'b', 'c'], map: { x: 1, n: null }, text: 't' }) as Json;
const at = (path: string, value: Json): JsonObject => ({ op: 'test', path, value });

describe('one operation of a JSON patch', () => {
  it.each<[string, JsonObject, object]>([
    ['adds before an item', { op: 'add', path: '/list/1', value: 'n' }, { list: ['a', 'n', 'b', 'c'] }],
    ['adds before the first item', { op: 'add', path: '/list/0', value: 'n' }, { list: ['n', 'a', 'b', 'c'] }],
    [
      'adds behind the last item by its index',
      { op: 'add', path: '/list/3', value: 'n' },
      { list: ['a', 'b', 'c', 'n'] },
    ],
    ['adds behind the last item by a dash', { op: 'add', path: '/list/-', value: 'n' }, { list: ['a', 'b', 'c', 'n'] }],
    [
      'counts a negative index from the end',
      { op: 'replace', path: '/list/-1', value: 'n' },
      { list: ['a', 'b', 'n'] },
    ],
    [
      'counts a negative index to the first',
      { op: 'replace', path: '/list/-3', value: 'n' },
      { list: ['n', 'b', 'c'] },
    ],
    ['takes an index with a sign', { op: 'remove', path: '/list/+1' }, { list: ['a', 'c'] }],
    ['removes the last item', { op: 'remove', path: '/list/2' }, { list: ['a', 'b'] }],
    ['adds over a member', { op: 'add', path: '/map/x', value: 2 }, { map: { x: 2, n: null } }],
    ['adds null for no value', { op: 'add', path: '/map/y' }, { map: { x: 1, n: null, y: null } }],
    ['removes a member that is null', { op: 'remove', path: '/map/n' }, { map: { x: 1 } }],
    [
      'replaces a member that is not there',
      { op: 'replace', path: '/map/y', value: 2 },
      { map: { x: 1, n: null, y: 2 } },
    ],
    ['moves an item', { op: 'move', from: '/list/0', path: '/list/2' }, { list: ['b', 'c', 'a'] }],
    ['moves a member', { op: 'move', from: '/map/x', path: '/y' }, { map: { n: null }, y: 1 }],
    ['copies an item', { op: 'copy', from: '/list/0', path: '/y' }, { y: 'a' }],
    ['copies null for a member that is not there', { op: 'copy', from: '/map/y', path: '/y' }, { y: null }],
    ['finds a value that is equal', at('/list', ['a', 'b', 'c']), {}],
    ['finds null where there is nothing', at('/map/y', null), {}],
    ['finds null for no value', { op: 'test', path: '/map/n' }, {}],
    ['goes through a list', at('/list/-1', 'c'), {}],
  ])('%s', (_name, operation, changed) => {
    expect(applyJsonPatch(document, [operation])).toEqual({ ...(document as JsonObject), ...changed });
  });

  it.each<[string, JsonObject, string]>([
    ['add', { path: '/list/4', value: 1 }, "unable to access invalid index: 4 for path: '/list/4'"],
    ['add', { path: '/list/-5', value: 1 }, "unable to access invalid index: -5 for path: '/list/-5'"],
    ['add', { path: '/list/x', value: 1 }, "unable to access invalid index: x for path: '/list/x'"],
    ['add', { path: '/list/', value: 1 }, "unable to access invalid index:  for path: '/list/'"],
    ['add', { path: '/list/1e0', value: 1 }, "unable to access invalid index: 1e0 for path: '/list/1e0'"],
    ['add', { path: '/no/x', value: 1 }, 'add operation does not apply: doc is missing path: "/no/x"'],
    ['add', { path: '/list/3/x', value: 1 }, 'add operation does not apply: doc is missing path: "/list/3/x"'],
    ['add', { path: '', value: {} }, 'add operation does not apply: doc is missing path: ""'],
    ['add', { path: 'map/x', value: 1 }, 'add operation does not apply: doc is missing path: "map/x"'],
    ['add', { path: 1, value: 1 }, 'add operation failed to decode path'],
    ['remove', { path: '/list/3' }, "unable to access invalid index: 3 for path: '/list/3'"],
    ['remove', { path: '/list/-' }, "unable to access invalid index: - for path: '/list/-'"],
    ['remove', { path: '/map/y' }, 'unable to remove nonexistent key: y'],
    ['remove', { path: '/text/0' }, 'remove operation does not apply: doc is missing path: "/text/0"'],
    ['remove', {}, 'remove operation failed to decode path'],
    ['replace', { path: '/list/3', value: 1 }, "unable to access invalid index: 3 for path: '/list/3'"],
    ['replace', { path: '/no/x', value: 1 }, 'replace operation does not apply: doc is missing path: "/no/x"'],
    ['move', { from: '/map/y', path: '/y' }, 'unable to remove nonexistent key: y'],
    ['move', { path: '/y' }, 'move operation failed to decode from'],
    ['move', { from: '/map/x' }, 'move operation failed to decode path'],
    ['copy', { path: '/y' }, 'copy operation failed to decode from'],
    ['copy', { from: '', path: '/y' }, 'copy operation does not apply: doc is missing path: ""'],
    ['copy', { from: '/list/3', path: '/y' }, "unable to access invalid index: 3 for path: '/list/3'"],
    ['test', { path: '/map/x', value: 2 }, 'testing value /map/x failed'],
    ['test', { path: '/map/x' }, 'testing value /map/x failed'],
    ['test', { path: '/map/n', value: 0 }, 'testing value /map/n failed'],
    ['test', { path: '/list/3', value: null }, "unable to access invalid index: 3 for path: '/list/3'"],
    ['odd', { path: '/map/x' }, 'Unexpected kind: odd'],
  ])('%s %j is refused', (op, operation, message) => {
    expect(() => applyJsonPatch(document, [{ op, ...operation }])).toThrow(new PatchError(message));
  });

  it('without a kind is refused', () => {
    expect(() => applyJsonPatch(document, [{ op: 1 }])).toThrow(new PatchError('Unexpected kind: unknown'));
    expect(() => applyJsonPatch(document, [[]])).toThrow(new PatchError('operation is not an object'));
  });

  it('replaces the whole by an object or a list, by nothing else', () => {
    const replaced = (value: Json): Json => applyJsonPatch({ a: 1 }, [{ op: 'replace', path: '', value }]);
    expect([replaced({ b: 1 }), replaced([1]), replaced('x'), replaced(null)]).toEqual([
      { b: 1 },
      [1],
      { a: 1 },
      { a: 1 },
    ]);
    expect(applyJsonPatch({ a: 1 }, [at('', { a: 1 })])).toEqual({ a: 1 });
  });

  it('unescapes a step: first the slash, then the tilde', () => {
    const odd = { 'a/b': 1, 'c~d': 2, '~1': 3 };
    expect(applyJsonPatch(odd, [at('/a~1b', 1), at('/c~0d', 2), at('/~01', 3)])).toEqual(odd);
  });
});

describe('a JSON patch', () => {
  it('that is no list is refused by its type', () => {
    const words = (patch: Json): unknown => {
      try {
        return applyJsonPatch({}, patch);
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(words({})).toBe('cannot unmarshal object into a list of operations');
    expect(words('x')).toBe('cannot unmarshal string into a list of operations');
  });

  it('shares nothing with the document or the patch', () => {
    const value = { deep: { x: 1 } };
    const result = applyJsonPatch({ a: { y: 1 } }, [
      { op: 'add', path: '/b', value },
      { op: 'copy', from: '/b', path: '/c' },
      { op: 'replace', path: '/b/deep/x', value: 2 },
      { op: 'replace', path: '/a/y', value: 2 },
    ]);
    expect(result).toEqual({ a: { y: 2 }, b: { deep: { x: 2 } }, c: { deep: { x: 1 } } });
    expect(value).toEqual({ deep: { x: 1 } });
  });

  it('may have ten thousand operations, not one more', () => {
    const tests = (count: number): Json => Array.from({ length: count }, () => at('', {}));
    expect(applyJsonPatch({}, tests(10_000))).toEqual({});
    expect(() => applyJsonPatch({}, tests(10_001))).toThrow(PatchError);
  });

  // Of a text each character and two quotes count, of a list two and one for each item, of a map two, of each key four and its characters.
  it.each<[string, (free: number) => Json]>([
    ['a text', (free) => 'x'.repeat(free - 2)],
    ['a text in a list', (free) => ['x'.repeat(free - 5)]],
    ['a text in a list behind a number', (free) => [1, 'x'.repeat(free - 10)]],
    ['a text in a map', (free) => ({ abc: 'x'.repeat(free - 11) })],
    ['a text in a map beside null', (free) => ({ abc: 'x'.repeat(free - 20), d: null })],
  ])('may copy three million bytes in all, not one more: %s', (_name, sized) => {
    const copies = (value: Json): Json =>
      applyJsonPatch({ a: value, one: 'x' }, [
        { op: 'copy', from: '/one', path: '/b' },
        { op: 'copy', from: '/a', path: '/b' },
      ]);
    expect(copies(sized(3_000_000 - 3))).toHaveProperty('b');
    expect(() => copies(sized(3_000_000 - 2))).toThrow('the copies of the patch are too large');
  });
});
