import { Ajv } from 'ajv';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Json } from '../values/json.ts';
import type { StructuralSchema } from '../values/structural-schema.ts';
import { compileSchema } from './compiled-schema.ts';

const small = fc.integer({ min: -2, max: 4 });
const field = fc.constantFrom('a', 'b', 'c');

/** Value restrictions, as they may stand inside `anyOf` and its like. */
const restriction: fc.Arbitrary<StructuralSchema> = fc.oneof(
  fc.record({ minimum: small }),
  fc.record({ maximum: small }),
  fc.record({ enum: fc.constantFrom<Json[][]>([1, 'x'], [true, 'y', 0]) }),
  fc.record({ minLength: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ required: fc.uniqueArray(field, { maxLength: 2 }) }),
  fc.record({ minItems: fc.integer({ min: 0, max: 2 }) }),
);

const { schema } = fc.letrec<{ schema: StructuralSchema }>((tie) => ({
  schema: fc
    .tuple(
      fc.oneof(
        { maxDepth: 3 },
        fc.record({ type: fc.constant('boolean' as const) }),
        fc.record(
          {
            type: fc.constantFrom('integer' as const, 'number' as const),
            minimum: small,
            maximum: small,
            multipleOf: fc.constantFrom(2, 3),
          },
          { requiredKeys: ['type'] },
        ),
        fc.record(
          {
            type: fc.constant('string' as const),
            minLength: fc.integer({ min: 0, max: 2 }),
            maxLength: fc.integer({ min: 0, max: 3 }),
            pattern: fc.constantFrom('^[a-y]*$', 'x', '^.{1,2}$'),
          },
          { requiredKeys: ['type'] },
        ),
        fc.record(
          {
            type: fc.constant('array' as const),
            items: tie('schema'),
            minItems: fc.integer({ min: 0, max: 2 }),
            maxItems: fc.integer({ min: 0, max: 2 }),
          },
          { requiredKeys: ['type', 'items'] },
        ),
        fc.record(
          {
            type: fc.constant('object' as const),
            properties: fc.dictionary(field, tie('schema'), { maxKeys: 2 }),
            required: fc.uniqueArray(field, { maxLength: 2 }),
            minProperties: fc.integer({ min: 0, max: 1 }),
          },
          { requiredKeys: ['type'] },
        ),
        fc.record({ type: fc.constant('object' as const), additionalProperties: tie('schema') }),
      ),
      fc.record(
        {
          anyOf: fc.array(restriction, { minLength: 1, maxLength: 2 }),
          oneOf: fc.array(restriction, { minLength: 1, maxLength: 2 }),
          allOf: fc.array(restriction, { minLength: 1, maxLength: 2 }),
          not: restriction,
        },
        { requiredKeys: [] },
      ),
      fc.boolean(),
    )
    .map(([base, choice, hasChoice]) => (hasChoice ? { ...base, ...choice } : base) as StructuralSchema),
}));

const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Json>(0, 1, 2, 3, 1.5, -1, true, false, '', 'x', 'y', 'ab', 'abcd', '😀', null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(field, tie('value'), { maxKeys: 3 }),
  ),
}));

/** Values of the right types, which get past the first keyword. */
function typed(of: StructuralSchema): fc.Arbitrary<Json> {
  switch (of.type) {
    case 'object': {
      const additional = typeof of.additionalProperties === 'object' ? typed(of.additionalProperties) : value;
      const properties = Object.entries(of.properties ?? {}).map(([name, property]) => [name, typed(property)]);
      const named = fc.record(Object.fromEntries(properties) as Record<string, fc.Arbitrary<Json>>, {
        requiredKeys: [],
      });
      return fc
        .tuple(fc.dictionary(field, additional, { maxKeys: 3 }), named)
        .map(([all, some]) => ({ ...all, ...some }));
    }
    case 'array':
      return fc.array(typed(of.items ?? {}), { maxLength: 3 });
    case 'string':
      return fc.constantFrom('', 'x', 'y', 'ab', 'abcd', '😀');
    case 'boolean':
      return fc.boolean();
    case 'integer':
    case 'number':
    case undefined:
      return fc.constantFrom<Json>(0, 1, 2, 3, 4, 1.5, -1);
  }
  return value;
}

const sample = schema.chain((structural) =>
  fc.tuple(fc.constant(structural), fc.array(fc.oneof(value, typed(structural)), { minLength: 1, maxLength: 6 })),
);

test('accepts and refuses what ajv does', () => {
  const ajv = new Ajv({ strict: false, unicodeRegExp: true });
  let accepted = 0;
  fc.assert(
    fc.property(sample, ([structural, values]) => {
      const ours = compileSchema({ type: 'object', properties: { v: structural } });
      const oracle = ajv.compile(structural);
      for (const v of values) {
        const isValid = ours.validate({ v }).length === 0;
        if (isValid) accepted += 1;
        expect(isValid).toBe(oracle(v));
      }
    }),
    { numRuns: 400 },
  );
  expect(accepted).toBeGreaterThan(50);
});
