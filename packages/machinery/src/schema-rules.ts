import type { CelCompiler, CelOutcome, CelProgram } from './cel.ts';
import { celCompiler } from './cel.ts';
import type { ToCel } from './cel-values.ts';
import { compileToCel } from './cel-values.ts';
import type { FieldError } from './field-error.ts';
import { duplicateError, forbiddenError, invalidError, requiredError } from './field-error.ts';
import type { Json, JsonObject } from './json.ts';
import { deepEqual, getKey, isList, isObject } from './json.ts';
import { mapKeyOf } from './schema-lists.ts';
import type { StructuralSchema, ValidationRule } from './structural-schema.ts';

/** Checks the rules at a place and below it. The path of the root is empty. */
type RuleCheck = (value: Json, old: Json | undefined, path: string, errors: FieldError[]) => void;

/**
 * Compiles the CEL rules of a schema; undefined when it has none.
 * @throws RuleError
 */
export function compileRules(
  schema: StructuralSchema,
  cel: CelCompiler = celCompiler,
): ((value: JsonObject, old: JsonObject | undefined) => readonly FieldError[]) | undefined {
  const check = compilePlace({ ...schema, type: 'object' }, cel, true);
  if (check === undefined) return undefined;
  return (value, old) => {
    const errors: FieldError[] = [];
    check(value, old, '', errors);
    return errors;
  };
}

function compilePlace(schema: StructuralSchema, cel: CelCompiler, isRoot = false): RuleCheck | undefined {
  const own = compileOwn(schema, cel, isRoot);
  const inner = [compileItems(schema, cel), compileFields(schema, cel)].filter((check) => check !== undefined);
  if (own === undefined && inner.length === 0) return undefined;
  return (value, old, path, errors) => {
    if (value === null) return;
    own?.(value, old, path, errors);
    for (const check of inner) check(value, old, path, errors);
  };
}

function compileItems(schema: StructuralSchema, cel: CelCompiler): RuleCheck | undefined {
  const item = schema.items === undefined ? undefined : compilePlace(schema.items, cel);
  if (item === undefined) return undefined;
  const keyOf = mapKeyOf(schema);
  return (value, old, path, errors) => {
    if (!isList(value)) return;
    const before = new Map(keyOf !== undefined && isList(old) ? old.map((each) => [keyOf(each), each]) : []);
    for (const [i, each] of value.entries()) item(each, before.get(keyOf?.(each)), `${path}[${i}]`, errors);
  };
}

function compileFields(schema: StructuralSchema, cel: CelCompiler): RuleCheck | undefined {
  const fields = new Map<string, RuleCheck>();
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const check = compilePlace(field, cel);
    if (check !== undefined) fields.set(name, check);
  }
  const additional = schema.additionalProperties;
  const other = typeof additional === 'object' ? compilePlace(additional, cel) : undefined;
  if (fields.size === 0 && other === undefined) return undefined;
  return (value, old, path, errors) => {
    if (!isObject(value)) return;
    for (const key of Object.keys(value).toSorted()) {
      const item = value[key];
      const field = fields.get(key);
      const check = field ?? other;
      if (check === undefined || item === undefined) continue;
      const inner = field === undefined ? `${path}[${key}]` : child(path, key);
      check(item, isObject(old) ? getKey(old, key) : undefined, inner, errors);
    }
  };
}

function child(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

type CompiledRule = {
  readonly rule: ValidationRule;
  readonly program: CelProgram;
  readonly message: CelProgram | undefined;
  readonly fieldPath: string;
};

function compileOwn(schema: StructuralSchema, cel: CelCompiler, isRoot: boolean): RuleCheck | undefined {
  const rules = schema['x-kubernetes-validations'];
  if (rules === undefined || rules.length === 0) return undefined;
  const compiled = rules.map((rule) => compileRule(rule, cel));
  const toCel = compileToCel(schema, cel, isRoot);
  return (value, old, path, errors) => {
    // Values are converted when the first rule runs: most updates leave most places as they were.
    const isUnchanged = old !== undefined && deepEqual(value, old);
    let self: unknown;
    for (const each of compiled) {
      if (!applies(each, old, isUnchanged)) continue;
      self ??= toCel(value);
      const error = violation(each, self, oldValue(each, old, toCel, cel), schema.type ?? '', path);
      if (error !== undefined) errors.push(error);
    }
  };
}

function compileRule(rule: ValidationRule, cel: CelCompiler): CompiledRule {
  const { messageExpression = '', fieldPath = '' } = rule;
  return {
    rule,
    program: cel.compile(rule.rule),
    message: messageExpression === '' ? undefined : cel.compile(messageExpression),
    fieldPath: fieldPath.replaceAll(/\[(['"])((?:(?!\1).)*)\1\]/g, '.$2'),
  };
}

/** Transition rules need an old value; other rules are not held against a value that has not changed. */
function applies({ rule, program }: CompiledRule, old: Json | undefined, isUnchanged: boolean): boolean {
  if (program.usesOldSelf) return (old !== undefined && old !== null) || rule.optionalOldSelf === true;
  return !isUnchanged;
}

function oldValue({ rule, program }: CompiledRule, old: Json | undefined, toCel: ToCel, cel: CelCompiler): unknown {
  if (!program.usesOldSelf) return null;
  const value = old === undefined || old === null ? undefined : toCel(old);
  return rule.optionalOldSelf === true ? cel.optional(value) : value;
}

function violation(
  compiled: CompiledRule,
  self: unknown,
  oldSelf: unknown,
  type: string,
  path: string,
): FieldError | undefined {
  const { rule, program, fieldPath } = compiled;
  const outcome = program.evaluate(self, oldSelf);
  const isHeld = outcome.kind === 'value' && outcome.value === true;
  if (isHeld) return undefined;
  const text = rule.rule.trim();
  if (outcome.kind === 'error') return invalidError(path === '' ? '<nil>' : path, type, evaluationText(outcome, text));
  const at = path === '' ? fieldPath.replace(/^\./, '') : path + fieldPath;
  const field = at === '' ? '<nil>' : at;
  const detail = messageOf(compiled, self, oldSelf) ?? (rule.message?.trim() || `failed rule: ${text}`);
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return forbiddenError(field, detail);
    case 'FieldValueRequired':
      return requiredError(field, detail);
    case 'FieldValueDuplicate':
      return duplicateError(field, type);
    case 'FieldValueInvalid':
    case undefined:
      break;
  }
  return invalidError(field, type, detail);
}

function evaluationText(outcome: CelOutcome & { kind: 'error' }, rule: string): string {
  return outcome.message.startsWith('no such overload')
    ? `'${outcome.message}': call arguments did not match a supported operator, function or macro signature for rule: ${rule}`
    : `${outcome.message} evaluating rule: ${rule}`;
}

/** A message expression counts when it gives one line of text. */
function messageOf({ message }: CompiledRule, self: unknown, oldSelf: unknown): string | undefined {
  const outcome = message?.evaluate(self, oldSelf);
  if (outcome?.kind !== 'value' || typeof outcome.value !== 'string') return undefined;
  const text = outcome.value.trim();
  return text === '' || text.includes('\n') ? undefined : text;
}
