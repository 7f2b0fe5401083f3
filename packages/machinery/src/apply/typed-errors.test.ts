import { describe, expect, it } from 'vitest';
import { gadgetSchema } from '../testing/gadget.ts';
import type { Json } from '../values/json.ts';
import { mergeSchemaOf } from './merge-schema.ts';
import { typedErrors, typedErrorText } from './typed-errors.ts';

const schema = mergeSchemaOf({
  ...gadgetSchema,
  properties: {
    spec: {
      ...gadgetSchema.properties?.['spec'],
      properties: { ...gadgetSchema.properties?.['spec']?.properties, bool: { type: 'boolean' } },
    },
  },
});
const errors = (field: string, value: Json): readonly string[] => typedErrors({ spec: { [field]: value } }, schema);

describe('what fits its schema', () => {
  it.each<[string, Json]>([
    ['n', 1],
    ['n', 2n ** 60n],
    ['num', 1.5],
    ['s', 'x'],
    ['bool', true],
    ['ios', 1],
    ['ios', 'x'],
    ['dt', 'any text'],
    ['m', { a: '1' }],
    ['m', {}],
    ['la', ['x', 'x']],
    ['ls', ['x', 'y']],
    ['lm', [{ k: 'a' }, { k: 'b' }]],
    ['at', { a: '1' }],
    ['pu', { x: [1, { y: null }], z: true }],
    ...['n', 's', 'bool', 'ios', 'm', 'la', 'ls', 'lm', 'at', 'pu'].map((field): [string, Json] => [field, null]),
  ])('%s: %s', (field, value) => {
    expect(errors(field, value)).toEqual([]);
  });

  it('a key that holds nothing', () => {
    expect(typedErrors({ spec: { n: undefined, zzz: undefined } }, schema)).toEqual([]);
  });
});

describe('what does not fit is told with its path', () => {
  it.each<[string, Json, readonly string[]]>([
    ['n', 'x', ['.spec.n: expected numeric (int or float), got string']],
    ['n', true, ['.spec.n: expected numeric (int or float), got bool']],
    ['s', 1, ['.spec.s: expected string, got &value.valueUnstructured{Value:1}']],
    ['bool', 'x', ['.spec.bool: expected boolean, got &{x}']],
    ['bool', 1, ['.spec.bool: expected boolean, got &{1}']],
    ['ios', {}, ['.spec.ios: expected any scalar, got &{map[]}']],
    ['ios', ['x'], ['.spec.ios: expected any scalar, got &{[x]}']],
    ['m', 'x', ['.spec.m: expected map, got &{x}']],
    ['m', ['x'], ['.spec.m: expected map, got &{[x]}']],
    [
      'm',
      { a: 1, b: 2 },
      [
        '.spec.m.a: expected string, got &value.valueUnstructured{Value:1}',
        '.spec.m.b: expected string, got &value.valueUnstructured{Value:2}',
      ],
    ],
    ['ls', 'x', ['.spec.ls: expected list, got &{x}']],
    ['ls', {}, ['.spec.ls: expected list, got &{map[]}']],
    ['ls', ['a', 'b', 'a'], ['.spec.ls: duplicate entries for key [="a"]']],
    ['ls', ['a', 1], ['.spec.ls[=1]: expected string, got &value.valueUnstructured{Value:1}']],
    ['ls', [{}], [".spec.ls: element 0: associative list without keys has an element that's a map type"]],
    ['la', ['a', 1], ['.spec.la[1]: expected string, got &value.valueUnstructured{Value:1}']],
    ['lm', [{ k: 'a' }, null], ['.spec.lm: element 1: associative list with keys may not have a null element']],
    ['lm', [{ k: 'a', v: 1 }], ['.spec.lm[k="a"].v: expected string, got &value.valueUnstructured{Value:1}']],
    ['lm', [{ k: 'a', z: 1 }], ['.spec.lm[k="a"].z: field not declared in schema']],
    ['at', { c: '1' }, ['.spec.at.c: field not declared in schema']],
    ['zzz', 1, ['.spec.zzz: field not declared in schema']],
  ])('%s: %j', (field, value, expected) => {
    expect(errors(field, value)).toEqual(expected);
  });

  it('the first field that is not declared ends its map, what stands elsewhere is looked at', () => {
    const value = { spec: { n: 'x', zzz: 1, yyy: 1, num: 'x' }, status: {}, metadata: { name: 1 } };
    expect(typedErrors(value, schema)).toEqual([
      '.spec.n: expected numeric (int or float), got string',
      '.spec.zzz: field not declared in schema',
      '.status: field not declared in schema',
    ]);
  });

  it('a root that is no map has no path', () => {
    expect(typedErrors('x', schema)).toEqual(['expected map, got &{x}']);
  });

  it('a hundred at most', () => {
    const m = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`k${i}`, i]));
    expect(errors('m', m)).toHaveLength(100);
  });

  it('one as it is, several under a heading', () => {
    expect(typedErrorText(['a'])).toBe('a');
    expect(typedErrorText(['a', 'b'])).toBe('errors:\n  a\n  b');
  });
});
