import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gadgetSchema } from '../testing/gadget.ts';
import { invalidMessage } from '../text/field-error.ts';
import type { Json } from '../values/json.ts';
import type { StructuralSchema } from '../values/structural-schema.ts';
import { compileSchema } from './compiled-schema.ts';
import { withoutNullKeywords } from './null-keywords.ts';
import { structuralErrors } from './structural-errors.ts';

const AT = 'spec.validation.openAPIV3Schema';

function withA(a: unknown): StructuralSchema {
  return { type: 'object', properties: { a: a as StructuralSchema } };
}

describe('structuralErrors', () => {
  test('finds nothing in a sound schema', () => {
    expect(structuralErrors(gadgetSchema)).toEqual([]);
  });

  const measured: readonly [string, unknown, string][] = [
    [
      'missing types',
      { properties: { spec: { items: { type: 'string' } } } },
      `[${AT}.properties[spec].type: Required value: must not be empty for specified object fields, ${AT}.type: Required value: must not be empty at the root]`,
    ],
    [
      'a default of the wrong type',
      withA({ type: 'integer', default: 'x' }),
      `${AT}.properties[a].default: Invalid value: "string":  in body must be of type integer: "string"`,
    ],
  ];
  test.each(measured)('words %s as a real server does', (_name, schema, text) => {
    expect(invalidMessage(structuralErrors(schema as StructuralSchema))).toBe(text);
  });

  const refused: readonly [string, unknown, string][] = [
    ['$ref', withA({ type: 'object', $ref: '#/x' }), '$ref is not supported'],
    [
      'uniqueItems',
      withA({ type: 'array', uniqueItems: true, items: { type: 'string' } }),
      'uniqueItems cannot be set',
    ],
    ['a root that is no object', { type: 'array', items: { type: 'string' } }, 'must be object at the root'],
    ['a list without items', withA({ type: 'array' }), 'items: Required value: must be specified'],
    [
      'properties beside additionalProperties',
      withA({ type: 'object', properties: { x: { type: 'string' } }, additionalProperties: { type: 'string' } }),
      'mutual exclusive',
    ],
    [
      'types inside anyOf',
      withA({ type: 'string', anyOf: [{ type: 'string' }] }),
      'anyOf[0].type: Forbidden: must be empty to be structural',
    ],
    [
      'list keys that are not properties',
      withA({
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['k'],
        items: { type: 'object' },
      }),
      'x-kubernetes-list-map-keys[0]',
    ],
    ['a pattern that RE2 refuses', withA({ type: 'string', pattern: 'a(?=b)' }), "isn't: error parsing regexp"],
    ['an unbalanced pattern', withA({ type: 'string', pattern: '(a' }), 'missing closing ): `(a`'],
    [
      'a rule that does not compile',
      withA({ type: 'integer', 'x-kubernetes-validations': [{ rule: 'self.foo ==' }] }),
      'properties[a].x-kubernetes-validations[0].rule: Invalid value: apiextensions.ValidationRule{Rule:"self.foo ==", Message:"", MessageExpression:"", Reason:(*apiextensions.FieldValueErrorReason)(nil), FieldPath:"", OptionalOldSelf:(*bool)(nil)}: compilation failed: ERROR: <input>:1:',
    ],
    [
      'a default with unknown fields',
      withA({ type: 'object', properties: { x: { type: 'string' } }, default: { y: '1' } }),
      'must not have unknown fields',
    ],
  ];
  test.each(refused)('refuses %s', (_name, schema, part) => {
    expect(invalidMessage(structuralErrors(schema as StructuralSchema))).toContain(part);
  });

  test('takes any JSON, and what it finds sound compiles', () => {
    const keyword = fc.constantFrom(
      'type',
      'properties',
      'items',
      'additionalProperties',
      'required',
      'enum',
      'pattern',
      'default',
      'anyOf',
      'not',
      'minLength',
      'x-kubernetes-list-type',
      'x-kubernetes-list-map-keys',
      'x-kubernetes-validations',
      'x-kubernetes-int-or-string',
      'format',
    );
    const { schema } = fc.letrec((tie) => ({
      leaf: fc.constantFrom<unknown>(
        'object',
        'array',
        'string',
        'integer',
        'map',
        '(',
        'date',
        1,
        true,
        null,
        [],
        ['a'],
        {},
      ),
      schema: fc.oneof(
        { maxDepth: 3 },
        tie('leaf'),
        fc.dictionary(
          keyword,
          fc.oneof(
            tie('leaf'),
            tie('schema'),
            fc.record({ a: tie('schema') }),
            fc.array(tie('schema'), { maxLength: 2 }),
          ),
          { maxKeys: 4 },
        ),
      ),
    }));
    fc.assert(
      fc.property(schema, (any) => {
        const sound = withA(withoutNullKeywords(any as Json));
        if (structuralErrors(sound).length > 0) return;
        const compiled = compileSchema(sound);
        for (const a of [1, 'x', null, {}, [], [{ a: 1 }]]) {
          compiled.validate(compiled.applyDefaults(compiled.prune({ a }).value));
        }
      }),
      { numRuns: 300, examples: [[{ 'x-kubernetes-int-or-string': true, pattern: null }]] },
    );
  });

  test('a schema nested too deep is refused', () => {
    let deep: StructuralSchema = { type: 'string' };
    for (let i = 0; i < 20_000; i++) deep = { type: 'array', items: deep };
    expect(structuralErrors(withA(deep))).toHaveLength(1);
    expect(() => compileSchema(withA(deep))).toThrow('too deep');
  });
});
