import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import { SecretValues } from '../read/secret-values.ts';
import { alternation } from './alternation.ts';

const object = (spec: JsonObject, metadata: JsonObject = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name: 'a', ...metadata },
  spec,
});

const told = (before: JsonObject, after: JsonObject): string =>
  alternation(object(before), object(after), new SecretValues());

describe('what two renderings of an object say differently', () => {
  test.each<[JsonObject, JsonObject, string]>([
    [{ a: 1 }, { a: 2 }, 'spec.a: 1 ↔ 2'],
    [{ a: 'x' }, {}, 'spec.a: "x" ↔ nothing'],
    [{}, { a: { b: [1] } }, 'spec.a: nothing ↔ {"b":[1]}'],
    [{ list: [{ n: 1 }, { n: 2 }] }, { list: [{ n: 1 }, { n: 3 }] }, 'spec.list[1].n: 2 ↔ 3'],
    [{ list: [1] }, { list: [1, 2] }, 'spec.list: [1] ↔ [1,2]'],
    [{ theirs: 1, a: 1 }, { a: 2 }, 'spec.a: 1 ↔ 2'],
    [{}, { a: '', b: [], c: null }, ''],
    [{ a: 1 }, { a: 1 }, ''],
  ])('%j and %j: %s', (before, after, text) => {
    expect(told(before, after)).toBe(text);
  });

  test('is told for three fields at most', () => {
    const values = (value: number) => ({ a: value, b: value, c: value, d: value });
    expect(told(values(1), values(2))).toBe('spec.a: 1 ↔ 2, spec.b: 1 ↔ 2, spec.c: 1 ↔ 2, and more');
  });

  test('is told with eighty characters of each value at most', () => {
    const text = told({ a: 'x'.repeat(78) }, { a: 'y'.repeat(79) });
    expect(text).toBe(`spec.a: "${'x'.repeat(78)}" ↔ "${'y'.repeat(79)}…`);
  });

  test('leaves out what the server sets, the status and the mark of ours', () => {
    const digest = (value: string) => ({
      resourceVersion: value,
      annotations: { 'carto.run/stamp-digest': value, n: value },
    });
    const [before, after] = [object({}, digest('1')), object({}, digest('2'))];
    expect(alternation({ ...before, status: 1 }, { ...after, status: 2 }, new SecretValues())).toBe(
      'metadata.annotations.n: "1" ↔ "2"',
    );
  });

  test('keeps back what a Secret holds, and what was read from one before it is cut', () => {
    const secret = (value: string): KubeObject => ({ ...object({}), kind: 'Secret', data: { key: value } });
    const secrets = new SecretValues();
    expect(alternation(secret('a'), secret('b'), secrets)).toBe('data.key: [redacted] ↔ [redacted]');
    const long = 'z'.repeat(200);
    secrets.add(long);
    expect(alternation(object({ a: `x${long}` }), object({ a: 1 }), secrets)).toBe('spec.a: "x[redacted]" ↔ 1');
  });
});
