import { describe, expect, it } from 'vitest';
import type { Json } from '../values/json.ts';
import { deepFreeze } from '../values/json.ts';
import type { StructuralSchema } from '../values/structural-schema.ts';
import { compileDefaults, DefaultsTooLargeError, roomFor } from './schema-defaults.ts';

const withDefault: StructuralSchema = { type: 'string', default: 'd' };
const inner: StructuralSchema = { type: 'object', properties: { x: withDefault } };

function filled(schema: StructuralSchema, value: Json, keepNulls = false): Json {
  return compileDefaults(schema)(deepFreeze<Json>(value), keepNulls, roomFor(1000));
}

const object = (properties: Readonly<Record<string, StructuralSchema>>): StructuralSchema => ({
  type: 'object',
  properties,
});

describe('defaults', () => {
  it.each<[string, StructuralSchema, Json, Json]>([
    ['fill in what is absent', object({ a: withDefault }), {}, { a: 'd' }],
    ['fill in what holds nothing', object({ a: withDefault }), { a: undefined }, { a: 'd' }],
    ['leave what is there', object({ a: withDefault }), { a: '' }, { a: '' }],
    [
      'leave false, zero and empty lists',
      object({ a: { default: 1 }, b: { default: 1 }, c: { default: 1 } }),
      { a: false, b: 0, c: [] },
      { a: false, b: 0, c: [] },
    ],
    [
      'may be false, zero and empty',
      object({ a: { default: false }, b: { default: 0 }, c: { default: '' }, d: { default: [] } }),
      {},
      { a: false, b: 0, c: '', d: [] },
    ],
    ['that are null are none', object({ a: { type: 'string', nullable: true, default: null } }), {}, {}],
    ['replace a null that is not allowed', object({ a: withDefault }), { a: null }, { a: 'd' }],
    ['leave a null that is allowed', object({ a: { ...withDefault, nullable: true } }), { a: null }, { a: null }],
    [
      'drop a null that is not allowed where there is none',
      object({ a: { type: 'string' } }),
      { a: null, b: 1 },
      { b: 1 },
    ],
    ['leave a null that no schema describes', object({ a: withDefault }), { a: 'x', b: null }, { a: 'x', b: null }],
    ['are filled in below what is there', object({ a: inner }), { a: {} }, { a: { x: 'd' } }],
    ['are not filled in below what is absent', object({ a: inner }), {}, {}],
    ['are filled in below a default', object({ a: { ...inner, default: {} } }), {}, { a: { x: 'd' } }],
    [
      'are filled in below a default that replaces null',
      object({ a: { ...inner, default: {} } }),
      { a: null },
      { a: { x: 'd' } },
    ],
    ['are filled in below free keys', { type: 'object', additionalProperties: inner }, { k: {} }, { k: { x: 'd' } }],
    ['are not filled in for free keys', { type: 'object', additionalProperties: withDefault }, {}, {}],
    ['replace the null of a free key', { type: 'object', additionalProperties: withDefault }, { k: null }, { k: 'd' }],
    ['are not filled in for what has another type', object({ a: inner }), { a: 'x' }, { a: 'x' }],
    ["are not filled in for a list in an object's place", object({ a: inner }), { a: [{}] }, { a: [{}] }],
    ['are filled in for each item', { type: 'array', items: inner }, [{}, { x: 'y' }], [{ x: 'd' }, { x: 'y' }]],
    ['replace a null item', { type: 'array', items: withDefault }, ['x', null], ['x', 'd']],
    ['leave a null item that is allowed', { type: 'array', items: { ...inner, nullable: true } }, [null], [null]],
    ['leave a null item where there is none', { type: 'array', items: inner }, [null], [null]],
    [
      'are not filled in for the items of what is no list',
      object({ a: { type: 'array', items: inner } }),
      { a: { x: 1 } },
      { a: { x: 1 } },
    ],
    [
      'are filled in for list and object where no type is given: the list',
      { properties: { x: withDefault }, items: inner },
      [{}],
      [{ x: 'd' }],
    ],
    [
      'are filled in for list and object where no type is given: the object',
      { properties: { x: withDefault }, items: inner },
      {},
      { x: 'd' },
    ],
    [
      'are filled in for each of several',
      object({ a: withDefault, b: inner, c: { default: 1 } }),
      { b: {} },
      { a: 'd', b: { x: 'd' }, c: 1 },
    ],
  ])('%s', (_name, schema, value, expected) => {
    expect(filled(schema, value)).toEqual(expected);
  });

  it.each<[string, StructuralSchema, Json, Json]>([
    ['a null without a default stays', object({ a: { type: 'string' } }), { a: null }, { a: null }],
    ['a null with a default is replaced', object({ a: withDefault }), { a: null }, { a: 'd' }],
    ['a null below stays', object({ b: object({ a: { type: 'string' } }) }), { b: { a: null } }, { b: { a: null } }],
    [
      'a null in an item stays',
      { type: 'array', items: object({ a: { type: 'string' }, b: withDefault }) },
      [{ a: null }],
      [{ a: null, b: 'd' }],
    ],
  ])('after a server-side apply: %s', (_name, schema, value, expected) => {
    expect(filled(schema, value, true)).toEqual(expected);
  });

  it.each<[string, StructuralSchema, Json]>([
    ['nothing has a default', object({ a: { type: 'string' } }), { a: 'x', b: 1 }],
    ['all is there', object({ a: withDefault, b: inner }), { a: 'x', b: { x: 'y' } }],
    ['all is there in each item', { type: 'array', items: inner }, [{ x: 'y' }]],
  ])('give back the value itself where %s', (_name, schema, value) => {
    const given = deepFreeze(value);
    expect(filled(schema, given)).toBe(given);
  });

  it('are copied: what is filled in twice is not shared', () => {
    const schema = {
      type: 'array',
      items: object({ a: { type: 'object', default: { b: 1 }, additionalProperties: { type: 'integer' } } }),
    } as const;
    const [one, two] = filled(schema, [{}, {}]) as readonly { readonly a: Json }[];
    expect(one).toEqual(two);
    expect(one?.a).not.toBe(two?.a);
  });
});

describe('room for defaults', () => {
  // Its name and its JSON: `a` and `"d"` are four.
  it('is as much as it says, not one more, however often a default is filled in', () => {
    const fill = (room: number, items: number): Json =>
      compileDefaults({ type: 'array', items: object({ a: withDefault }) })(
        Array.from({ length: items }, () => ({})),
        false,
        roomFor(room),
      );
    expect(fill(8, 2)).toEqual([{ a: 'd' }, { a: 'd' }]);
    expect(() => fill(7, 2)).toThrow(new DefaultsTooLargeError('defaults add more than 7 characters'));
    expect(() => fill(8, 3)).toThrow(DefaultsTooLargeError);
  });

  it('is taken by what replaces a null, and not by what is there', () => {
    const fill = (value: Json): Json => compileDefaults(object({ a: withDefault }))(value, false, roomFor(3));
    expect(fill({ a: 'long enough' })).toEqual({ a: 'long enough' });
    expect(() => fill({ a: null })).toThrow(DefaultsTooLargeError);
  });

  it('is bounded for the defaults of defaults, too', () => {
    const many = { type: 'array', items: object({ a: { type: 'string', default: 'x'.repeat(100_000) } }) } as const;
    const schema = object({ v: { ...many, default: Array.from({ length: 200 }, () => ({})) } });
    expect(() => compileDefaults(schema)).toThrow(DefaultsTooLargeError);
  });
});
