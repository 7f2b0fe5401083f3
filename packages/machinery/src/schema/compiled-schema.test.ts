import { describe, expect, test } from 'vitest';
import { gadgetSchema } from '../testing/gadget.ts';
import type { FieldError } from '../text/field-error.ts';
import { causesOf, invalidMessage, requiredError } from '../text/field-error.ts';
import type { Json, JsonObject } from '../values/json.ts';
import { deepFreeze, parseJson } from '../values/json.ts';
import type { StructuralSchema } from '../values/structural-schema.ts';
import type { CompiledSchema } from './compiled-schema.ts';
import { compileSchema } from './compiled-schema.ts';

const gadgets = compileSchema(gadgetSchema);
const UNCHECKED =
  '<nil>: Invalid value: "null": some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

function gadget(spec: JsonObject, rest: JsonObject = {}): JsonObject {
  return deepFreeze({ apiVersion: 'probe.test/v1', kind: 'Gadget', metadata: { name: 'x' }, spec, ...rest });
}

/** The way of a POST: prune, default, validate. */
function post(schema: CompiledSchema, object: JsonObject): { object: JsonObject; errors: readonly FieldError[] } {
  const stored = schema.applyDefaults(schema.prune(object).value);
  return { object: stored, errors: schema.validate(stored) };
}

/** A schema whose `spec.v` is this. */
function holder(v: StructuralSchema): CompiledSchema {
  return compileSchema({ type: 'object', properties: { spec: { type: 'object', properties: { v } } } });
}

