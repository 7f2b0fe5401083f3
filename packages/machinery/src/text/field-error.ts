import type { StatusCause } from '../values/status.ts';
import { goSyntax } from './go-syntax.ts';
import { goQuote, goText } from './go-text.ts';

/** Which rule a field breaks, as `details.causes[].reason` of a 422 has it. */
export type FieldErrorReason =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueTypeInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueDuplicate'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany';

/** One thing that is wrong with an object. `message` is what follows the field: `Invalid value: "x": must be …`. */
export type FieldError = { readonly reason: FieldErrorReason; readonly field: string; readonly message: string };

/** `field: Required value[: detail]`. */
export function requiredError(field: string, detail = ''): FieldError {
  return { reason: 'FieldValueRequired', field, message: withDetail('Required value', detail) };
}

/** `field: Invalid value: <value>: detail`. */
export function invalidError(field: string, value: unknown, detail: string): FieldError {
  return { reason: 'FieldValueInvalid', field, message: withDetail(`Invalid value: ${shown(value)}`, detail) };
}

/** Like {@link invalidError}, for a value of the wrong type or format. */
export function typeInvalidError(field: string, value: unknown, detail: string): FieldError {
  return { ...invalidError(field, value, detail), reason: 'FieldValueTypeInvalid' };
}

/** `field: Unsupported value: <value>: supported values: "a", "b"`. */
export function notSupportedError(field: string, value: unknown, supported: readonly string[]): FieldError {
  const detail = supported.length === 0 ? '' : `supported values: ${supported.map(goQuote).join(', ')}`;
  const text = value === null ? 'null' : shown(value);
  return { reason: 'FieldValueNotSupported', field, message: withDetail(`Unsupported value: ${text}`, detail) };
}

/** `field: Duplicate value: <value>`. */
export function duplicateError(field: string, value: unknown): FieldError {
  return { reason: 'FieldValueDuplicate', field, message: `Duplicate value: ${shown(value)}` };
}

/** `field: Forbidden: detail`. */
export function forbiddenError(field: string, detail: string): FieldError {
  return { reason: 'FieldValueForbidden', field, message: withDetail('Forbidden', detail) };
}

/** `field: Too long: may not be more than N bytes`. */
export function tooLongError(field: string, max: number): FieldError {
  return { reason: 'FieldValueTooLong', field, message: `Too long: may not be more than ${max} bytes` };
}

/** `field: Too many: 4: must have at most 3 items`. */
export function tooManyError(field: string, actual: number, max: number): FieldError {
  const detail = `must have at most ${max} ${max === 1 ? 'item' : 'items'}`;
  return { reason: 'FieldValueTooMany', field, message: `Too many: ${actual}: ${detail}` };
}

function withDetail(text: string, detail: string): string {
  return detail === '' ? text : `${text}: ${detail}`;
}

/** Values as Kubernetes' field errors show them: strings quoted, numbers plain, structures in Go syntax. */
function shown(value: unknown): string {
  if (value === null || value === undefined) return '"null"';
  if (typeof value === 'string') return goQuote(value);
  return typeof value === 'object' ? goSyntax(value) : goText(value);
}

/**
 * The text after `Kind.group "name" is invalid: `: one error as it is, several in brackets, repeated ones once.
 */
export function invalidMessage(errors: readonly FieldError[]): string {
  if (errors.length === 0) return '';
  const texts = [...new Set(errors.map(({ field, message }) => `${field}: ${message}`))];
  return texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
}

/** The errors as `details.causes`. */
export function causesOf(errors: readonly FieldError[]): readonly StatusCause[] {
  return errors.map(({ reason, message, field }) => ({ reason, message, field }));
}
