import type { Json, JsonObject } from '@cartographer/machinery';
import { getKey, isList, isObject } from '@cartographer/machinery';
import { scalarText } from './go-yaml-scalar.ts';

const INDENT = 4;
const LONGEST_SIMPLE_KEY = 128;

/** A value as Go's yaml.v3 marshals it: indented by four, keys in its natural order, ending in a line break. */
export function goYaml(value: Json): string {
  return isBlock(value) ? block(value, 0) : ended(scalar(value, INDENT));
}

/** A literal text that ends in a break has ended its line with it. */
function ended(line: string): string {
  return /[\n\u2028\u2029]$/.test(line) ? line : `${line}\n`;
}

/** Collections with entries stand on lines of their own; all else goes on the line of its key. */
function isBlock(value: Json | undefined): value is readonly Json[] | JsonObject {
  if (isList(value)) return value.length > 0;
  return isObject(value) && Object.keys(value).some((key) => getKey(value, key) !== undefined);
}

function scalar(value: Json | undefined, indent: number, simpleKey = false): string {
  if (isList(value)) return '[]';
  if (isObject(value)) return '{}';
  return scalarText(value ?? null, indent, simpleKey);
}

function block(value: readonly Json[] | JsonObject, indent: number): string {
  return isList(value) ? sequence(value, indent) : mapping(value, indent);
}

/** The first entry of a nested collection stands on the line of its dash, two columns further in. */
function sequence(list: readonly Json[], indent: number): string {
  const pad = ' '.repeat(indent);
  return list
    .map((item) => {
      const entry = isBlock(item) ? block(item, indent + 2).trimStart() : ended(scalar(item, indent + 2));
      return `${pad}- ${entry}`;
    })
    .join('');
}

function mapping(object: JsonObject, indent: number): string {
  const pad = ' '.repeat(indent);
  const deeper = nextIndent(indent);
  return Object.keys(object)
    .filter((key) => getKey(object, key) !== undefined)
    .toSorted(compareKeys)
    .map((key) => {
      const item = getKey(object, key);
      const simple =
        !/[\n\r\u0085\u2028\u2029]/.test(key) && new TextEncoder().encode(key).length <= LONGEST_SIMPLE_KEY;
      const head = simple ? `${pad}${scalar(key, deeper, true)}:` : `${ended(`${pad}? ${scalar(key, deeper)}`)}${pad}:`;
      return isBlock(item) ? `${head}\n${block(item, deeper)}` : ended(`${head} ${scalar(item, deeper)}`);
    })
    .join('');
}

/** yaml.v3 aligns to the next multiple of its indent. */
function nextIndent(indent: number): number {
  return INDENT * Math.floor((indent + INDENT) / INDENT);
}

const LETTER = /^\p{L}$/u;
const DIGIT = /^\p{Nd}$/u;

/** The order of keys in yaml.v3: letters after other characters, runs of digits by their number. */
function compareKeys(left: string, right: string): number {
  const a = Array.from(left);
  const b = Array.from(right);
  let digits = false;
  for (let i = 0; i < a.length && i < b.length; i += 1) {
    const x = a[i] as string;
    const y = b[i] as string;
    if (x !== y) return compareAt(a, b, i, digits);
    digits = DIGIT.test(x);
  }
  return a.length - b.length;
}

function compareAt(a: readonly string[], b: readonly string[], at: number, digits: boolean): number {
  const x = a[at] as string;
  const y = b[at] as string;
  const letterX = LETTER.test(x);
  const letterY = LETTER.test(y);
  if (letterX && letterY) return compareChars(x, y);
  if (letterX || letterY) return (digits ? letterX : letterY) ? -1 : 1;
  const carry = (x === '0' || y === '0') && hasLeadingNumber(a, at) ? 1 : 0;
  const [numberX, endX] = readNumber(a, at, carry);
  const [numberY, endY] = readNumber(b, at, carry);
  if (numberX !== numberY) return numberX - numberY;
  return endX === endY ? compareChars(x, y) : endX - endY;
}

function compareChars(x: string, y: string): number {
  return (x.codePointAt(0) ?? 0) - (y.codePointAt(0) ?? 0);
}

function hasLeadingNumber(chars: readonly string[], at: number): boolean {
  for (let j = at - 1; j >= 0 && DIGIT.test(chars[j] as string); j -= 1) if (chars[j] !== '0') return true;
  return false;
}

function readNumber(chars: readonly string[], from: number, carry: number): readonly [number, number] {
  let value = carry;
  let end = from;
  for (; end < chars.length && DIGIT.test(chars[end] as string); end += 1) value = value * 10 + Number(chars[end]);
  return [value, end];
}
