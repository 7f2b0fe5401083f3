import { describe, expect, it } from 'vitest';
import type { Json } from '../values/json.ts';
import type { StructuralSchema } from '../values/structural-schema.ts';
import { createWorkGuard } from '../values/work-guard.ts';
import type { Check, Failure } from './schema-check.ts';
import { errorsOf } from './schema-check.ts';
import { enumCheck, numberChecks, stringChecks, typeCheck, typeFailure } from './schema-scalars.ts';

function said(checks: readonly Check[], value: Json): readonly string[] {
  const failures: Failure[] = [];
  for (const check of checks)
    check(
      value,
      undefined,
      failures,
      createWorkGuard(10_000, () => 0),
    );
  for (const failure of failures) failure.path = 'v';
  return errorsOf(failures).map(({ message }) => message);
}

const VALUES = {
  null: null,
  text: 'x',
  whole: 1,
  big: 2n ** 60n,
  fraction: 1.5,
  beyond: 2 ** 60,
  true: true,
  list: [],
  object: {},
} as const;

describe('the type of a value', () => {
  it.each<[StructuralSchema, readonly (keyof typeof VALUES)[]]>([
    [{}, ['null', 'text', 'whole', 'big', 'fraction', 'beyond', 'true', 'list', 'object']],
    [{ type: 'string' }, ['text']],
    [{ type: 'string', nullable: true }, ['null', 'text']],
    [{ type: 'integer' }, ['whole', 'big']],
    [{ type: 'number' }, ['whole', 'big', 'fraction', 'beyond']],
    [{ type: 'boolean' }, ['true']],
    [{ type: 'array' }, ['list']],
    [{ type: 'object' }, ['object']],
    [{ type: 'object', nullable: true }, ['null', 'object']],
    [{ 'x-kubernetes-int-or-string': true }, ['text', 'whole', 'big']],
    [{ 'x-kubernetes-int-or-string': true, nullable: true }, ['null', 'text', 'whole', 'big']],
  ])('of %j may be that of %j', (schema, accepted) => {
    const accepts = typeCheck(schema);
    const names = (Object.keys(VALUES) as (keyof typeof VALUES)[]).filter((name) => accepts(VALUES[name]));
    expect(names).toEqual(accepted);
  });

  it.each<[StructuralSchema, Json, string]>([
    [{ type: 'integer' }, 'x', 'must be of type integer: "string"'],
    [{ type: 'integer' }, 1.5, 'must be of type integer: "number"'],
    [{ type: 'string' }, 1, 'must be of type string: "integer"'],
    [{ type: 'string' }, null, 'must be of type string: "null"'],
    [{ type: 'string' }, [], 'must be of type string: "array"'],
    [{ type: 'string' }, {}, 'must be of type string: "object"'],
    [{ type: 'string' }, 2n, 'must be of type string: "integer"'],
    [{ 'x-kubernetes-int-or-string': true }, true, 'must be of type integer,string: "boolean"'],
    [{ type: 'string', format: 'date' }, 1, 'must be of type date: "int64"'],
    [{ type: 'string', format: 'date' }, 1.5, 'must be of type date: "double"'],
    [{ type: 'string', format: 'date' }, true, 'must be of type date: ""'],
    [{ type: 'string', format: 'date' }, null, 'must be of type string: "null"'],
    [{ type: 'string', format: 'date' }, [], 'must be of type string: "array"'],
    [{ type: 'string', format: 'made-up' }, 1, 'must be of type string: "integer"'],
  ])('that is not of %j is told', (schema, value, text) => {
    const error = typeFailure(schema, typeCheck(schema).expected, value)('v');
    expect(error.message).toContain(`v in body ${text}`);
    expect(error.reason).toBe('FieldValueTypeInvalid');
  });
});

describe('bounds hold at the bound, for values of their type', () => {
  it.each<[StructuralSchema, readonly Json[], readonly Json[]]>([
    [{ maximum: 3 }, [2, 3, 3n], [3.1, 4, 4n]],
    [{ maximum: 3, exclusiveMaximum: true }, [2, 2.9, 2n], [3, 3n, 4]],
    [{ maximum: 3, exclusiveMaximum: false }, [3], [4]],
    [{ minimum: 3 }, [3, 3n, 4], [2, 2.9, 2n]],
    [{ minimum: 3, exclusiveMinimum: true }, [3.1, 4, 4n], [2, 3, 3n]],
    [{ maximum: 0 }, [0, -1], [1]],
    [{ minimum: 0 }, [0, 1], [-1]],
    [{ multipleOf: 2 }, [0, 2, -4, 4n], [1, 3, 3n, 2.5]],
    [{ multipleOf: 0.1 }, [0.3, 0.7, 1], [0.35, 0.31]],
    [{ multipleOf: 0.5 }, [1.5], [1.25, 3n]],
    [{ multipleOf: 0 }, [], [1, 1n]],
    [{ minimum: 1, maximum: 2 }, [1, 2], [0, 3]],
    [{ minimum: 1, maximum: 2 }, ['0', null, true, []], []],
  ])('%j', (schema, good, bad) => {
    for (const value of good) expect(said(numberChecks(schema), value)).toEqual([]);
    for (const value of bad) expect(said(numberChecks(schema), value)).toHaveLength(1);
  });

  it.each<[StructuralSchema, readonly Json[], readonly Json[]]>([
    [{ minLength: 2 }, ['ab', 'abc', '😀😀'], ['', 'a', '😀', 'é']],
    [{ maxLength: 2 }, ['', 'ab', '😀😀'], ['abc', '😀😀😀']],
    [{ minLength: 0, maxLength: 0 }, [''], ['a']],
    [{ minLength: 2, maxLength: 2 }, [1, null, [], ['a']], []],
    [{ pattern: '^a+$' }, ['a', 'aa', 1], ['', 'b', 'ab']],
    [{ pattern: 'a' }, ['bab'], ['b']],
    [{ pattern: '' }, ['', 'x'], []],
    [{ type: 'string', format: 'date' }, ['2026-01-01'], ['2026-13-01', 'x']],
    [{ format: 'date' }, ['2026-01-01', 1], ['x']],
    [{ type: 'integer', format: 'date' }, ['x'], []],
  ])('%j', (schema, good, bad) => {
    for (const value of good) expect(said(stringChecks(schema), value)).toEqual([]);
    for (const value of bad) expect(said(stringChecks(schema), value)).toHaveLength(1);
  });
});

describe('enum', () => {
  it('knows values of every kind by what they are', () => {
    const check = [enumCheck(['a', 1, null, { x: [1] }])];
    for (const value of ['a', 1, null, { x: [1] }]) expect(said(check, value)).toEqual([]);
    for (const value of ['b', '1', 2, false, { x: [2] }, [1]]) expect(said(check, value)).toHaveLength(1);
    expect(said(check, 'b')).toEqual(['Unsupported value: "b": supported values: "a", "1", "null", "{\\"x\\":[1]}"']);
  });
});
