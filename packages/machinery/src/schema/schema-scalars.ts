import { notSupportedError, tooLongError, typeInvalidError } from '../text/field-error.ts';
import { goText } from '../text/go-text.ts';
import { compilePattern } from '../text/schema-pattern.ts';
import type { Json } from '../values/json.ts';
import { canonicalJson, deepEqual } from '../values/json.ts';
import type { StructuralSchema } from '../values/structural-schema.ts';
import { OutOfTimeError, type WorkGuard } from '../values/work-guard.ts';
import type { Check, Failure } from './schema-check.ts';
import { fail, invalidBody } from './schema-check.ts';
import { formatCheck } from './schema-formats.ts';

/** The type of a value as schemas name it. Floats without a fraction are integers, as in JSON Schema. */
function schemaType(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (isInteger(value)) return 'integer';
  return typeof value;
}

/** The check of type and null. A wrong type ends the check of strings with a format in that format's words. */
export function typeCheck(schema: StructuralSchema): ((value: Json) => boolean) & { readonly expected: string } {
  const isIntOrString = schema['x-kubernetes-int-or-string'] === true;
  const { type } = schema;
  const expected = isIntOrString ? 'integer,string' : (type ?? '');
  const accepts = (value: Json): boolean => {
    if (value === null) return schema.nullable === true || expected === '';
    if (isIntOrString) return typeof value === 'string' || isInteger(value);
    if (type === undefined) return true;
    if (type === 'object') return typeof value === 'object' && !Array.isArray(value);
    if (type === 'array') return Array.isArray(value);
    if (type === 'integer') return isInteger(value);
    return typeof value === type || (type === 'number' && typeof value === 'bigint');
  };
  return Object.assign(accepts, { expected });
}

function isInteger(value: Json): boolean {
  return typeof value === 'number' ? Number.isSafeInteger(value) : typeof value === 'bigint';
}

/** The error for a value of the wrong type. A string format speaks first, as in kube-openapi. */
export function typeFailure(
  schema: StructuralSchema,
  expected: string,
  value: Json,
): (path: string) => ReturnType<typeof typeInvalidError> {
  const actual = schemaType(value);
  const isStringFormat = schema.type === 'string' && formatCheck(schema.format) !== undefined;
  const byFormat = isStringFormat && actual !== 'null' && actual !== 'array';
  const wanted = byFormat ? (schema.format ?? '') : expected;
  const found = byFormat ? (GO_FORMATS[actual] ?? '') : actual;
  return (path) => typeInvalidError(path, found, `${path} in body must be of type ${wanted}: "${found}"`);
}

const GO_FORMATS: Readonly<Record<string, string>> = { integer: 'int64', number: 'double' };

/** The checks of a string: lengths in characters, pattern, format. */
export function stringChecks(schema: StructuralSchema): readonly Check[] {
  const { minLength, maxLength, format } = schema;
  const checks: Check[] = [];
  const onString = (check: (text: string, failures: Failure[], guard: WorkGuard) => void): void => {
    checks.push((value, _old, failures, guard) => {
      if (typeof value === 'string') check(value, failures, guard);
    });
  };
  if (maxLength !== undefined) {
    onString((text, failures) => {
      if (text.length > maxLength && characters(text) > maxLength)
        fail(failures, (path) => tooLongError(path, maxLength));
    });
  }
  if (minLength !== undefined) {
    onString((text, failures) => {
      if (text.length < minLength || (text.length < 2 * minLength && characters(text) < minLength)) {
        fail(failures, invalidBody(text, `should be at least ${minLength} chars long`));
      }
    });
  }
  if (schema.pattern !== undefined && schema.pattern !== '') {
    const { pattern } = schema;
    const { matches } = compilePattern(pattern);
    onString((text, failures, guard) => {
      try {
        if (!matches(text, guard)) fail(failures, invalidBody(text, `should match '${pattern}'`));
      } catch (error) {
        if (!(error instanceof OutOfTimeError)) throw error;
        fail(failures, invalidBody(text, `cannot be matched in time against '${pattern}'; shorten it`));
      }
    });
  }
  const isFormat = schema.type === 'string' || schema.type === undefined ? formatCheck(format) : undefined;
  if (isFormat !== undefined) {
    onString((text, failures) => {
      if (isFormat(text)) return;
      fail(failures, (path) =>
        typeInvalidError(path, text, `${path} in body must be of type ${format}: ${JSON.stringify(text)}`),
      );
    });
  }
  return checks;
}

function characters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** The checks of a number: bounds and multiples. */
export function numberChecks(schema: StructuralSchema): readonly Check[] {
  const checks: Check[] = [];
  const onNumber = (isValid: (number: number | bigint) => boolean, text: string): void => {
    checks.push((value, _old, failures) => {
      if ((typeof value === 'number' || typeof value === 'bigint') && !isValid(value)) {
        fail(failures, invalidBody(value, text));
      }
    });
  };
  const { minimum, maximum, multipleOf } = schema;
  if (multipleOf !== undefined)
    onNumber((n) => isMultiple(n, multipleOf), `should be a multiple of ${goText(multipleOf)}`);
  if (maximum !== undefined) {
    if (schema.exclusiveMaximum === true) onNumber((n) => n < maximum, `should be less than ${goText(maximum)}`);
    else onNumber((n) => n <= maximum, `should be less than or equal to ${goText(maximum)}`);
  }
  if (minimum !== undefined) {
    if (schema.exclusiveMinimum === true) onNumber((n) => n > minimum, `should be greater than ${goText(minimum)}`);
    else onNumber((n) => n >= minimum, `should be greater than or equal to ${goText(minimum)}`);
  }
  return checks;
}

function isMultiple(value: number | bigint, factor: number): boolean {
  if (typeof value === 'bigint') return Number.isSafeInteger(factor) && factor !== 0 && value % BigInt(factor) === 0n;
  const times = value / factor;
  return Number.isFinite(times) && Math.abs(times - Math.round(times)) <= 1e-9 * Math.max(1, Math.abs(times));
}

/** The check of `enum`, for values of every kind. */
export function enumCheck(values: readonly Json[]): Check {
  const strings = new Set(values.filter((value) => typeof value === 'string'));
  const others = values.filter((value) => typeof value !== 'string');
  const supported = values.map((value) => (typeof value === 'string' ? value : canonicalJson(value)));
  return (value, _old, failures) => {
    const isKnown = typeof value === 'string' ? strings.has(value) : others.some((other) => deepEqual(other, value));
    if (!isKnown) fail(failures, (path) => notSupportedError(path, value, supported));
  };
}
