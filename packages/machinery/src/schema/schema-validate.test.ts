import { describe, expect, it } from 'vitest';
import type { Json } from '../values/json.ts';
import type { StructuralSchema } from '../values/structural-schema.ts';
import { createWorkGuard } from '../values/work-guard.ts';
import type { Failure } from './schema-check.ts';
import { errorsOf, MAX_FAILURES } from './schema-check.ts';
import { compileChecks } from './schema-validate.ts';

/** What is wrong with a value, as `field: message`; `old` is what stood there before. */
function said(schema: StructuralSchema, value: Json, old?: Json): readonly string[] {
  const failures: Failure[] = [];
  compileChecks(schema)(
    value,
    old,
    failures,
    createWorkGuard(10_000, () => 0),
  );
  return errorsOf(failures).map(({ field, message }) => `${field}: ${message}`);
}

const fields = (schema: StructuralSchema, value: Json, old?: Json): readonly string[] =>
  said(schema, value, old).map((text) => text.slice(0, text.indexOf(':')));
const small: StructuralSchema = { type: 'integer', maximum: 3 };

describe('choices', () => {
  const anyOf = { anyOf: [{ maximum: 1 }, { minimum: 5, multipleOf: 2 }] };
  const oneOf = { oneOf: [{ minimum: 3 }, { multipleOf: 2 }] };
  const allOf = { allOf: [{ minimum: 3 }, { multipleOf: 2 }] };
  it.each<[StructuralSchema, readonly number[], readonly number[]]>([
    [anyOf, [0, 1, 6], [2, 3, 5]],
    [oneOf, [2, 3, 5], [1, 4]],
    [allOf, [4, 6], [1, 2, 3]],
    [{ not: { minimum: 3 } }, [2], [3]],
    [{ anyOf: [], oneOf: [], allOf: [] }, [1], []],
    [{ ...anyOf, not: { maximum: 0 } }, [1, 6], [0, 2]],
  ])('%j', (schema, good, bad) => {
    for (const value of good) expect(said(schema, value), String(value)).toEqual([]);
    for (const value of bad) expect(said(schema, value), String(value)).not.toEqual([]);
  });

  it('tell what the alternative that came closest lacks', () => {
    expect(said({ anyOf: [{ minimum: 5, multipleOf: 2 }, { minimum: 9 }] }, 3)).toEqual([
      '<nil>: Invalid value: "": "" must validate at least one schema (anyOf)',
      ': Invalid value: 3:  in body should be greater than or equal to 9',
    ]);
    expect(said({ anyOf: [{ minimum: 9 }, { minimum: 5 }] }, 3)[1]).toContain('equal to 9');
    expect(said(oneOf, 1)).toHaveLength(2);
    expect(said(oneOf, 4)).toEqual([
      '<nil>: Invalid value: "": "" must validate one and only one schema (oneOf). Found 2 valid alternatives',
    ]);
  });

  it('tell of all parts that are lacking, and when all are', () => {
    expect(said(allOf, 2)).toEqual([
      '<nil>: Invalid value: "": "" must validate all the schemas (allOf)',
      ': Invalid value: 2:  in body should be greater than or equal to 3',
    ]);
    expect(said(allOf, 1)).toEqual([
      '<nil>: Invalid value: "": "" must validate all the schemas (allOf). None validated',
      ': Invalid value: 1:  in body should be greater than or equal to 3',
      ': Invalid value: 1:  in body should be a multiple of 2',
    ]);
  });
});

