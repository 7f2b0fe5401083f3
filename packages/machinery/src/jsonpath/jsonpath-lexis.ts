const DIGIT = /^\p{Nd}$/u;
const LETTER = /^\p{L}$/u;
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const INTEGER = /^[+-]?[0-9]+$/;
const FLOAT = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)$/;
const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

/** Go's `unicode.IsDigit` for one character. */
export function isDigit(rune: string): boolean {
  return DIGIT.test(rune);
}

/** Go's `unicode.IsLetter` for one character. */
export function isLetter(rune: string): boolean {
  return LETTER.test(rune);
}

/** A character as Go's `%#U` prints it: `U+0028 '('`. */
export function hashU(rune: string): string {
  const code = `U+${(rune.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  return PRINTABLE.test(rune) ? `${code} '${rune}'` : code;
}

/** Go's `strconv.Atoi`: undefined where that fails, `bigint` beyond 2^53. */
export function parseGoInteger(text: string): number | bigint | undefined {
  if (!INTEGER.test(text)) return undefined;
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  const exact = BigInt(text.replace('+', ''));
  return exact < MIN_INT64 || exact > MAX_INT64 ? undefined : exact;
}

/** Go's `strconv.ParseFloat` for digits, sign and point, which is all that a template can hold. */
export function parseGoFloat(text: string): number | undefined {
  const value = FLOAT.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};
const CODED_ESCAPE = /^(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-7]{3}))/;

/** client-go's `UnquoteExtend`: `strconv.Unquote` that also takes single quotes; undefined for invalid syntax. */
export function unquote(quoted: string): string | undefined {
  const quote = quoted[0] ?? '';
  if (quoted.length < 2 || quoted.at(-1) !== quote) return undefined;
  const inner = quoted.slice(1, -1);
  if (!inner.includes('\\') && !inner.includes(quote)) return inner;
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (let at = 0; at < inner.length; ) {
    const unit = unquoteUnit(inner, at, quote);
    if (unit === undefined) return undefined;
    if (typeof unit.value === 'number') bytes.push(unit.value);
    else bytes.push(...encoder.encode(unit.value));
    at = unit.end;
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}

type QuotedUnit = { readonly value: string | number; readonly end: number };

/** One character of a quoted string; `\xNN` and octal escapes are single bytes, given as a number. */
function unquoteUnit(text: string, at: number, quote: string): QuotedUnit | undefined {
  const char = String.fromCodePoint(text.codePointAt(at) ?? 0);
  if (char === quote) return undefined;
  if (char !== '\\') return { value: char, end: at + char.length };
  const next = text[at + 1] ?? '';
  const simple = next === quote ? quote : Object.hasOwn(SIMPLE_ESCAPES, next) ? SIMPLE_ESCAPES[next] : undefined;
  if (simple !== undefined) return { value: simple, end: at + 2 };
  const match = CODED_ESCAPE.exec(text.slice(at + 1, at + 10));
  if (match === null) return undefined;
  const [whole, hex, short, long, octal] = match;
  const end = at + 1 + whole.length;
  const byte = hex === undefined ? Number.parseInt(octal ?? '', 8) : Number.parseInt(hex, 16);
  if (hex !== undefined || octal !== undefined) return byte > 255 ? undefined : { value: byte, end };
  const point = Number.parseInt(short ?? long ?? '', 16);
  if (point > 0x10_ff_ff || (point >= 0xd8_00 && point <= 0xdf_ff)) return undefined;
  return { value: String.fromCodePoint(point), end };
}
