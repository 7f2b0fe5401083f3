/** A scalar as yaml.v3 writes it at this indent; a simple key never takes more than its line. */
export function scalarText(
  value: null | boolean | number | bigint | string,
  indent: number,
  simpleKey: boolean,
): string {
  if (typeof value === 'string') return stringText(value, indent, simpleKey);
  return typeof value === 'number' ? numberText(value) : String(value);
}

/** Integers stay as they are; other numbers as Go's `%g`, with an exponent below 1e-4 and from 1e6 on. */
function numberText(value: number): string {
  if (Number.isSafeInteger(value)) return String(value);
  const magnitude = Math.abs(value);
  if (magnitude >= 1e-4 && magnitude < 1e6) return String(value);
  return value.toExponential().replace(/(?<=e[+-])(?=\d$)/, '0');
}

type Traits = {
  readonly plain: boolean;
  readonly single: boolean;
  readonly block: boolean;
};

function stringText(value: string, indent: number, simpleKey: boolean): string {
  if (/^[A-Za-z/][\w./@-]*$/.test(value) && !RESERVED.has(value) && !OLD_BOOLEANS.has(value)) return value;
  const traits = traitsOf(value);
  if (value.includes('\n')) return traits.block && !simpleKey ? literal(value, indent) : doubleQuoted(value);
  if (!isStringToReaders(value)) return doubleQuoted(value);
  if (traits.plain) return value;
  return traits.single ? singleQuoted(value, indent) : doubleQuoted(value);
}

const RESERVED = new Set(
  ['', '~', 'null', 'Null', 'NULL', 'true', 'True', 'TRUE', 'false', 'False', 'FALSE'].concat(
    ['nan', 'NaN', 'NAN', 'inf', 'Inf', 'INF'].map((word) => `.${word}`),
    ['inf', 'Inf', 'INF'].flatMap((word) => [`+.${word}`, `-.${word}`]),
  ),
);
const OLD_BOOLEANS = new Set([
  'y',
  'Y',
  'yes',
  'Yes',
  'YES',
  'on',
  'On',
  'ON',
  'n',
  'N',
  'no',
  'No',
  'NO',
  'off',
  'Off',
  'OFF',
]);
const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const INTEGER = /^[-+]?(0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|[1-9][0-9]*|0)$/;
const BASE60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
const TIMESTAMP =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})| (\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.\d+)?)?$/;

/** Whether a YAML reader would take the bare text for a string, and an old one not for a boolean or a base-60 number. */
function isStringToReaders(text: string): boolean {
  if (RESERVED.has(text) || OLD_BOOLEANS.has(text)) return false;
  if (!/^(?:[-+0-9]|\.[0-9])/.test(text)) return true;
  const bare = text.replaceAll('_', '');
  return !isTimestamp(text) && !isInteger(bare) && !isFloat(bare) && !BASE60.test(text);
}

function isFloat(text: string): boolean {
  return FLOAT.test(text) && Number.isFinite(Number(text));
}

function isInteger(text: string): boolean {
  if (!INTEGER.test(text)) return false;
  const digits = text.replace(/^[-+]/, '').toLowerCase();
  const value = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits}` : digits);
  return value < 1n << 64n;
}

function isTimestamp(text: string): boolean {
  const match = TIMESTAMP.exec(text);
  if (match === null) return false;
  const [year = 0, month = 0, day = 0] = match.slice(1, 4).map(Number);
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return false;
  const [hour = 0, minute = 0, second = 0] = match.slice(4).filter(Boolean).map(Number);
  return hour < 24 && minute < 60 && second < 60;
}

const BREAK = /[\n\r\u0085\u2028\u2029]/;
const LEADING_INDICATOR = /^(?:[#,[\]{}&*!|>'"%@`]|[?:-](?=[ \t\n]|$))/;
const INNER_INDICATOR = /.:(?:[ \t\n]|$)|[ \t\n]#/s;
/** What yaml.v3 takes for unprintable: control characters, the byte order mark, all beyond the basic plane. */
// oxlint-disable-next-line no-control-regex -- control characters are what this is about
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufeff\ufffe\uffff]|[\ud800-\udfff]/;

/** Which styles can hold the text (libyaml's analysis of a scalar). */
function traitsOf(text: string): Traits {
  const edges = /^ | $/.test(text) || BREAK.test(text[0] ?? '') || BREAK.test(text.at(-1) ?? '');
  const special = UNPRINTABLE.test(text);
  const spaceBreak = / [\n\r\u0085\u2028\u2029]/.test(text);
  const breakSpace = /[\n\r\u0085\u2028\u2029] /.test(text);
  const indicators = /^(?:---|\.\.\.)/.test(text) || LEADING_INDICATOR.test(text) || INNER_INDICATOR.test(text);
  const awkward = breakSpace || spaceBreak || special || text.includes('\t');
  const breaks = BREAK.test(text);
  return {
    plain: !edges && !awkward && !breaks && !indicators,
    single: !awkward,
    block: !text.endsWith(' ') && !spaceBreak && !special,
  };
}

/** A text with LS or PS goes over several lines, which are indented. */
function singleQuoted(text: string, indent: number): string {
  return `'${indentLines(text.replaceAll("'", "''"), indent)}'`;
}

function indentLines(text: string, indent: number): string {
  return text.replace(LINE_START, `$&${' '.repeat(indent)}`);
}

/** A break that does not end the text and has no other break behind it. */
const LINE_START = /[\n\u2028\u2029](?=[^\n\u2028\u2029])/g;

/** A break that begins the text stands in place of the one after the header: yaml.v3 loses a line there. */
function literal(text: string, indent: number): string {
  const startsWithBreak = /^[\n\u2028\u2029]/.test(text);
  const hint = startsWithBreak || text.startsWith(' ') ? '4' : '';
  const [breaks = ''] = /[\n\u2028\u2029]{0,2}$/.exec(text) ?? [];
  const chomp = breaks === '' ? '-' : breaks.length > 1 || breaks === text ? '+' : '';
  return `|${hint}${chomp}${startsWithBreak ? '' : `\n${' '.repeat(indent)}`}${indentLines(text, indent)}`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\0': '0',
  '\u0007': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '\u001b': 'e',
  '"': '"',
  '\\': '\\',
  '\u0085': 'N',
  '\u00a0': '_',
  '\u2028': 'L',
  '\u2029': 'P',
};

function doubleQuoted(text: string): string {
  let quoted = '"';
  // After a byte order mark at the beginning, yaml.v3 takes each character for one.
  const all = text.startsWith('\ufeff');
  for (const char of text) quoted += all || needsEscape(char) ? `\\${escapeOf(char)}` : char;
  return `${quoted}"`;
}

function needsEscape(char: string): boolean {
  return char === '"' || char === '\\' || char === '\t' || UNPRINTABLE.test(char) || BREAK.test(char);
}

function escapeOf(char: string): string {
  const short = Object.hasOwn(ESCAPES, char) ? ESCAPES[char] : undefined;
  if (short !== undefined) return short;
  const code = char.codePointAt(0) ?? 0;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `x${hex.padStart(2, '0')}`;
  return code <= 0xff_ff ? `u${hex.padStart(4, '0')}` : `U${hex.padStart(8, '0')}`;
}
