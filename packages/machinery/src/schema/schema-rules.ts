import type { CelCompiler, CelOutcome, CelProgram } from '../cel/cel.ts';
import { celCompiler } from '../cel/cel.ts';
import { OBJECT_COST_LIMIT } from '../cel/cel-meter.ts';
import type { ToCel } from '../cel/cel-values.ts';
import { compileToCel } from '../cel/cel-values.ts';
import type { FieldError } from '../text/field-error.ts';
import { duplicateError, forbiddenError, invalidError, requiredError } from '../text/field-error.ts';
import { goQuote } from '../text/go-text.ts';
import type { Json, JsonObject } from '../values/json.ts';
import { deepEqual, getKey, isList, isObject } from '../values/json.ts';
import type { StructuralSchema, ValidationRule } from '../values/structural-schema.ts';
import type { WorkGuard } from '../values/work-guard.ts';
import { mapKeyOf } from './schema-lists.ts';

/** The rules' way over one object: what is left to spend, and what was found. */
type Round = { remaining: number; readonly guard: WorkGuard; readonly errors: FieldError[] };

/** Checks the rules at a place and below it; false ends the round. The path of the root is empty. */
type RuleCheck = (value: Json, old: Json | undefined, path: string, round: Round) => boolean;

/**
 * Compiles the CEL rules of a schema; undefined when it has none. All rules together may cost one object
 * {@link OBJECT_COST_LIMIT}: what comes after that is not checked, and the object is refused.
 * @throws RuleError
 */
export function compileRules(
  schema: StructuralSchema,
  cel: CelCompiler = celCompiler,
): ((value: JsonObject, old: JsonObject | undefined, guard: WorkGuard) => readonly FieldError[]) | undefined {
  const check = compilePlace({ ...schema, type: 'object' }, cel, true);
  if (check === undefined) return undefined;
  return (value, old, guard) => {
    const round: Round = { remaining: OBJECT_COST_LIMIT, guard, errors: [] };
    check(value, old, '', round);
    return round.errors;
  };
}

function compilePlace(schema: StructuralSchema, cel: CelCompiler, isRoot = false): RuleCheck | undefined {
  const checks = [compileOwn(schema, cel, isRoot), compileItems(schema, cel), compileFields(schema, cel)].filter(
    (check) => check !== undefined,
  );
  if (checks.length === 0) return undefined;
  return (value, old, path, round) => value === null || checks.every((check) => check(value, old, path, round));
}

function compileItems(schema: StructuralSchema, cel: CelCompiler): RuleCheck | undefined {
  const item = schema.items === undefined ? undefined : compilePlace(schema.items, cel);
  if (item === undefined) return undefined;
  const keyOf = mapKeyOf(schema);
  return (value, old, path, round) => {
    if (!isList(value)) return true;
    const before = new Map(keyOf !== undefined && isList(old) ? old.map((each) => [keyOf(each), each]) : []);
    return value.every((each, i) => item(each, before.get(keyOf?.(each)), `${path}[${i}]`, round));
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
  return (value, old, path, round) => {
    if (!isObject(value)) return true;
    return Object.keys(value)
      .toSorted()
      .every((key) => {
        const item = value[key];
        const field = fields.get(key);
        const check = field ?? other;
        if (check === undefined || item === undefined) return true;
        const inner = field === undefined ? `${path}[${key}]` : child(path, key);
        return check(item, isObject(old) ? getKey(old, key) : undefined, inner, round);
      });
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
  const type = schema.type ?? '';
  return (value, old, path, round) => {
    // Values are converted when the first rule runs: most updates leave most places as they were.
    const isUnchanged = old !== undefined && deepEqual(value, old);
    let self: unknown;
    for (const each of compiled) {
      if (!applies(each, old, isUnchanged)) continue;
      self ??= toCel(value);
      const place = { self, oldSelf: oldValue(each, old, toCel, cel), type, path };
      if (!checkRule(each, place, round)) return false;
    }
    return true;
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

/** What a rule is checked on. */
type Place = { readonly self: unknown; readonly oldSelf: unknown; readonly type: string; readonly path: string };

const OUT_OF_BUDGET = 'out of cost budget, no further validation rules will be run';

/** Checks one rule; false ends the round. */
function checkRule(compiled: CompiledRule, place: Place, round: Round): boolean {
  const { self, oldSelf, type } = place;
  const path = place.path === '' ? '<nil>' : place.path;
  const outcome = compiled.program.evaluate(self, oldSelf, round.guard);
  const { rule } = compiled;
  round.remaining -= outcome.cost;
  if (round.remaining < 0) {
    round.errors.push(invalidError(path, type, `validation failed due to running ${OUT_OF_BUDGET}`));
    return false;
  }
  const name = rule.message?.trim() || rule.rule.trim();
  if (outcome.kind === 'value') return outcome.value === true || report(compiled, place, round);
  if (outcome.kind === 'error') {
    round.errors.push(invalidError(path, type, evaluationText(outcome, name)));
    return true;
  }
  const text = outcome.message.startsWith('operation cancelled')
    ? `'${outcome.message}': no further validation rules will be run due to call cost exceeds limit for rule: ${name}`
    : `${outcome.message} evaluating rule: ${name}`;
  round.errors.push(invalidError(path, type, text));
  return false;
}

function evaluationText(outcome: CelOutcome & { kind: 'error' }, rule: string): string {
  return outcome.message.startsWith('no such overload')
    ? `'${outcome.message}': call arguments did not match a supported operator, function or macro signature for rule: ${rule}`
    : `${outcome.message} evaluating rule: ${rule}`;
}

/** Reports a rule that is broken; false ends the round. */
function report(compiled: CompiledRule, place: Place, round: Round): boolean {
  const { rule, fieldPath } = compiled;
  const at = place.path === '' ? fieldPath.replace(/^\./, '') : place.path + fieldPath;
  const field = at === '' ? '<nil>' : at;
  const message = messageOf(compiled, place, round);
  if (message.kind === 'cancelled') {
    round.errors.push(invalidError(field, place.type, message.text));
    return false;
  }
  const detail = message.text ?? (rule.message?.trim() || `failed rule: ${rule.rule.trim()}`);
  round.errors.push(reasonedError(rule, field, place.type, detail));
  return true;
}

function reasonedError(rule: ValidationRule, field: string, type: string, detail: string): FieldError {
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

/** `MaxEvaluatedMessageExpressionSizeBytes` of Kubernetes. */
const MAX_MESSAGE_BYTES = 5 * 1024;

type Message =
  | { readonly kind: 'said'; readonly text: string | undefined }
  | { readonly kind: 'cancelled'; readonly text: string };

/** A message expression counts when it gives one line of text that is not too long. */
function messageOf({ rule, message }: CompiledRule, { self, oldSelf }: Place, round: Round): Message {
  if (message === undefined) return { kind: 'said', text: undefined };
  const outcome = message.evaluate(self, oldSelf, round.guard);
  round.remaining -= outcome.cost;
  if (round.remaining < 0) {
    return { kind: 'cancelled', text: `messageExpression evaluation failed due to running ${OUT_OF_BUDGET}` };
  }
  if (outcome.kind === 'cancelled') {
    const text = `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${goQuote(rule.messageExpression ?? '')}`;
    return { kind: 'cancelled', text };
  }
  if (outcome.kind !== 'value' || typeof outcome.value !== 'string') return { kind: 'said', text: undefined };
  const text = outcome.value.trim();
  const isUsable = text !== '' && !text.includes('\n') && Buffer.byteLength(text) <= MAX_MESSAGE_BYTES;
  return { kind: 'said', text: isUsable ? text : undefined };
}
