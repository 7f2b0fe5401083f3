import { describe, expect, test } from 'vitest';

import { decodeProtobuf, ProtobufError } from './protobuf.ts';

/** Writes the wire format, so that the tests state messages field by field. */
function varint(value: number | bigint): number[] {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return bytes;
}
const number = (field: number, value: number | bigint): number[] => [...varint(field << 3), ...varint(value)];
const bytes = (field: number, value: string | readonly number[]): number[] => {
  const content = typeof value === 'string' ? [...new TextEncoder().encode(value)] : value;
  return [...varint((field << 3) | 2), ...varint(content.length), ...content];
};
const entry = (field: number, key: string, value: string): number[] =>
  bytes(field, [...bytes(1, key), ...bytes(2, value)]);
const envelope = (apiVersion: string, kind: string, raw: readonly number[]): Uint8Array =>
  new Uint8Array([
    0x6b,
    0x38,
    0x73,
    0x00,
    ...bytes(1, [...bytes(1, apiVersion), ...bytes(2, kind)]),
    ...bytes(2, raw),
    ...bytes(3, ''),
    ...bytes(4, ''),
  ]);
const zeroTime = bytes(8, []);

describe('a protobuf body', () => {
  test('becomes the JSON form, and what Go writes for "not set" is left out', () => {
    const meta = [
      ...bytes(1, 'cm'),
      ...bytes(2, ''),
      ...bytes(3, 'team'),
      ...number(7, 0),
      ...zeroTime,
      ...entry(11, 'a', 'b'),
    ];
    const raw = [...bytes(1, meta), ...entry(2, 'key', 'välue'), ...entry(3, 'bin', '\u0001\u0002')];
    expect(decodeProtobuf(envelope('v1', 'ConfigMap', raw))).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'cm', namespace: 'team', labels: { a: 'b' } },
      data: { key: 'välue' },
      binaryData: { bin: 'AQI=' },
    });
  });

  test('keeps zero values of fields that are pointers in Go', () => {
    const raw = [...bytes(1, bytes(1, 'sa')), ...number(4, 0)];
    expect(decodeProtobuf(envelope('v1', 'ServiceAccount', raw))).toMatchObject({
      automountServiceAccountToken: false,
    });
    expect(decodeProtobuf(envelope('v1', 'DeleteOptions', number(1, 0)))).toMatchObject({ gracePeriodSeconds: 0 });
  });

  test('keeps keys like __proto__ as plain data', () => {
    const object = decodeProtobuf(envelope('v1', 'ConfigMap', entry(2, '__proto__', 'x')));
    expect(JSON.stringify(object['data'])).toBe('{"__proto__":"x"}');
  });

  test('reads times, negative numbers and integers beyond 2^53', () => {
    const token = [...bytes(2, [...number(4, 3600)]), ...bytes(3, bytes(2, number(1, 1_700_000_000)))];
    expect(decodeProtobuf(envelope('authentication.k8s.io/v1', 'TokenRequest', token))).toMatchObject({
      spec: { expirationSeconds: 3600 },
    });
    expect(decodeProtobuf(envelope('v1', 'DeleteOptions', number(1, -1)))).toMatchObject({ gracePeriodSeconds: -1 });
    expect(decodeProtobuf(envelope('v1', 'DeleteOptions', number(1, 2n ** 60n)))).toMatchObject({
      gracePeriodSeconds: 2n ** 60n,
    });
  });

  test('is refused when it holds a field that would be lost', () => {
    expect(() => decodeProtobuf(envelope('v1', 'ConfigMap', bytes(99, 'x')))).toThrow('field 99 of ConfigMap');
    expect(decodeProtobuf(envelope('v1', 'ConfigMap', bytes(99, '')))).toEqual({ apiVersion: 'v1', kind: 'ConfigMap' });
  });

  test('of a kind that is not read is refused by name', () => {
    expect(() => decodeProtobuf(envelope('v1', 'Node', []))).toThrow('does not read Node as protobuf');
  });

  test('that is cut off anywhere or not protobuf at all is an error, never a crash', () => {
    const whole = envelope('v1', 'ConfigMap', [...bytes(1, bytes(1, 'cm')), ...entry(2, 'a', 'b')]);
    for (let length = 0; length < whole.length; length += 1) {
      const outcome = ((): unknown => {
        try {
          return decodeProtobuf(whole.subarray(0, length));
        } catch (error) {
          return error;
        }
      })();
      expect(outcome instanceof ProtobufError || typeof outcome === 'object').toBe(true);
    }
    expect(() => decodeProtobuf(new TextEncoder().encode('{"kind":"ConfigMap"}'))).toThrow(ProtobufError);
    expect(() => decodeProtobuf(envelope('v1', 'ConfigMap', bytes(1, bytes(1, [0xff, 0xfe]))))).toThrow(ProtobufError);
  });
});
