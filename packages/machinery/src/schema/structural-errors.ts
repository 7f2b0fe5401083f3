import type { FieldError } from '../text/field-error.ts';
import { forbiddenError, invalidError, requiredError } from '../text/field-error.ts';
import { programSize } from '../text/pattern-size.ts';
import { compilePattern, PatternError } from '../text/schema-pattern.ts';
import type { Json, JsonObject } from '../values/json.ts';
import { getKey, isList, isObject } from '../values/json.ts';
import { nestsTooDeep } from '../values/nesting.ts';
import type { StructuralSchema } from '../values/structural-schema.ts';
import { createWorkGuard, OutOfTimeError, type WorkGuard } from '../values/work-guard.ts';
import type { Failure } from './schema-check.ts';
import { errorsOf } from './schema-check.ts';
import { compileDefaults, DefaultsTooLargeError } from './schema-defaults.ts';
import { compilePruner } from './schema-prune.ts';
import { compileChecks } from './schema-validate.ts';
import { ruleErrors } from './structural-rules.ts';

/** Where Kubernetes says that the schema of a CRD with one version is. */
const DEFAULT_PATH = 'spec.validation.openAPIV3Schema';
const TYPES = new Set(['object', 'array', 'string', 'integer', 'number', 'boolean']);

type Level = 'root' | 'item' | 'field';

const NO_TYPE: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

/**
 * Why a schema is not structural, or cannot be used: missing types, keywords that are not allowed, defaults that do
 * not fit, patterns and rules that do not compile. The schema may be any JSON. A schema without errors can be compiled.
 */
export function structuralErrors(
  schema: StructuralSchema,
  path: string = DEFAULT_PATH,
  { isUnchanged = false, monotonicMs }: StructuralOptions = {},
): readonly FieldError[] {
  if (nestsTooDeep(schema)) return [invalidError(path, '', 'schema nests too deep')];
  const errors: FieldError[] = [];
  const guard = createWorkGuard(LIMIT_MS, monotonicMs);
  const round: Round = { errors, guard };
  try {
    checkPlace(schema, path, 'root', round);
    // Defaults are checked with the compiled schema, which must be sound for that; and rules, with sound types.
    if (errors.length === 0) checkDefaults(schema, path, round);
    if (errors.length === 0) checkDefaultsSize(schema, path, errors);
    if (errors.length === 0) errors.push(...ruleErrors(schema, path, { isUnchanged, guard }));
  } catch (error) {
    if (!(error instanceof OutOfTimeError)) throw error;
    errors.push(invalidError(path, '', `validation was ended: ${error.message}`));
  }
  return errors;
}

/** What was found so far, and what ends the search. */
type Round = { readonly errors: FieldError[]; readonly guard: WorkGuard };

/** How a schema is looked at. */
export type StructuralOptions = {
  /** The version had this schema before: its rules may go on to cost what each of them costs. */
  readonly isUnchanged?: boolean;
  /** Milliseconds that never jump; they end what a schema is made to prolong. */
  readonly monotonicMs?: () => number;
};

/** How long checking one schema may hold up everything else. */
const LIMIT_MS = 10_000;

function checkPlace(schema: Json, path: string, level: Level, round: Round): void {
  const { errors } = round;
  if (!isObject(schema)) {
    errors.push(invalidError(path, schema, 'must be an object'));
    return;
  }
  checkForm(schema, path, errors);
  checkChildren(schema, path, round);
  checkNested(schema, path, round);
  checkType(schema, path, level, errors);
  checkLists(schema, path, errors);
  checkPattern(schema, path, round);
}

const FORMS: ReadonlyMap<string, (value: Json) => boolean> = new Map<string, (value: Json) => boolean>([
  ...['properties'].map((key) => [key, isObject] as const),
  ...['items', 'not'].map((key) => [key, isObject] as const),
  ...['allOf', 'anyOf', 'oneOf', 'required', 'enum'].map((key) => [key, isList] as const),
  ...['x-kubernetes-validations', 'x-kubernetes-list-map-keys'].map((key) => [key, isList] as const),
  ...['pattern', 'format', 'type'].map((key) => [key, (value: Json) => typeof value === 'string'] as const),
  ...['minimum', 'maximum', 'multipleOf'].map((key) => [key, isNumber] as const),
  ...['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'].map(
    (key) => [key, isNumber] as const,
  ),
  ['additionalProperties', (value) => isObject(value) || typeof value === 'boolean'],
]);