describe('validation says what a real server says', () => {
  const refused: readonly [string, JsonObject, string][] = [
    [
      'a wrong type',
      { n: 'x' },
      `[spec.n: Invalid value: "string": spec.n in body must be of type integer: "string", ${UNCHECKED}]`,
    ],
    [
      'a float where integer or string is asked for',
      { ios: 1.5 },
      `[spec.ios: Invalid value: "number": spec.ios in body must be of type integer,string: "number", ${UNCHECKED}]`,
    ],
    [
      'an embedded resource without its kind',
      { emb: { foo: 1 } },
      `[spec.emb.apiVersion: Required value: must not be empty, spec.emb.kind: Required value: must not be empty, ${UNCHECKED}]`,
    ],
    ['a set with duplicates', { ls: ['a', 'a'] }, 'spec.ls[1]: Duplicate value: "a"'],
    [
      'a keyed list with duplicates',
      { lm: [{ k: 'a' }, { k: 'a' }] },
      'spec.lm[1]: Duplicate value: map[string]interface {}{"k":"a"}',
    ],
    ['an item without its key', { lm: [{ v: 'a' }] }, `[spec.lm[0].k: Required value, ${UNCHECKED}]`],
    [
      'a text that is no time',
      { dt: 'nope' },
      `[spec.dt: Invalid value: "nope": spec.dt in body must be of type date-time: "nope", ${UNCHECKED}]`,
    ],
  ];
  test.each(refused)('%s', (_name, spec, text) => {
    expect(invalidMessage(post(gadgets, gadget(spec)).errors)).toBe(text);
  });

  const accepted: readonly [string, JsonObject, JsonObject][] = [
    ['nulls', { nd: null, nul: null, s: null }, { d: 'dflt', nd: 'x', nul: null }],
    ['integer or string', { ios: '50%' }, { d: 'dflt', nd: 'x', ios: '50%' }],
    [
      'unknown fields where they are preserved',
      { pu: { a: { b: [1, null] } } },
      { d: 'dflt', nd: 'x', pu: { a: { b: [1, null] } } },
    ],
    ['a float without fraction as integer', { n: 3, num: 2 }, { d: 'dflt', nd: 'x', n: 3, num: 2 }],
    [
      'an embedded resource, without unknown metadata',
      { emb: { apiVersion: 'v1', kind: 'X', metadata: { name: 'a', bogus: 1 }, foo: 1 } },
      { d: 'dflt', nd: 'x', emb: { apiVersion: 'v1', kind: 'X', metadata: { name: 'a' }, foo: 1 } },
    ],
  ];
  test.each(accepted)('accepts %s', (_name, spec, stored) => {
    const { object, errors } = post(gadgets, gadget(spec));
    expect(errors).toEqual([]);
    expect(object['spec']).toEqual(stored);
  });

  test('integers beyond 2^53 are integers and keep their digits', () => {
    const object = gadget(parseJson('{"n":9007199254740993}') as JsonObject);
    expect(post(gadgets, object)).toMatchObject({ object: { spec: { n: 9007199254740993n } }, errors: [] });
  });

  const strict = compileSchema({
    type: 'object',
    required: ['spec'],
    properties: {
      spec: {
        type: 'object',
        required: ['count'],
        properties: { count: { type: 'integer', minimum: 1 }, size: { type: 'string', enum: ['small', 'large'] } },
      },
    },
  });
  const applied: readonly [JsonObject, string][] = [
    [{}, 'spec: Required value'],
    [{ spec: null }, 'spec: Invalid value: "null": spec in body must be of type object: "null"'],
    [
      { spec: { count: -1, size: 'huge' } },
      '[spec.count: Invalid value: -1: spec.count in body should be greater than or equal to 1, spec.size: Unsupported value: "huge": supported values: "small", "large"]',
    ],
    [
      { spec: { count: 1, size: null } },
      '[spec.size: Invalid value: "null": spec.size in body must be of type string: "null", spec.size: Unsupported value: null: supported values: "small", "large"]',
    ],
    [
      { spec: { count: 1.5 } },
      'spec.count: Invalid value: "number": spec.count in body must be of type integer: "number"',
    ],
  ];
  test.each(applied)('after an apply, where nulls stay: %j', (fields, text) => {
    const value = strict.applyDefaults(gadget({}, fields.spec === undefined ? { spec: undefined } : fields), {
      keepNulls: true,
    });
    expect(invalidMessage(strict.validate(value))).toBe(text);
  });

  test('causes carry reason, message and field apart', () => {
    expect(causesOf(post(gadgets, gadget({ ls: ['a', 'a'] })).errors)).toEqual([
      { reason: 'FieldValueDuplicate', message: 'Duplicate value: "a"', field: 'spec.ls[1]' },
    ]);
  });

  test('errors of the caller come first and count as reasons to skip rules', () => {
    const name = requiredError('metadata.name', 'name or generateName is required');
    expect(invalidMessage(gadgets.validate(gadget({}), undefined, [name]))).toBe(
      `[metadata.name: Required value: name or generateName is required, ${UNCHECKED}]`,
    );
  });
});