describe('lists and maps', () => {
  it.each<[StructuralSchema, readonly Json[], readonly Json[]]>([
    [{ type: 'array', minItems: 1, maxItems: 2 }, [[1], [1, 2]], [[], [1, 2, 3]]],
    [{ minItems: 1 }, ['x', {}, null], [[]]],
    [{ type: 'array', items: small }, [[], [3]], [[4], [3, 'x']]],
    [{ type: 'object', minProperties: 1, maxProperties: 2 }, [{ a: 1 }, { a: 1, b: 1 }], [{}, { a: 1, b: 1, c: 1 }]],
    [{ minProperties: 1 }, ['x', [], null], [{}]],
    [{ maxProperties: 0 }, [{}], [{ a: 1 }]],
    [{ type: 'object', required: ['a', 'b'] }, [{ a: 1, b: null }], [{}, { a: 1 }, { b: 1 }, { a: 1, b: undefined }]],
    [{ type: 'object', properties: { a: small } }, [{}, { a: 3 }, { b: 4 }], [{ a: 4 }, { a: null }]],
    [{ type: 'object', additionalProperties: small }, [{}, { x: 3 }], [{ x: 4 }]],
    [
      { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: small },
      [{ a: 'x', x: 1 }],
      [{ a: 1 }, { x: 'x' }],
    ],
    [{ type: 'object', additionalProperties: true }, [{ x: 4 }], []],
  ])('%j', (schema, good, bad) => {
    for (const value of good) expect(said(schema, value), JSON.stringify(value)).toEqual([]);
    for (const value of bad) expect(said(schema, value), JSON.stringify(value)).not.toEqual([]);
  });

  it('tell where, in the order of names, what is required first', () => {
    const schema: StructuralSchema = {
      type: 'object',
      required: ['z'],
      properties: { b: small, a: { type: 'array', items: { type: 'object', properties: { x: small } } } },
    };
    expect(fields(schema, { b: 4, a: [{ x: 1 }, { x: 4 }] })).toEqual(['z', 'a[1].x', 'b']);
  });

  it('of the wrong size are not looked into', () => {
    expect(
      fields({ type: 'object', maxProperties: 1, required: ['z'], properties: { a: small } }, { a: 4, b: 1 }),
    ).toEqual(['']);
  });

  it('end after a thousand failures', () => {
    const many = Array.from({ length: MAX_FAILURES + 5 }, () => 4);
    expect(said({ type: 'array', items: small }, many)).toHaveLength(MAX_FAILURES);
    const map = Object.fromEntries(many.map((item, i) => [`k${i}`, item]));
    expect(said({ type: 'object', additionalProperties: small }, map)).toHaveLength(MAX_FAILURES);
  });
});

describe('null', () => {
  it.each<[StructuralSchema, number]>([
    [{}, 0],
    [{ type: 'string' }, 1],
    [{ type: 'string', nullable: true }, 0],
    [{ type: 'string', nullable: true, minLength: 1 }, 0],
    [{ type: 'integer', nullable: true, enum: [1] }, 1],
    [{ type: 'integer', nullable: true, enum: [1, null] }, 0],
    [{ type: 'integer', enum: [1, null] }, 1],
    [{ nullable: true, anyOf: [{ minimum: 1 }] }, 0],
  ])('in %j', (schema, count) => {
    expect(said(schema, null)).toHaveLength(count);
  });
});

describe('what has not changed is not held against the writer', () => {
  const keyed: StructuralSchema = {
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['k'],
    items: { type: 'object', properties: { n: small } },
  };
  it.each<[string, StructuralSchema, Json, Json | undefined, readonly string[]]>([
    ['a value that is equal', small, 9, 9, []],
    ['a value that is another', small, 9, 8, ['']],
    ['a value that is new', small, 9, undefined, ['']],
    [
      'a field that is equal',
      { type: 'object', properties: { a: small, b: small } },
      { a: 9, b: 9 },
      { a: 9, b: 1 },
      ['b'],
    ],
    ['a field, where no object was', { type: 'object', properties: { a: small } }, { a: 9 }, [9], ['a']],
    ['a free key', { type: 'object', additionalProperties: small }, { a: 9, b: 9 }, { a: 9 }, ['b']],
    [
      'an item by its key',
      keyed,
      [
        { k: 2, n: 9 },
        { k: 1, n: 8 },
      ],
      [
        { k: 1, n: 8 },
        { k: 2, n: 7 },
      ],
      ['[0].n'],
    ],
    ['an item that was not there', keyed, [{ k: 1, n: 9 }], [{ k: 2, n: 9 }], ['[0].n']],
    ['an item, where no list was', keyed, [{ k: 1, n: 9 }], { k: 1, n: 9 }, ['[0].n']],
    ['items that cannot be told apart', { type: 'array', items: small }, [9, 1], [9], ['[0]']],
    ['a choice', { anyOf: [{ maximum: 1 }], type: 'object', properties: {} }, { a: 1 }, { a: 1 }, []],
    ['a list that lacks an item more', { type: 'array', minItems: 3 }, [1], [1, 2], ['']],
  ])('%s', (_what, schema, value, old, expected) => {
    expect(fields(schema, value, old)).toEqual(expected);
  });
});
