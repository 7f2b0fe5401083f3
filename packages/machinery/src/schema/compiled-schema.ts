import type { FieldError } from '../text/field-error.ts';
import { invalidError } from '../text/field-error.ts';
import type { JsonObject } from '../values/json.ts';
import { nestsTooDeep } from '../values/nesting.ts';
import type { StructuralSchema } from '../values/structural-schema.ts';
import { createWorkGuard, OutOfTimeError, type WorkGuard } from '../values/work-guard.ts';
import type { Check, Failure } from './schema-check.ts';
import { addAll, errorsOf, MAX_FAILURES } from './schema-check.ts';
import { compileDefaults, roomFor } from './schema-defaults.ts';
import { compileEmbedded, compileUniqueness } from './schema-lists.ts';
import { compilePruner } from './schema-prune.ts';
import { compileRules } from './schema-rules.ts';
import { compileChecks } from './schema-validate.ts';

/** A schema made ready for use. Its functions never change what they are given. */
export interface CompiledSchema {
  readonly source: StructuralSchema;
  /**
   * Drops what the schema does not specify and names it (`spec.zzz`). `apiVersion`, `kind` and `metadata` of the root
   * are implied. The same reference comes back when nothing was dropped.
   */
  prune(value: JsonObject): { readonly value: JsonObject; readonly pruned: readonly string[] };
  /**
   * Fills in defaults. Nulls that the schema does not allow are replaced by the default or dropped, as for everything
   * that a client sends; with `keepNulls` those without a default stay (and fail validation), as in the result of a
   * server-side apply. The same reference comes back when nothing changed.
   * @throws DefaultsTooLargeError when they would add more than three mebibytes.
   */
  applyDefaults(value: JsonObject, options?: { readonly keepNulls?: boolean }): JsonObject;
  /**
   * What is wrong with a value, in Kubernetes' words. With `old`, what has not changed is not held against the writer,
   * and transition rules are checked. `earlier` are errors that the caller found (those of metadata): they come first,
   * and may keep rules from being checked.
   */
  validate(value: JsonObject, old?: JsonObject, earlier?: readonly FieldError[]): readonly FieldError[];
}

/** As much as an object may hold. */
const MAX_ADDED = 3 * 1024 * 1024;

/** What a compiled schema takes from outside. */
export type CompileOptions = {
  /** Milliseconds that never jump; they end validation that an object is made to prolong. */
  readonly monotonicMs?: () => number;
};

/** How long the validation of one object may hold up everything else. */
const VALIDATION_LIMIT_MS = 10_000;

/**
 * Compiles a structural schema, without null keywords (`withoutNullKeywords`), to closures.
 * @throws PatternError, RuleError or DefaultsTooLargeError for what cannot be compiled: see `structuralErrors`.
 */
export function compileSchema(source: StructuralSchema, options: CompileOptions = {}): CompiledSchema {
  if (nestsTooDeep(source)) throw new RangeError('schema nests too deep');
  const pruner = compilePruner(source);
  const defaulter = compileDefaults(source);
  const validate = compileValidation(source, options);
  return {
    source,
    prune: (value) => {
      const pruned: string[] = [];
      return { value: pruner(value, pruned, '') as JsonObject, pruned };
    },
    applyDefaults: (value, options) => defaulter(value, options?.keepNulls ?? false, roomFor(MAX_ADDED)) as JsonObject,
    validate,
  };
}

/** Failures that make rules pointless: the value may not have the form that they expect. */
const BLOCKING: ReadonlySet<string> = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);
const UNCHECKED =
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

function compileValidation(source: StructuralSchema, { monotonicMs }: CompileOptions): CompiledSchema['validate'] {
  const checks = compileChecks({ ...source, type: 'object' });
  const embedded = compileEmbedded(source);
  const uniqueness = compileUniqueness(source);
  const rules = compileRules(source);
  const check = (value: JsonObject, old: JsonObject | undefined, earlier: readonly FieldError[], guard: WorkGuard) => {
    let failures: Failure[] = [];
    checks(value, undefined, failures, guard);
    if (failures.length > 0 && old !== undefined) {
      failures = [];
      checks(value, old, failures, guard);
    }
    embedded?.(value, undefined, failures, guard);
    if (uniqueness !== undefined) addDuplicates(value, old, failures, { uniqueness, guard });
    const errors =
      failures.length === 0 && earlier.length === 0 ? [] : [...earlier, ...errorsOf(failures.slice(0, MAX_FAILURES))];
    if (rules === undefined) return errors;
    if (errors.some(({ reason }) => BLOCKING.has(reason))) return [...errors, invalidError('<nil>', null, UNCHECKED)];
    return [...errors, ...rules(value, old, guard)];
  };
  return (value, old, earlier = []) => {
    if (nestsTooDeep(value)) return [...earlier, invalidError('<nil>', '', 'exceeded max depth')];
    try {
      return check(value, old, earlier, createWorkGuard(VALIDATION_LIMIT_MS, monotonicMs));
    } catch (error) {
      if (!(error instanceof OutOfTimeError)) throw error;
      return [...earlier, invalidError('<nil>', '', `validation was ended: ${error.message}`)];
    }
  };
}

/** Lists that had duplicates before may keep them. */
function addDuplicates(
  value: JsonObject,
  old: JsonObject | undefined,
  failures: Failure[],
  { uniqueness, guard }: { readonly uniqueness: Check; readonly guard: WorkGuard },
): void {
  const found: Failure[] = [];
  uniqueness(value, undefined, found, guard);
  if (found.length > 0 && old !== undefined) {
    const before: Failure[] = [];
    uniqueness(old, undefined, before, guard);
    if (before.length > 0) return;
  }
  addAll(failures, found);
}
