import type { FieldError } from './field-error.ts';
import type { JsonObject } from './json.ts';
import type { StructuralSchema } from './structural-schema.ts';

/** Compiles the CEL rules of a schema; undefined when it has none. */
export function compileRules(
  _schema: StructuralSchema,
): ((value: JsonObject, old: JsonObject | undefined) => readonly FieldError[]) | undefined {
  return undefined;
}
