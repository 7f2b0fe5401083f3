import { describe, expect, it } from 'vitest';
import { gadget, gadgetSchema } from '../testing/gadget.ts';
import type { Json, JsonObject } from '../values/json.ts';
import { getPath } from '../values/json.ts';
import { encodeFieldSet } from './field-set.ts';
import { hasLastApplied, ownedThroughLastApplied, withLastApplied } from './last-applied.ts';
import { mergeSchemaOf } from './merge-schema.ts';

const ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';
const schema = mergeSchemaOf(gadgetSchema);
const annotated = (value: Json, spec: JsonObject = {}): JsonObject =>
  gadget({ metadata: { annotations: { [ANNOTATION]: value } }, spec });

/** What kubectl owns of an object with this spec by an annotation that holds another. */
function owned(lastApplied: Json, spec: JsonObject, apiVersion = 'probe.test/v1'): JsonObject {
  const text = typeof lastApplied === 'string' ? lastApplied : JSON.stringify(lastApplied);
  return encodeFieldSet(ownedThroughLastApplied({ live: annotated(text, spec), schema, apiVersion }));
}

describe('what kubectl owns by its annotation', () => {
  const SYSTEM = { 'f:apiVersion': {}, 'f:kind': {}, 'f:metadata': { 'f:name': {} } };

  it('is what it set and what still holds that value, no more', () => {
    const lastApplied = gadget({ spec: { n: 1, s: 'mine', num: 2, m: { a: '1', b: '1' } } });
    expect(owned(lastApplied, { n: 1, s: 'theirs', m: { a: '1', b: '2', c: '3' }, d: 'x' })).toEqual({
      ...SYSTEM,
      'f:spec': { 'f:n': {}, 'f:m': { 'f:a': {} } },
    });
  });

  it.each<[string, Json]>([
    ['is empty', ''],
    ['is no JSON', '{'],
    ['is no object', '[1]'],
    ['is of another version', { ...gadget({ spec: { n: 1 } }), apiVersion: 'probe.test/v2' }],
    ['nests too deep', `{"apiVersion":"probe.test/v1","spec":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}`],
  ])('is nothing where it %s', (_what, value) => {
    expect(owned(value, { n: 1 })).toEqual({});
  });

  it('is nothing where there is none, or no object', () => {
    expect(encodeFieldSet(ownedThroughLastApplied({ live: gadget({}), schema, apiVersion: 'probe.test/v1' }))).toEqual(
      {},
    );
    expect(encodeFieldSet(ownedThroughLastApplied({ schema, apiVersion: 'probe.test/v1' }))).toEqual({});
    expect(
      encodeFieldSet(ownedThroughLastApplied({ live: annotated(5), schema, apiVersion: 'probe.test/v1' })),
    ).toEqual({});
  });

  it('is looked for only where there is an annotation, be it empty', () => {
    expect([annotated('x'), annotated(''), gadget({}), undefined].map((object) => hasLastApplied(object))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('the annotation that is written', () => {
  const annotationOf = (object: JsonObject): Json | undefined => getPath(object, 'metadata', 'annotations', ANNOTATION);

  it('says what was applied, without itself and without managed fields', () => {
    const annotations = { [ANNOTATION]: 'old', a: 'b' };
    const applied = gadget({ metadata: { annotations, managedFields: [] }, spec: { n: 1 } });
    expect(annotationOf(withLastApplied(gadget({}), applied))).toBe(
      '{"apiVersion":"probe.test/v1","kind":"Gadget","metadata":{"annotations":{"a":"b"},"name":"s1"},"spec":{"n":1}}\n',
    );
    expect(applied).toEqual(gadget({ metadata: { annotations, managedFields: [] }, spec: { n: 1 } }));
  });

  it('has no annotations where itself was the only one', () => {
    const applied = gadget({ metadata: { annotations: { [ANNOTATION]: 'old' } } });
    expect(annotationOf(withLastApplied(gadget({}), applied))).toBe(
      '{"apiVersion":"probe.test/v1","kind":"Gadget","metadata":{"name":"s1"}}\n',
    );
  });

  it('leaves the rest of the object, and the object itself where it says so already', () => {
    const object = gadget({ metadata: { labels: { l: '1' }, annotations: { a: 'b' } }, spec: { n: 1 } });
    const first = withLastApplied(object, gadget({ spec: { n: 1 } }));
    expect(first).toMatchObject({
      metadata: { name: 's1', labels: { l: '1' }, annotations: { a: 'b' } },
      spec: { n: 1 },
    });
    expect(withLastApplied(first, gadget({ spec: { n: 1 } }))).toBe(first);
    expect(withLastApplied(first, gadget({ spec: { n: 2 } }))).not.toBe(first);
  });

  it('is written where there is no metadata yet', () => {
    expect(annotationOf(withLastApplied({}, { spec: 1 }))).toBe('{"spec":1}\n');
  });

  it('may be 256 KiB long, and is empty beyond', () => {
    const frame = '{"s":""}\n'.length;
    const of = (length: number): Json | undefined => annotationOf(withLastApplied({}, { s: 'x'.repeat(length) }));
    expect(of(262_144 - frame)).toHaveLength(262_144);
    expect(of(262_144 - frame + 1)).toBe('');
    expect(annotationOf(withLastApplied({}, { s: 'é'.repeat(131_072) }))).toBe('');
  });
});