describe('keywords', () => {
  const cases: readonly [StructuralSchema, Json, string][] = [
    [
      { type: 'string', minLength: 2 },
      'é',
      'spec.v: Invalid value: "é": spec.v in body should be at least 2 chars long',
    ],
    [{ type: 'string', maxLength: 2 }, 'abc', 'spec.v: Too long: may not be more than 2 bytes'],
    [{ type: 'string', maxLength: 2 }, '😀😀', ''],
    [{ type: 'string', pattern: '^a$' }, 'b', 'spec.v: Invalid value: "b": spec.v in body should match \'^a$\''],
    [{ type: 'integer', maximum: 3 }, 4, 'spec.v: Invalid value: 4: spec.v in body should be less than or equal to 3'],
    [
      { type: 'number', minimum: 1, exclusiveMinimum: true },
      1,
      'spec.v: Invalid value: 1: spec.v in body should be greater than 1',
    ],
    [
      { type: 'number', maximum: 1.5, exclusiveMaximum: true },
      1.5,
      'spec.v: Invalid value: 1.5: spec.v in body should be less than 1.5',
    ],
    [{ type: 'number', multipleOf: 0.1 }, 0.3, ''],
    [{ type: 'integer', multipleOf: 2 }, 3, 'spec.v: Invalid value: 3: spec.v in body should be a multiple of 2'],
    [
      { type: 'array', items: { type: 'string' }, minItems: 1 },
      [],
      'spec.v: Invalid value: 0: spec.v in body should have at least 1 items',
    ],
    [
      { type: 'array', items: { type: 'string' }, maxItems: 1 },
      ['a', 'b'],
      'spec.v: Too many: 2: must have at most 1 item',
    ],
    [
      { type: 'array', items: { type: 'string' } },
      ['a', 1],
      'spec.v[1]: Invalid value: "integer": spec.v[1] in body must be of type string: "integer"',
    ],
    [
      { type: 'object', minProperties: 1, 'x-kubernetes-preserve-unknown-fields': true },
      {},
      'spec.v: Invalid value: "": spec.v in body should have at least 1 properties',
    ],
    [
      { type: 'object', additionalProperties: { type: 'integer' } },
      { a: 'x' },
      'spec.v.a: Invalid value: "string": spec.v.a in body must be of type integer: "string"',
    ],
    [
      { type: 'string', format: 'date-time' },
      5,
      'spec.v: Invalid value: "int64": spec.v in body must be of type date-time: "int64"',
    ],
    [{ type: 'string', format: 'made-up' }, 'anything', ''],
    [
      { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }], pattern: '^\\d+m$' },
      '5x',
      'spec.v: Invalid value: "5x": spec.v in body should match \'^\\d+m$\'',
    ],
    [
      { type: 'integer', oneOf: [{ minimum: 5 }, { maximum: 1 }] },
      3,
      '[<nil>: Invalid value: "": "spec.v" must validate one and only one schema (oneOf). Found none valid, spec.v: Invalid value: 3: spec.v in body should be greater than or equal to 5]',
    ],
    [
      { type: 'integer', oneOf: [{ minimum: 1 }, { maximum: 5 }] },
      3,
      '<nil>: Invalid value: "": "spec.v" must validate one and only one schema (oneOf). Found 2 valid alternatives',
    ],
    [
      { type: 'integer', not: { enum: [3] } },
      3,
      '<nil>: Invalid value: "": "spec.v" must not validate the schema (not)',
    ],
    [{ type: 'integer', enum: [1, 2] }, 3, 'spec.v: Unsupported value: 3: supported values: "1", "2"'],
    [{ type: 'boolean' }, 'true', 'spec.v: Invalid value: "string": spec.v in body must be of type boolean: "string"'],
  ];
  test.each(cases)('%j with %j', (schema, value, text) => {
    expect(invalidMessage(holder(schema).validate({ spec: { v: value } }))).toBe(text);
  });

  test('nested too deep is an error, not a crash', () => {
    let deep: Json = 1;
    for (let i = 0; i < 20_000; i++) deep = [deep];
    const schema = holder({ 'x-kubernetes-preserve-unknown-fields': true });
    expect(schema.validate({ spec: { v: deep } })).toHaveLength(1);
  });
});

describe('pruning', () => {
  test('drops and names what the schema lacks, at every depth', () => {
    const object = gadget({ zzz: 1, m: { free: 'x' }, lm: [{ k: 'a', q: 1 }] }, { extra: 1 });
    expect(gadgets.prune(object)).toEqual({
      value: gadget({ m: { free: 'x' }, lm: [{ k: 'a' }] }),
      pruned: ['spec.zzz', 'spec.lm[0].q', 'extra'],
    });
  });

  test('gives back the very object when there is nothing to drop', () => {
    const object = gadget({ m: { a: 'b' }, pu: { x: 1 }, emb: { apiVersion: 'v1', kind: 'X' } });
    expect(gadgets.prune(object).value).toBe(object);
  });

  test('preserves unknown fields at one level and still prunes the specified ones below', () => {
    const schema = holder({
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
      properties: { known: { type: 'object', properties: { a: { type: 'string' } } } },
    });
    expect(schema.prune({ spec: { v: { other: { x: 1 }, known: { a: '1', b: '2' } } } })).toEqual({
      value: { spec: { v: { other: { x: 1 }, known: { a: '1' } } } },
      pruned: ['spec.v.known.b'],
    });
  });

  test('a field named __proto__ is a field', () => {
    const spec = JSON.parse('{"__proto__":{"x":1},"n":1}') as JsonObject;
    expect(gadgets.prune(gadget(spec)).pruned).toEqual(['spec.__proto__']);
  });
});