function isNumber(value: Json): boolean {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** Keywords of the wrong kind; a real server cannot even decode those. */
function checkForm(schema: JsonObject, path: string, errors: FieldError[]): void {
  for (const [key, isRight] of FORMS) {
    const value = getKey(schema, key);
    if (value !== undefined && value !== null && !isRight(value)) {
      errors.push(invalidError(`${path}.${key}`, value, 'is not of the expected kind'));
    }
  }
  if (isList(schema['required']) && schema['required'].some((name) => typeof name !== 'string')) {
    errors.push(invalidError(`${path}.required`, schema['required'], 'must be a list of strings'));
  }
  if (getKey(schema, '$ref') !== undefined) errors.push(forbiddenError(`${path}.$ref`, '$ref is not supported'));
  if (schema['uniqueItems'] === true) {
    const reason = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    errors.push(forbiddenError(`${path}.uniqueItems`, reason));
  }
}

function checkChildren(schema: JsonObject, path: string, round: Round): void {
  const { errors } = round;
  const { items, properties, additionalProperties: additional } = schema;
  if (items !== undefined && items !== null) checkPlace(items, `${path}.items`, 'item', round);
  if (isObject(properties)) {
    for (const key of Object.keys(properties).toSorted()) {
      checkPlace(properties[key] ?? null, `${path}.properties[${key}]`, 'field', round);
    }
  }
  if (isObject(additional)) checkPlace(additional, `${path}.additionalProperties`, 'field', round);
  if (additional === false) {
    errors.push(forbiddenError(`${path}.additionalProperties`, 'additionalProperties cannot be set to false'));
  }
  if (isObject(properties) && Object.keys(properties).length > 0 && additional !== undefined && additional !== false) {
    errors.push(
      forbiddenError(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'),
    );
  }
}

function checkType(schema: JsonObject, path: string, level: Level, errors: FieldError[]): void {
  const type = typeof schema['type'] === 'string' ? schema['type'] : '';
  const isIntOrString = schema['x-kubernetes-int-or-string'] === true;
  const at = `${path}.type`;
  if (isIntOrString && type !== '') {
    errors.push(invalidError(at, type, 'must be empty if x-kubernetes-int-or-string is true'));
  } else if (type === '' && schema['x-kubernetes-embedded-resource'] === true) {
    errors.push(requiredError(at, 'must be object if x-kubernetes-embedded-resource is true'));
  } else if (
    type === '' &&
    !isIntOrString &&
    (schema['x-kubernetes-preserve-unknown-fields'] !== true || level === 'root')
  ) {
    errors.push(requiredError(at, NO_TYPE[level]));
  } else if (type !== '' && level === 'root' && type !== 'object') {
    errors.push(invalidError(at, type, 'must be object at the root'));
  } else if (type !== '' && !TYPES.has(type)) {
    errors.push(invalidError(at, type, 'must be array, boolean, integer, number, object or string'));
  }
  if (type === 'array' && !isObject(schema['items'])) errors.push(requiredError(`${path}.items`, 'must be specified'));
}

const LIST_TYPES = new Set<Json | undefined>(['atomic', 'set', 'map']);

function checkLists(schema: JsonObject, path: string, errors: FieldError[]): void {
  const type = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'];
  if (type === undefined) return;
  const at = `${path}.x-kubernetes-list-type`;
  if (!LIST_TYPES.has(type)) errors.push(invalidError(at, type, 'must be one of atomic, set, map'));
  if (schema['type'] !== 'array')
    errors.push(
      invalidError(`${path}.type`, schema['type'] ?? '', 'must be array if x-kubernetes-list-type is specified'),
    );
  if (type !== 'map') return;
  const names = isList(keys) ? keys : [];
  if (names.length === 0) {
    errors.push(
      requiredError(`${path}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map'),
    );
  }
  checkMapKeys(schema, path, names, errors);
}

/** The keys of a keyed list are scalars, and required or defaulted. */
function checkMapKeys(schema: JsonObject, path: string, names: readonly Json[], errors: FieldError[]): void {
  const items = isObject(schema['items']) ? schema['items'] : {};
  const properties = isObject(items['properties']) ? items['properties'] : {};
  const required = isList(items['required']) ? items['required'] : [];
  for (const [i, name] of names.entries()) {
    const property = typeof name === 'string' ? getKey(properties, name) : undefined;
    if (typeof name !== 'string' || !isObject(property)) {
      const text = 'entries must all be names of item properties';
      errors.push(invalidError(`${path}.x-kubernetes-list-map-keys[${i}]`, name, text));
    } else if (!required.includes(name) && property['default'] === undefined) {
      const at = `${path}.items.properties[${name}].default`;
      errors.push(
        requiredError(
          at,
          'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
        ),
      );
    }
  }
}

/** What schemas inside `allOf` and its like may not say: they only restrict values. */
const FORBIDDEN_INSIDE = [
  'description',
  'type',
  'default',
  'additionalProperties',
  'nullable',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-int-or-string',
  'x-kubernetes-list-type',
];

function checkNested(schema: JsonObject, path: string, round: Round): void {
  for (const key of ['allOf', 'anyOf', 'oneOf']) {
    const parts = schema[key];
    if (!isList(parts)) continue;
    const isFree = schema['x-kubernetes-int-or-string'] === true; // anyOf: [{type: integer}, {type: string}] is the idiom
    for (const [i, part] of parts.entries()) checkRestriction(part, `${path}.${key}[${i}]`, isFree, round);
  }
  if (schema['not'] !== undefined) checkRestriction(schema['not'], `${path}.not`, false, round);
}

function checkRestriction(schema: Json, path: string, isFree: boolean, round: Round): void {
  const { errors } = round;
  if (!isObject(schema)) {
    errors.push(invalidError(path, schema, 'must be an object'));
    return;
  }
  checkForm(schema, path, errors);
  checkPattern(schema, path, round);
  for (const key of FORBIDDEN_INSIDE) {
    if (schema[key] === undefined || (isFree && key === 'type')) continue;
    errors.push(forbiddenError(`${path}.${key}`, 'must be empty to be structural'));
  }
  if (schema['items'] !== undefined) checkRestriction(schema['items'], `${path}.items`, false, round);
  const { properties } = schema;
  if (isObject(properties)) {
    for (const key of Object.keys(properties)) {
      checkRestriction(properties[key] ?? null, `${path}.properties[${key}]`, false, round);
    }
  }
  checkNested(schema, path, round);
}

/** Compiling takes some microseconds for each instruction. */
const UNITS_PER_INSTRUCTION = 200;

function checkPattern(schema: JsonObject, path: string, round: Round): void {
  const { errors } = round;
  const { pattern } = schema;
  if (typeof pattern !== 'string') return;
  round.guard.spend(programSize(pattern) * UNITS_PER_INSTRUCTION);
  try {
    compilePattern(pattern);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    const text = `must be a valid regular expression, but isn't: ${error.message}`;
    errors.push(invalidError(`${path}.pattern`, pattern, text));
  }
}

function checkDefaults(schema: StructuralSchema, path: string, round: Round): void {
  if (schema.default !== undefined) checkDefault(schema, schema.default, `${path}.default`, round);
  if (schema.items !== undefined) checkDefaults(schema.items, `${path}.items`, round);
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    checkDefaults(property, `${path}.properties[${name}]`, round);
  }
  const additional = schema.additionalProperties;
  if (typeof additional === 'object') checkDefaults(additional, `${path}.additionalProperties`, round);
}

/** Defaults are filled in with their own defaults; those of items count for each item. */
function checkDefaultsSize(schema: StructuralSchema, path: string, errors: FieldError[]): void {
  try {
    compileDefaults(schema);
  } catch (error) {
    if (!(error instanceof DefaultsTooLargeError)) throw error;
    errors.push(invalidError(path, '', `${error.message} once they are filled in themselves`));
  }
}

function checkDefault(schema: StructuralSchema, value: Json, at: string, round: Round): void {
  const { errors } = round;
  const failures: Failure[] = [];
  compileChecks(schema)(value, undefined, failures, round.guard);
  for (const error of errorsOf(failures)) {
    const field =
      error.field === '<nil>'
        ? error.field
        : `${at}${error.field === '' || error.field.startsWith('[') ? '' : '.'}${error.field}`;
    errors.push({ ...error, field });
  }
  const dropped: string[] = [];
  compilePruner({ type: 'object', properties: { default: schema } })({ default: value }, dropped, '');
  if (dropped.length > 0) errors.push(invalidError(at, value, 'must not have unknown fields'));
}
