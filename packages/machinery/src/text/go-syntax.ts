import { getKey, isList, isObject } from '../values/json.ts';
import { goQuote, goText } from './go-text.ts';

/** A value as Go's `%#v` prints decoded JSON: `map[string]interface {}{"k":"a"}`, `[]interface {}{1}`. */
export function goSyntax(value: unknown): string {
  if (typeof value === 'string') return goQuote(value);
  if (value === null || value === undefined) return 'interface {}(nil)';
  if (isList(value)) return `[]interface {}{${value.map((item) => goSyntax(item)).join(', ')}}`;
  if (!isObject(value)) return goText(value);
  const members = Object.keys(value)
    .filter((key) => getKey(value, key) !== undefined)
    .toSorted()
    .map((key) => `${goQuote(key)}:${goSyntax(getKey(value, key))}`);
  return `map[string]interface {}{${members.join(', ')}}`;
}

/** The Go type of decoded JSON, as `%T` prints it. */
export function goType(value: unknown): string {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'int64';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  if (Array.isArray(value)) return '[]interface {}';
  return isObject(value) ? 'map[string]interface {}' : '<nil>';
}
