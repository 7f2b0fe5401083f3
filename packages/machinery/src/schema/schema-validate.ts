import { requiredError, tooManyError } from '../text/field-error.ts';
import type { Json, JsonObject } from '../values/json.ts';
import { deepEqual, getKey, isList, isObject } from '../values/json.ts';
import type { StructuralSchema } from '../values/structural-schema.ts';
import type { WorkGuard } from '../values/work-guard.ts';
import type { Check, Failure } from './schema-check.ts';
import { addAll, choiceError, fail, invalidBody, MAX_FAILURES, prefixFrom } from './schema-check.ts';
import { mapKeyOf } from './schema-lists.ts';
import { enumCheck, numberChecks, stringChecks, typeCheck, typeFailure } from './schema-scalars.ts';

/** Compiles the value checks of a schema, in the order in which Kubernetes reports them. */
export function compileChecks(schema: StructuralSchema): Check {
  const accepts = typeCheck(schema);
  const enums = schema.enum === undefined ? undefined : enumCheck(schema.enum);
  const checks: readonly Check[] = [
    ...choiceChecks(schema),
    ...stringChecks(schema),
    ...numberChecks(schema),
    ...itemChecks(schema),
    ...(enums === undefined ? [] : [enums]),
    ...objectChecks(schema),
  ];
  return (value, old, failures, guard) => {
    if (old !== undefined && deepEqual(value, old)) return;
    if (!accepts(value)) fail(failures, typeFailure(schema, accepts.expected, value));
    if (value === null) {
      enums?.(value, old, failures, guard);
      return;
    }
    for (const check of checks) check(value, old, failures, guard);
  };
}

/** Choices within choices multiply what is checked of one value. */
const UNITS_PER_CHOICE = 10;

/** `anyOf`, `oneOf`, `allOf` and `not`. Schemas in a choice are not ratcheted. */
function choiceChecks(schema: StructuralSchema): readonly Check[] {
  const checks: Check[] = [];
  if (schema.anyOf !== undefined && schema.anyOf.length > 0) checks.push(anyOf(schema.anyOf.map(compileChecks)));
  if (schema.oneOf !== undefined && schema.oneOf.length > 0) checks.push(oneOf(schema.oneOf.map(compileChecks)));
  if (schema.allOf !== undefined && schema.allOf.length > 0) checks.push(allOf(schema.allOf.map(compileChecks)));
  if (schema.not !== undefined) {
    const not = compileChecks(schema.not);
    checks.push((value, _old, failures, guard) => {
      if (failuresOf(not, value, guard).length === 0) fail(failures, choiceError('must not validate the schema (not)'));
    });
  }
  return checks;
}

function failuresOf(check: Check, value: Json, guard: WorkGuard): readonly Failure[] {
  const failures: Failure[] = [];
  guard.spend(UNITS_PER_CHOICE);
  check(value, undefined, failures, guard);
  return failures;
}

/** The failures of the alternative that came closest. */
function closest(all: readonly (readonly Failure[])[]): readonly Failure[] {
  return all.reduce((best, failures) => (failures.length < best.length ? failures : best), all[0] ?? []);
}

function anyOf(alternatives: readonly Check[]): Check {
  return (value, _old, failures, guard) => {
    const all: (readonly Failure[])[] = [];
    for (const alternative of alternatives) {
      const own = failuresOf(alternative, value, guard);
      if (own.length === 0) return;
      all.push(own);
    }
    fail(failures, choiceError('must validate at least one schema (anyOf)'));
    addAll(failures, closest(all));
  };
}

function oneOf(alternatives: readonly Check[]): Check {
  return (value, _old, failures, guard) => {
    const all = alternatives.map((alternative) => failuresOf(alternative, value, guard));
    const valid = all.filter((own) => own.length === 0).length;
    if (valid === 1) return;
    const found = valid === 0 ? 'none valid' : `${valid} valid alternatives`;
    fail(failures, choiceError(`must validate one and only one schema (oneOf). Found ${found}`));
    if (valid === 0) addAll(failures, closest(all));
  };
}

function allOf(parts: readonly Check[]): Check {
  return (value, _old, failures, guard) => {
    const all = parts.map((part) => failuresOf(part, value, guard));
    const invalid = all.filter((own) => own.length > 0);
    if (invalid.length === 0) return;
    const none = invalid.length === all.length ? '. None validated' : '';
    fail(failures, choiceError(`must validate all the schemas (allOf)${none}`));
    for (const own of invalid) addAll(failures, own);
  };
}

