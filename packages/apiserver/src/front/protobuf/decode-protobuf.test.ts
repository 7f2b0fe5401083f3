import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeProtobuf, ProtobufError, UnknownKindError } from './decode-protobuf.ts';
import { samples } from './testing/corpus.ts';

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

  test('shows what Go shows though it is not set, and only that', () => {
    const role = envelope('rbac.authorization.k8s.io/v1', 'Role', bytes(1, [...bytes(1, 'r'), ...zeroTime]));
    expect(decodeProtobuf(role)).toEqual({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'r' },
      rules: null,
    });
  });

  test('is read without the fields of a newer Kubernetes, whatever their type', () => {
    const unknown = [...bytes(99, 'x'), ...number(98, 7), ...varint((97 << 3) | 1), ...Array<number>(8).fill(1)];
    expect(decodeProtobuf(envelope('v1', 'ConfigMap', unknown))).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {},
    });
  });

  test('may leave its kind to the path', () => {
    const expected = { apiVersion: 'v1', kind: 'ConfigMap' };
    expect(decodeProtobuf(envelope('', '', bytes(1, bytes(1, 'cm'))), expected)).toEqual({
      ...expected,
      metadata: { name: 'cm' },
    });
  });

  test.each([
    ['v1', 'Node'],
    ['apps/v1', 'ConfigMap'],
    ['v1', 'PodSpec'],
    ['v1', ''],
    ['v1', '__proto__'],
  ])('of the kind "%s %s" is refused with what to send', (apiVersion, kind) => {
    expect(() => decodeProtobuf(envelope(apiVersion, kind, []))).toThrow(UnknownKindError);
    expect(() => decodeProtobuf(envelope(apiVersion, kind, []))).toThrow('as protobuf: send application/json');
  });

  test('merges the parts of a message that stands twice, and the last value of a field counts', () => {
    const raw = [
      ...bytes(1, [...bytes(1, 'a'), ...entry(11, 'x', '1')]),
      ...bytes(1, [...bytes(1, ''), ...bytes(3, 'ns'), ...entry(11, 'y', '2')]),
    ];
    expect(decodeProtobuf(envelope('v1', 'ConfigMap', raw))['metadata']).toEqual({
      namespace: 'ns',
      labels: { x: '1', y: '2' },
    });
  });

  test('takes packed numbers as single ones', () => {
    const groups = (content: number[]) =>
      decodeProtobuf(envelope('v1', 'Pod', bytes(2, [...bytes(14, content)])))['spec'];
    const one = groups([...number(4, 1), ...number(4, -2)]);
    expect(one).toMatchObject({ securityContext: { supplementalGroups: [1, -2] } });
    expect(groups(bytes(4, [...varint(1), ...varint(-2)]))).toEqual(one);
  });

  test('keeps a byte order mark inside a text', () => {
    const raw = entry(2, 'a', '\uFEFFx');
    expect(decodeProtobuf(envelope('v1', 'ConfigMap', raw))['data']).toEqual({ a: '\uFEFFx' });
  });
});

describe('a hostile protobuf body', () => {
  const configMap = (raw: readonly number[]): Uint8Array => envelope('v1', 'ConfigMap', raw);
  const schema = (depth: number): Uint8Array => {
    let content: Uint8Array = new Uint8Array(0);
    for (let level = 0; level < depth; level += 1) {
      content = Buffer.concat([new Uint8Array([...varint((26 << 3) | 2), ...varint(content.length)]), content]);
    }
    return content;
  };
  const crd = (depth: number): Uint8Array => {
    const inSchema = bytes(4, bytes(1, [...schema(depth)]));
    const raw = bytes(2, bytes(7, inSchema));
    return envelope('apiextensions.k8s.io/v1', 'CustomResourceDefinition', raw);
  };

  test.each<[what: string, body: Uint8Array, message: string]>([
    ['is JSON', new TextEncoder().encode('{"kind":"ConfigMap"}'), 'no k8s protobuf prefix'],
    ['is empty', new Uint8Array(0), 'no k8s protobuf prefix'],
    ['claims a huge length', configMap([...varint((1 << 3) | 2), ...varint(2n ** 63n)]), 'longer than the body'],
    ['holds a number without end', configMap([0x98, 0x06, ...Array<number>(11).fill(0xff)]), 'longer than ten bytes'],
    ['ends inside a number', configMap([0x80]), 'ends inside a number'],
    ['has field 0', configMap([2, 0]), 'the number 0'],
    ['has a wrong wire type', configMap(number(1, 7)), 'wire type 0, not 2'],
    ['has groups', configMap([...varint((99 << 3) | 3), 1]), 'is not supported'],
    ['holds a name that is not UTF-8', configMap(bytes(1, bytes(1, [0xff, 0xfe]))), 'malformed'],
    [
      'holds a quantity that is none',
      envelope('v1', 'LimitRange', bytes(2, bytes(1, bytes(2, [...bytes(1, 'a'), ...bytes(2, bytes(1, 'x!'))])))),
      '"x!" is no quantity',
    ],
    ['holds JSON that is none', configMap(bytes(1, bytes(17, bytes(7, bytes(1, '{'))))), 'malformed'],
    ['holds a time that no text can say', configMap(bytes(1, bytes(8, number(1, 2n ** 62n)))), 'years 1 to 9999'],
    ['nests ten thousand schemas', crd(3000), 'nested too deeply'],
  ])('that %s is refused', (_what, body, message) => {
    expect(() => decodeProtobuf(body)).toThrow(ProtobufError);
    expect(() => decodeProtobuf(body)).toThrow(message);
  });

  test('may nest schemas as deep as 190, no deeper than 210', () => {
    expect(() => decodeProtobuf(crd(190))).not.toThrow();
    expect(() => decodeProtobuf(crd(210))).toThrow('nested too deeply');
  });

  test('that would grow to more than a million values is refused', () => {
    const containers = (count: number): Uint8Array =>
      envelope('v1', 'Pod', bytes(2, Array.from({ length: count }, () => [0x12, 0x00]).flat()));
    expect(decodeProtobuf(containers(1000))['spec']).toMatchObject({ containers: { length: 1000 } });
    expect(() => decodeProtobuf(containers(500_000))).toThrow('more than 1000000 values');
  });

  test('that is cut off anywhere or changed at will ends in an object or an error that names itself', () => {
    const pod = samples.find(({ name }) => name === 'v1 Pod full');
    const whole = Buffer.from(pod?.protobuf ?? '', 'base64');
    const edits = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 });
    fc.assert(
      fc.property(fc.nat(whole.length), edits, (length, changes) => {
        const body = Uint8Array.from(whole);
        for (const [at, byte] of changes) body[at] = byte;
        const outcome = ((): unknown => {
          try {
            return decodeProtobuf(body.subarray(0, length));
          } catch (error) {
            return error;
          }
        })();
        expect(outcome instanceof ProtobufError || !(outcome instanceof Error)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
