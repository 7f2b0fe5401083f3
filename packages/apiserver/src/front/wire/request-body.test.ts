import { describe, expect, test } from 'vitest';

import { decodeObjectBody, decodePatchBody } from './request-body.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a request body', () => {
  test('keeps integers beyond 2^53 and tells which keys stood twice', () => {
    expect(decodeObjectBody(bytes('{"n":9007199254740993,"a":{"b":1,"b":2}}'), 'application/json', 'X')).toEqual({
      value: { n: 9007199254740993n, a: { b: 2 } },
      duplicateFields: ['a.b'],
    });
  });

  test('may be YAML with kubectl’s scalars', () => {
    expect(decodeObjectBody(bytes('on: yes\n'), 'application/yaml', 'X').value).toEqual({ true: true });
  });

  test('in YAML has the line breaks of YAML 1.1, as a real server reads them', () => {
    const text = "a: 'x\u2028    y'\nb: |-\n  x\u2029  y\nc: x\u0085  y\n";
    const value = { a: 'x\u2028y', b: 'x\u2029y', c: 'x y' };
    expect(decodeObjectBody(bytes(text), 'application/yaml', 'X').value).toEqual(value);
    expect(decodePatchBody(bytes(text), true).value).toEqual(value);
  });

  test.each([
    ['{"a":', 'unexpected end of JSON input'],
    ['{', 'unexpected end of JSON input'],
    ['', 'unexpected end of JSON input'],
  ])('that is cut off (%s) is refused in Go’s words', (text, message) => {
    expect(() => decodePatchBody(bytes(text), false)).toThrow(`error decoding patch: ${message}`);
    expect(() => decodeObjectBody(bytes(text), undefined, 'Gadget')).toThrow(
      `the object provided is unrecognized (must be of type Gadget): couldn't get version/kind; json parse error: ${message} (${text})`,
    );
  });

  test('that is not UTF-8 is refused and named', () => {
    const body = new Uint8Array([0x7b, 0xc3, 0x28, 0x7d]);
    expect(() => decodeObjectBody(body, 'application/json', 'X')).toThrow('the request body is not valid UTF-8');
    expect(() => decodePatchBody(body, true)).toThrow('the request body is not valid UTF-8');
  });

  test('that is huge and broken is quoted in part only', () => {
    const attempt = (): unknown => decodeObjectBody(bytes(`{"a":"${'x'.repeat(100_000)}`), 'application/json', 'X');
    expect(attempt).toThrow(/^.{0,800}$/s);
  });

  test('of a patch for server-side apply may be YAML or JSON', () => {
    expect(decodePatchBody(bytes('a: 1\n'), true).value).toEqual({ a: 1 });
    expect(decodePatchBody(bytes('{"a":1}'), true).value).toEqual({ a: 1 });
  });

  test.each([
    [
      'a custom resource',
      undefined,
      'v1',
      'Gadget',
      'accepted media types include: application/json, application/yaml',
    ],
    [
      'a kind that is not known as protobuf',
      'v1',
      'v1',
      'Node',
      'does not read v1 Node as protobuf: send application/json',
    ],
  ])('in protobuf is refused with 415 for %s', (_what, binaryVersion, apiVersion, kind, message) => {
    const type = [...bytes(`\n\x02${apiVersion}\x12`), kind.length, ...bytes(kind)];
    const body = new Uint8Array([...bytes('k8s\0\n'), type.length, ...type]);
    const attempt = (): unknown => decodeObjectBody(body, 'application/vnd.kubernetes.protobuf', kind, binaryVersion);
    expect(attempt).toThrow(expect.objectContaining({ status: expect.objectContaining({ code: 415 }) }));
    expect(attempt).toThrow(message);
  });
});
