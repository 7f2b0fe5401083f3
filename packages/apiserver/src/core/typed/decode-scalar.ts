import { canonicalQuantity, type Json } from '@cartographer/machinery';

import type { Scalar } from './type-node.ts';

/** Why JSON does not fit a Go type; the message is Go's. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

/** The name that Go's decoder gives a JSON value. */
export function goKind(value: Json): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'number';
  return typeof value;
}

/** Checks a leaf and gives its normal form; `field` names it in the error. */
export function decodeScalar(value: Json, scalar: Scalar, field: () => string): Json {
  if (fits(value, scalar)) return normal(value, scalar);
  const type = GO_TYPES[scalar] ?? scalar;
  const kind = typeof value === 'number' && scalar.startsWith('int') ? `number ${value}` : goKind(value);
  throw new DecodeError(`json: cannot unmarshal ${kind} into Go struct field ${field()} of type ${type}`);
}

const GO_TYPES: Partial<Record<Scalar, string>> = {
  bytes: '[]uint8',
  time: 'v1.Time',
  microtime: 'v1.MicroTime',
  quantity: 'resource.Quantity',
  intstr: 'intstr.IntOrString',
};

function fits(value: Json, scalar: Scalar): boolean {
  switch (scalar) {
    case 'string':
    case 'bytes':
    case 'time':
    case 'microtime':
      return typeof value === 'string';
    case 'bool':
      return typeof value === 'boolean';
    case 'int32':
      return typeof value === 'number' && Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31;
    case 'int64':
      return isInt64(value);
    case 'float64':
      return typeof value === 'number' || typeof value === 'bigint';
    case 'quantity':
      return typeof value === 'string' || typeof value === 'number';
    case 'intstr':
      return typeof value === 'string' || (typeof value === 'number' && Number.isInteger(value));
  }
}

function isInt64(value: Json): boolean {
  if (typeof value === 'bigint') return value >= -(2n ** 63n) && value < 2n ** 63n;
  return typeof value === 'number' && Number.isInteger(value);
}

function normal(value: Json, scalar: Scalar): Json {
  if (scalar === 'bytes') return checkBase64(value as string);
  if (scalar === 'time') return checkTime(value as string, TIME, '2006-01-02T15:04:05Z07:00');
  if (scalar === 'microtime') return checkMicroTime(value as string);
  return scalar === 'quantity' ? normalQuantity(value as string | number) : value;
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

function checkBase64(text: string): string {
  const compact = text.includes('\n') || text.includes('\r') ? text.replaceAll(/[\r\n]/g, '') : text;
  if (compact.length % 4 === 0 && BASE64.test(compact)) return compact;
  const bad = compact.search(/[^A-Za-z0-9+/=]/);
  throw new DecodeError(`illegal base64 data at input byte ${bad < 0 ? Math.floor(compact.length / 4) * 4 : bad}`);
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const MICRO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/;

function checkTime(text: string, pattern: RegExp, layout: string): string {
  if (pattern.test(text) && !Number.isNaN(Date.parse(text))) {
    // metav1.Time is written in UTC with whole seconds
    return text.length === 20 ? text : `${new Date(text).toISOString().slice(0, 19)}Z`;
  }
  throw new DecodeError(
    `parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(text)} as "2006"`,
  );
}

function checkMicroTime(text: string): string {
  if (MICRO_TIME.test(text) && !Number.isNaN(Date.parse(text))) return text;
  const rest = TIME.test(text) ? text.slice(19) : text;
  const part = TIME.test(text) ? '.000000' : '2006';
  throw new DecodeError(
    `parsing time ${JSON.stringify(text)} as "2006-01-02T15:04:05.000000Z07:00": cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(part)}`,
  );
}

function normalQuantity(value: string | number): string {
  try {
    return canonicalQuantity(String(value));
  } catch {
    throw new DecodeError(
      `quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`,
    );
  }
}