function itemChecks(schema: StructuralSchema): readonly Check[] {
  const { minItems, maxItems } = schema;
  const item = schema.items === undefined ? undefined : compileChecks(schema.items);
  if (item === undefined && minItems === undefined && maxItems === undefined) return [];
  const keyOf = mapKeyOf(schema);
  const check: Check = (value, old, failures, guard) => {
    if (!isList(value)) return;
    const oldOf = keyOf === undefined ? undefined : correlated(old, keyOf);
    if (item !== undefined) checkItems(value, oldOf, item, failures, guard);
    const size = value.length;
    if (minItems !== undefined && size < minItems) {
      fail(failures, invalidBody(size, `should have at least ${minItems} items`));
    }
    if (maxItems !== undefined && size > maxItems) fail(failures, (path) => tooManyError(path, size, maxItems));
  };
  return [check];
}

/** Only items of keyed lists can be told apart, and so compared with what they were. */
function correlated(
  old: Json | undefined,
  keyOf: (item: Json) => string | undefined,
): (item: Json) => Json | undefined {
  if (!isList(old)) return () => undefined;
  const byKey = new Map(old.map((item) => [keyOf(item), item]));
  return (item) => {
    const key = keyOf(item);
    return key === undefined ? undefined : byKey.get(key);
  };
}

function checkItems(
  items: readonly Json[],
  oldOf: ((item: Json) => Json | undefined) | undefined,
  check: Check,
  failures: Failure[],
  guard: WorkGuard,
): void {
  guard.spend(items.length);
  for (let i = 0; i < items.length && failures.length < MAX_FAILURES; i++) {
    const start = failures.length;
    const value = items[i] as Json;
    check(value, oldOf?.(value), failures, guard);
    if (failures.length > start) prefixFrom(failures, start, `[${i}]`);
  }
}

function objectChecks(schema: StructuralSchema): readonly Check[] {
  const { required = [], minProperties, maxProperties } = schema;
  const fields = new Map(Object.entries(schema.properties ?? {}).map(([name, field]) => [name, compileChecks(field)]));
  const additional = schema.additionalProperties;
  const other = typeof additional === 'object' ? compileChecks(additional) : undefined;
  const hasSizes = minProperties !== undefined || maxProperties !== undefined;
  if (fields.size === 0 && other === undefined && required.length === 0 && !hasSizes) return [];
  const check: Check = (value, old, failures, guard) => {
    if (!isObject(value)) return;
    if (hasSizes && !checkSize(value, schema, failures)) return;
    for (const name of required) {
      if (getKey(value, name) === undefined) failures.push({ path: `.${name}`, build: (path) => requiredError(path) });
    }
    const members = { old: isObject(old) ? old : undefined, fields, other };
    checkMembers(value, members, failures, guard);
  };
  return [check];
}

function checkSize(value: JsonObject, schema: StructuralSchema, failures: Failure[]): boolean {
  const { minProperties = 0, maxProperties = Infinity } = schema;
  const size = Object.keys(value).length;
  if (size < minProperties) fail(failures, invalidBody('', `should have at least ${minProperties} properties`));
  else if (size > maxProperties) fail(failures, (path) => tooManyError(path, size, maxProperties));
  return size >= minProperties && size <= maxProperties;
}

/** The checks of an object's members, and what it was before. */
type Members = {
  readonly old: JsonObject | undefined;
  readonly fields: ReadonlyMap<string, Check>;
  readonly other: Check | undefined;
};

/** Failures come in the order of field names, whatever the order in the object. */
function checkMembers(value: JsonObject, { old, fields, other }: Members, failures: Failure[], guard: WorkGuard): void {
  const first = failures.length;
  for (const key of Object.keys(value)) {
    if (failures.length >= MAX_FAILURES) break;
    const check = fields.get(key) ?? other;
    const item = value[key];
    if (check === undefined || item === undefined) continue;
    const start = failures.length;
    check(item, old === undefined ? undefined : getKey(old, key), failures, guard);
    if (failures.length > start) prefixFrom(failures, start, `.${key}`);
  }
  if (failures.length > first + 1) {
    const own = failures
      .splice(first)
      .toSorted((left, right) => (left.path < right.path ? -1 : left.path > right.path ? 1 : 0));
    addAll(failures, own);
  }
}
