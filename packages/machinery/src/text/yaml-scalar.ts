import type { Json } from '../values/json.ts';

const TRUE = new Set(['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON']);
const FALSE = new Set(['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF']);
const NULL = new Set(['', '~', 'null', 'Null', 'NULL']);
const INFINITE = new Set(
  ['.nan', '.NaN', '.NAN', '.inf', '.Inf', '.INF'].flatMap((text) => [text, `+${text}`, `-${text}`]),
);
const INTEGER = /^([+-]?)(?:(0[xX][0-9a-fA-F]+)|(0[bB][01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const MIN_INT64 = -(2n ** 63n);
const MAX_UINT64 = 2n ** 64n - 1n;

/** What a plain scalar means; `infinite` is a number that JSON cannot hold. */
export type PlainScalar = { readonly kind: 'value'; readonly value: Json } | { readonly kind: 'infinite' };

/**
 * Resolves a plain scalar by the rules of kubectl, which are YAML 1.1 without dates and base 60: `yes` and `on` are
 * true, `0644` is 420, `1_000` is 1000, `1:30` and `2020-01-01` are strings.
 */
export function resolvePlainScalar(text: string): PlainScalar {
  if (NULL.has(text)) return { kind: 'value', value: null };
  if (TRUE.has(text)) return { kind: 'value', value: true };
  if (FALSE.has(text)) return { kind: 'value', value: false };
  if (!/^[-+.0-9]/.test(text)) return { kind: 'value', value: text };
  if (INFINITE.has(text)) return { kind: 'infinite' };
  const digits = text.startsWith('.') ? text : text.replaceAll('_', '');
  return { kind: 'value', value: parseInteger(digits) ?? parseFloat64(digits) ?? text };
}

/** Longer numbers are no integers, and reading them exactly takes more than linear time. */
const MAX_LENGTH = 256;

function parseInteger(text: string): number | bigint | undefined {
  const match = text.length > MAX_LENGTH ? null : INTEGER.exec(text);
  if (match === null) return undefined;
  const [, sign, hex, binary, octal, decimal] = match;
  const magnitude = BigInt(hex ?? binary ?? (octal === undefined ? (decimal ?? '0') : `0o${octal}`));
  const value = sign === '-' ? -magnitude : magnitude;
  if (value < MIN_INT64 || value > MAX_UINT64) return undefined;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function parseFloat64(text: string): number | undefined {
  const value = FLOAT.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}