describe('defaults', () => {
  test('give back the very object when nothing is missing', () => {
    const object = gadget({ d: 'a', nd: 'b', lm: [{ k: 'a' }] });
    expect(gadgets.applyDefaults(object)).toBe(object);
  });

  test('are filled in below what is there, never above', () => {
    const schema = holder({
      type: 'object',
      properties: { inner: { type: 'object', properties: { x: { type: 'integer', default: 1 } } } },
    });
    expect(schema.applyDefaults({ spec: { v: {} } })).toEqual({ spec: { v: {} } });
    expect(schema.applyDefaults({ spec: { v: { inner: {} } } })).toEqual({ spec: { v: { inner: { x: 1 } } } });
  });

  test('are copies, so that objects do not share them', () => {
    const schema = holder({ type: 'object', default: { a: [1] }, 'x-kubernetes-preserve-unknown-fields': true });
    const [one, other] = [schema.applyDefaults({ spec: {} }), schema.applyDefaults({ spec: {} })];
    expect(one).toEqual({ spec: { v: { a: [1] } } });
    expect((one['spec'] as JsonObject)['v']).not.toBe((other['spec'] as JsonObject)['v']);
  });
});

describe('ratcheting', () => {
  const schema = compileSchema({
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          a: { type: 'string', pattern: '^a$' },
          b: { type: 'integer', maximum: 3 },
          set: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
          items: {
            type: 'array',
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['k'],
            items: {
              type: 'object',
              required: ['k'],
              properties: { k: { type: 'string' }, n: { type: 'integer', maximum: 3 } },
            },
          },
        },
      },
    },
  });

  test('what was wrong before and is unchanged is not held against the writer', () => {
    const old = { spec: { a: 'x', b: 9 } };
    expect(schema.validate({ spec: { a: 'x', b: 1 } }, old)).toEqual([]);
    expect(schema.validate({ spec: { a: 'y', b: 9 } }, old).map(({ field }) => field)).toEqual(['spec.a']);
  });

  test('items of keyed lists are compared by key', () => {
    const old = {
      spec: {
        items: [
          { k: 'a', n: 9 },
          { k: 'b', n: 1 },
        ],
      },
    };
    expect(
      schema.validate(
        {
          spec: {
            items: [
              { k: 'b', n: 2 },
              { k: 'a', n: 9 },
            ],
          },
        },
        old,
      ),
    ).toEqual([]);
    expect(
      schema.validate(
        {
          spec: {
            items: [
              { k: 'b', n: 9 },
              { k: 'a', n: 9 },
            ],
          },
        },
        old,
      ),
    ).toHaveLength(1);
  });

  test('duplicates that were there before may stay', () => {
    expect(schema.validate({ spec: { a: 'a', set: ['x', 'x'] } }, { spec: { set: ['x', 'x'] } })).toEqual([]);
  });
});

test('more failures than a function call has room for are failures like others', () => {
  const list = { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } } as const;
  const schema = compileSchema({ type: 'object', properties: { list } });
  const errors = schema.validate({ list: Array.from({ length: 600_000 }, () => 'x') });
  expect(errors).toHaveLength(1000); // as many as are told
});
