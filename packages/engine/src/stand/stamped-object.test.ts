import { STAMP_DIGEST_ANNOTATION } from '@cartographer/api';
import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import { valueDigest } from '../paths/digests.ts';
import { workload } from '../testing/builders.ts';
import type { StampedObject } from './stamped-object.ts';
import { stampDigestOf, stampObject } from './stamped-object.ts';

const owner = workload('shop', {}, { uid: 'u1' });
const labels = { 'carto.run/workload-name': 'shop' };

function stamped(rendered: JsonObject, of: KubeObject = owner, by: Record<string, string> = labels): StampedObject {
  const stamping = stampObject(rendered, of, by);
  if (stamping.kind === 'faulty') throw new Error(stamping.message);
  return stamping.stamped;
}

const thing = (metadata: JsonObject, more: JsonObject = {}): JsonObject => ({
  apiVersion: 'golden.test/v1',
  kind: 'Thing',
  metadata,
  ...more,
});

describe('a stamped object', () => {
  test('has one owner reference, that of its owner, whatever the template says', () => {
    const { object } = stamped(thing({ name: 'a', ownerReferences: [{ uid: 'other', name: 'x', kind: 'Pod' }] }));
    expect(object.metadata.ownerReferences).toEqual([
      {
        apiVersion: 'carto.run/v1alpha1',
        kind: 'Workload',
        name: 'shop',
        uid: 'u1',
        controller: true,
        blockOwnerDeletion: true,
      },
    ]);
  });

  test('has the labels and annotations of its template beside ours, which win', () => {
    const mine = { app: 'x', 'carto.run/workload-name': 'forged' };
    const annotations = { note: 'y', [STAMP_DIGEST_ANNOTATION]: 'forged' };
    const { object, digest } = stamped(thing({ name: 'a', labels: mine, annotations }));
    expect(object.metadata.labels).toEqual({ app: 'x', 'carto.run/workload-name': 'shop' });
    expect(object.metadata.annotations).toEqual({ note: 'y', [STAMP_DIGEST_ANNOTATION]: digest });
    expect(stampDigestOf(object)).toBe(digest);
  });

  test('is in the namespace of its owner, which its template may name', () => {
    for (const metadata of [{ name: 'a' }, { name: 'a', namespace: '' }, { name: 'a', namespace: 'team' }]) {
      expect(stamped(thing(metadata))).toMatchObject({
        namespace: 'team',
        object: { metadata: { namespace: 'team' } },
      });
    }
    expect(stampObject(thing({ name: 'a', namespace: 'other' }), owner, labels)).toEqual({
      kind: 'faulty',
      message: 'cannot set namespace in resource template',
    });
  });

  test('keeps what its template says beside metadata, and of metadata all that a user may set', () => {
    const rest = { spec: { x: null, y: [] }, data: { k: 'v' }, status: { s: 1 } };
    const { object } = stamped(thing({ name: 'a', generateName: 'a-', finalizers: ['f'] }, rest));
    expect(object).toMatchObject({ apiVersion: 'golden.test/v1', kind: 'Thing', ...rest });
    expect(object.metadata).toMatchObject({ name: 'a', generateName: 'a-', finalizers: ['f'] });
  });

  test.each([
    'uid',
    'resourceVersion',
    'generation',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'selfLink',
    'managedFields',
  ])('does not keep metadata.%s, which a server sets', (field) => {
    const { object, digest } = stamped(thing({ name: 'a', [field]: null }));
    expect(object.metadata).not.toHaveProperty(field);
    expect(digest).toBe(stamped(thing({ name: 'a' })).digest);
  });

  test('tells its names, empty where it has none', () => {
    expect(stamped(thing({ name: 'a', generateName: 'b-' }))).toMatchObject({
      apiVersion: 'golden.test/v1',
      kind: 'Thing',
      name: 'a',
      generateName: 'b-',
    });
    expect(stamped({})).toMatchObject({ apiVersion: '', kind: '', name: '', generateName: '', namespace: 'team' });
  });

  test('leaves what was rendered as it was', () => {
    const rendered = thing({ name: 'a', uid: 'x', labels: { app: 'x' } });
    const before = JSON.stringify(rendered);
    stamped(rendered);
    expect(JSON.stringify(rendered)).toBe(before);
  });
});

describe('the digest', () => {
  const plain = thing({ name: 'a', annotations: { note: 'y' } }, { spec: { x: 1 } });
  const { digest, object } = stamped(plain);

  test('covers all that is sent but the annotation that holds it', () => {
    const { annotations: _annotations, ...metadata } = object.metadata;
    const without = { ...object, metadata: { ...metadata, annotations: { note: 'y' } } };
    expect(digest).toBe(valueDigest(without));
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
  });

  test('does not hang on the order of keys', () => {
    const { metadata, spec, ...rest } = plain;
    expect(stamped({ spec, metadata, ...rest }).digest).toBe(digest);
  });

  test.each<[string, StampedObject]>([
    ['a field', stamped({ ...plain, spec: { x: 2 } })],
    ['a field more', stamped({ ...plain, data: {} })],
    ['an annotation of the template', stamped({ ...plain, metadata: { name: 'a', annotations: { note: 'z' } } })],
    [
      'a label of the template',
      stamped({ ...plain, metadata: { ...(plain['metadata'] as JsonObject), labels: { a: 'b' } } }),
    ],
    ['a label of ours', stamped(plain, owner, { 'carto.run/workload-name': 'other' })],
    ['another life of the owner', stamped(plain, workload('shop', {}, { uid: 'u2' }))],
    ['the version of the kind', stamped({ ...plain, apiVersion: 'golden.test/v2' })],
  ])('is another with another of %s', (_what, other) => {
    expect(other.digest).not.toBe(digest);
  });
});

test('an object without annotations was not stamped', () => {
  expect(stampDigestOf({ apiVersion: 'v1', kind: 'ConfigMap', metadata: {} })).toBeUndefined();
});
