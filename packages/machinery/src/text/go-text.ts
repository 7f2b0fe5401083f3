import { getKey, isList, isObject } from '../values/json.ts';

const HTML = /[<>&\u2028\u2029]/g;

/** JSON text as Go's `json.Marshal` writes a map: keys sorted, no blanks, `<`, `>` and `&` escaped. */
export function goJson(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value).replace(HTML, escapeUnicode);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : JSON.stringify(value);
  if (isList(value)) return `[${value.map((item) => goJson(item ?? null)).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value ?? null);
  const members = Object.keys(value)
    .filter((key) => getKey(value, key) !== undefined)
    .toSorted()
    .map((key) => `${goJson(key)}:${goJson(getKey(value, key))}`);
  return `{${members.join(',')}}`;
}

/** A value as Go's `%v` prints it: `map[a:1 b:[x y]]`, `<nil>`, `1e+06`. */
export function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return goNumber(value);
  if (isList(value)) return `[${value.map((item) => goText(item)).join(' ')}]`;
  if (typeof value === 'bigint' || typeof value === 'boolean') return value.toString();
  if (!isObject(value)) return '?';
  const members = Object.keys(value)
    .filter((key) => getKey(value, key) !== undefined)
    .toSorted()
    .map((key) => `${key}:${goText(getKey(value, key))}`);
  return `map[${members.join(' ')}]`;
}

/** A string in double quotes as Go's `%q` prints it. */
export function goQuote(text: string): string {
  let quoted = '"';
  for (const char of text) quoted += quoteChar(char);
  return `${quoted}"`;
}

const NAMED_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

function quoteChar(char: string): string {
  const named = Object.hasOwn(NAMED_ESCAPES, char) ? NAMED_ESCAPES[char] : undefined;
  if (named !== undefined) return named;
  if (PRINTABLE.test(char)) return char;
  const code = char.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code < 0x80) return `\\x${hex.padStart(2, '0')}`;
  return code < 0x1_00_00 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** Integers print in full, as int64; floats have an exponent of two digits below 1e-4 and from 1e6 on. */
function goNumber(value: number): string {
  if (Object.is(value, -0)) return '-0';
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  const magnitude = Math.abs(value);
  if (Number.isSafeInteger(value) || (magnitude >= 1e-4 && magnitude < 1e6)) return String(value);
  return value.toExponential().replace(/(?<=e[+-])(?=\d$)/, '0');
}

function escapeUnicode(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
