import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { StructuralSchema } from '../values/structural-schema.ts';
import { structuralErrors } from './structural-errors.ts';

type Refusal = { readonly name: string; readonly schema: StructuralSchema; readonly answer: readonly string[] };
const refusals = JSON.parse(
  readFileSync(new URL('../../testdata/cel-refusals.json', import.meta.url), 'utf8'),
) as Refusal[];

const answer = (schema: StructuralSchema, isUnchanged = false): readonly string[] =>
  structuralErrors(schema, undefined, { isUnchanged }).map(({ field, message }) => `${field}: ${message}`);

const spec = (schema: StructuralSchema): StructuralSchema => ({ type: 'object', properties: { spec: schema } });
const numbers = (maxItems: number): StructuralSchema => ({
  type: 'array',
  maxItems,
  items: { type: 'integer' },
  'x-kubernetes-validations': [{ rule: 'self.all(x, self.all(y, x != y))' }],
});

describe('what rules may cost at worst', () => {
  test.each(refusals.map((refusal) => [refusal.name, refusal] as const))(
    'is judged as on a real server: %s',
    (_name, refusal) => {
      expect(answer(refusal.schema)).toEqual(refusal.answer);
    },
  );

  test('is ten million for one rule', () => {
    // 5 for each item and each item of it, 4 for each item, and 3.
    expect(answer(spec(numbers(1413)))).toEqual([]);
    expect(answer(spec(numbers(1414)))).toEqual([expect.stringContaining('estimated rule cost exceeds budget')]);
  });

  test('is a hundred million for all rules of a schema, and the four most expensive are named', () => {
    const lists = (count: number): StructuralSchema =>
      spec({
        type: 'object',
        properties: Object.fromEntries(Array.from({ length: count }, (_, i) => [`l${i}`, numbers(1400)])),
      });
    expect(answer(lists(10))).toEqual([]);
    const found = answer(lists(11));
    expect(found).toHaveLength(5);
    expect(found.slice(0, 4).every((text) => text.includes('contributed to estimated rule cost total'))).toBe(true);
    expect(found[4]).toContain('estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of 1.0');
  });

  test('is not held against the rules of a schema that the version had before', () => {
    expect(answer(spec(numbers(2000)), true)).toEqual([]);
  });

  test('does not matter while the schema itself is not sound', () => {
    const schema = spec({ type: 'object', properties: { bad: {}, l: numbers(2000) } });
    expect(answer(schema)).toEqual([expect.stringContaining('properties[bad].type: Required value')]);
  });
});

test('checking a schema that is made to take long ends by the clock', () => {
  let now = 0;
  const patterns = Object.fromEntries(
    Array.from({ length: 2_000 }, (_, i) => [`p${i}`, { type: 'string', pattern: `(?i)${i}a{1000}` } as const]),
  );
  const errors = structuralErrors(spec({ type: 'object', properties: patterns }), undefined, {
    monotonicMs: () => (now += 1_000),
  });
  expect(errors.map(({ message }) => message).join()).toContain('validation was ended: took longer than 10000 ms');
});
