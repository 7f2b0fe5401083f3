import { describe, expect, test } from 'vitest';
import { invalidMessage } from '../text/field-error.ts';
import type { Json } from '../values/json.ts';
import type { StructuralSchema, ValidationRule } from '../values/structural-schema.ts';
import { compileSchema } from './compiled-schema.ts';

/** Validates `spec` under a schema with these rules on it. */
function check(rules: readonly ValidationRule[], spec: Json, old?: Json, more: StructuralSchema = {}): string {
  const schema = compileSchema({
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          size: { type: 'string' },
          color: { type: 'string' },
          n: { type: 'integer' },
          f: { type: 'number' },
          at: { type: 'string', format: 'date-time' },
          'a-b': { type: 'string' },
          tags: { type: 'array', items: { type: 'string' } },
          labels: { type: 'object', additionalProperties: { type: 'string' } },
        },
        ...more,
        'x-kubernetes-validations': rules,
      },
    },
  });
  return invalidMessage(schema.validate({ spec }, old === undefined ? undefined : { spec: old }));
}

describe('a CEL rule', () => {
  const big = { rule: "!has(self.size) || self.size != 'big' || self.color == 'red'", message: 'big must be red' };
  const holding: readonly [string, Json][] = [
    [big.rule, { size: 'big', color: 'red' }],
    ['self.n / 2 == 1', { n: 3 }],
    ['self.f < self.n', { f: 1.5, n: 2 }],
    ["self.at < timestamp('2030-01-01T00:00:00Z')", { at: '2026-01-01T00:00:00Z' }],
    ["self.a__dash__b == 'x'", { 'a-b': 'x' }],
    ["self.tags.all(t, t.startsWith('a')) && self.tags.isSorted()", { tags: ['a', 'ab'] }],
    ["self.labels.all(k, k.matches('^[a-z]+$')) && self.labels['x'] == '1'", { labels: { x: '1' } }],
    ["'%s-%d'.format([self.size, self.n]) == 'big-1'", { size: 'big', n: 1 }],
  ];
  test.each(holding)('that holds says nothing: %s', (rule, spec) => {
    expect(check([{ rule }], spec)).toBe('');
  });

  test('that is broken shows its message, or itself', () => {
    const spec = { size: 'big', color: 'blue' };
    expect(check([big], spec)).toBe('spec: Invalid value: "object": big must be red');
    expect(check([{ rule: ' false ' }], spec)).toBe('spec: Invalid value: "object": failed rule: false');
  });

  test('may say where, why and in which words', () => {
    const rule = { rule: 'self.n > 0', messageExpression: '"n is " + string(self.n)', fieldPath: '.n' } as const;
    expect(check([rule], { n: 0 })).toBe('spec.n: Invalid value: "object": n is 0');
    expect(check([{ ...rule, reason: 'FieldValueForbidden' }], { n: 0 })).toBe('spec.n: Forbidden: n is 0');
    expect(check([{ ...rule, reason: 'FieldValueRequired' }], { n: 0 })).toBe('spec.n: Required value: n is 0');
    expect(check([{ ...rule, messageExpression: 'self.size', message: 'fallback' }], { n: 0 })).toBe(
      'spec.n: Invalid value: "object": fallback',
    );
  });

  test('that cannot be evaluated refuses the object', () => {
    expect(check([{ rule: 'self.n > 0' }], {})).toBe(
      'spec: Invalid value: "object": no such key: n evaluating rule: self.n > 0',
    );
  });

  test('that cannot be compiled is an error at once', () => {
    expect(() => check([{ rule: 'self.foo ==' }], {})).toThrow('compilation failed');
    expect(() => check([{ rule: 'self.n.nope()' }], {})).toThrow("undeclared reference to 'nope'");
  });
});

describe('transition rules', () => {
  const immutable = { rule: 'self.n == oldSelf.n', message: 'n is immutable' };

  test('are for updates', () => {
    expect(check([immutable], { n: 1 })).toBe('');
    expect(check([immutable], { n: 2 }, { n: 1 })).toBe('spec: Invalid value: "object": n is immutable');
  });

  test('with an optional old value are for creates too', () => {
    const rule = { rule: "oldSelf.hasValue() || self.size == 'small'", optionalOldSelf: true };
    expect(check([rule], { size: 'big' })).not.toBe('');
    expect(check([rule], { size: 'big' }, { size: 'small' })).toBe('');
    const orValue = { rule: 'oldSelf.orValue(self).n <= self.n', optionalOldSelf: true };
    expect(check([orValue], { n: 1 })).toBe('');
    expect(check([orValue], { n: 1 }, { n: 2 })).not.toBe('');
  });

  test('find old items of keyed lists, and skip items that cannot be told apart', () => {
    const item: StructuralSchema = {
      type: 'object',
      required: ['k'],
      properties: { k: { type: 'string' }, v: { type: 'string' } },
      'x-kubernetes-validations': [{ rule: 'self.v == oldSelf.v', message: 'v stays' }],
    };
    const lists = {
      properties: {
        keyed: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'], items: item },
        plain: { type: 'array', items: item },
      },
    } satisfies StructuralSchema;
    const old = { keyed: [{ k: 'a', v: '1' }], plain: [{ k: 'a', v: '1' }] };
    const changed = [
      { k: 'b', v: '9' },
      { k: 'a', v: '2' },
    ];
    expect(check([], { keyed: changed, plain: changed }, old, lists)).toBe(
      'spec.keyed[1]: Invalid value: "object": v stays',
    );
  });

  test('other rules are not held against an unchanged value', () => {
    expect(check([{ rule: 'self.n > 5' }], { n: 1 }, { n: 1 })).toBe('');
  });
});

test('rules see the name of the object', () => {
  const rule = { rule: "self.metadata.name.startsWith('a') && self.kind == 'K'", message: 'no' };
  const schema = compileSchema({ type: 'object', 'x-kubernetes-validations': [rule] });
  expect(schema.validate({ kind: 'K', metadata: { name: 'ab' } })).toEqual([]);
  expect(invalidMessage(schema.validate({ kind: 'K', metadata: { name: 'b' } }))).toBe(
    '<nil>: Invalid value: "object": no',
  );
});
