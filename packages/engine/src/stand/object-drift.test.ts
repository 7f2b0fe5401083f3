import type { JsonObject, KubeObject, OwnerReference } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import { thing, workload } from '../testing/builders.ts';
import { foreignController, hasDrifted, isNothing, projectionDigest } from './object-drift.ts';

const object = (metadata: JsonObject, rest: JsonObject = {}): KubeObject => ({
  apiVersion: 'golden.test/v1',
  kind: 'Thing',
  metadata,
  ...rest,
});
const withSpec = (spec: JsonObject): KubeObject => object({ name: 'a' }, { spec });

describe('a field of ours', () => {
  test.each<[string, JsonObject, JsonObject, boolean]>([
    ['is the same', { a: { b: [1, 'x', true] } }, { a: { b: [1, 'x', true] } }, false],
    ['is another', { a: 1 }, { a: 2 }, true],
    ['is of another type', { a: 1 }, { a: '1' }, true],
    ['is gone', { a: 1 }, {}, true],
    ['is null on the server', { a: 1 }, { a: null }, true],
    ['is false and gone', { a: false }, {}, true],
    ['is 0 and gone', { a: 0 }, {}, true],
    ['is another deep in a map', { a: { b: { c: 1, d: 2 } } }, { a: { b: { c: 1, d: 3 } } }, true],
    ['is one of a map of which others have more', { a: { b: 1 } }, { a: { b: 1, theirs: 2 }, more: 3 }, false],
    ['is the last of a map to differ', { a: 1, b: 2 }, { a: 1, b: 3 }, true],
    ['is the first of a map to differ', { a: 1, b: 2 }, { a: 0, b: 2 }, true],
    ['is called as one of metadata is that is not compared', { name: 'a' }, { name: 'b' }, true],
    ['is called as a set of metadata is', { finalizers: ['a'] }, { finalizers: ['theirs', 'a'] }, true],
    ['is a map where a text stands', { a: { b: 1 } }, { a: 'b' }, true],
    ['is a map where a list stands', { a: { b: 1 } }, { a: [1] }, true],
    ['is a map where null stands', { a: { b: 1 } }, { a: null }, true],
    ['is a list where a map stands', { a: ['b'] }, { a: { 0: 'b' } }, true],
    ['is a text where a list stands', { a: 'b' }, { a: ['b'] }, true],
    ['is null and left out', { a: null }, {}, false],
    ['is null and null', { a: null }, { a: null }, false],
    ['is null and empty', { a: null }, { a: {} }, false],
    ['is null where a value stands', { a: null }, { a: 1 }, true],
    ['is an empty map and left out', { a: {} }, {}, false],
    ['is an empty list and left out', { a: [] }, {}, false],
    ['is a map of nothing and left out', { a: { b: null, c: {} } }, {}, false],
    ['is a map of something and left out', { a: { b: null, c: 1 } }, {}, true],
    ['is a list of something and left out', { a: [null] }, {}, true],
  ])('%s: %j, live %j: drifted %s', (_what, desired, live, drifted) => {
    expect(hasDrifted(withSpec(desired), withSpec(live))).toBe(drifted);
  });
});

describe('a list of ours', () => {
  const containers = (...items: JsonObject[]): JsonObject => ({ containers: items });
  test.each<[string, JsonObject, JsonObject, boolean]>([
    ['of maps has defaults in an item', containers({ name: 'a', v: 1 }), containers({ name: 'a', v: 1, d: 0 }), false],
    ['of maps has another value', containers({ name: 'a', v: 1 }), containers({ name: 'a', v: 2 }), true],
    [
      'of maps has another value in the last item alone',
      containers({ name: 'a', v: 1 }, { name: 'b', v: 1 }),
      containers({ name: 'a', v: 1 }, { name: 'b', v: 2 }),
      true,
    ],
    ['of maps misses an item', containers({ name: 'a' }, { name: 'b' }), containers({ name: 'a' }), true],
    ['of maps has an item more', containers({ name: 'a' }), containers({ name: 'a' }, { name: 'b' }), true],
    [
      'of maps is in another order',
      containers({ name: 'a' }, { name: 'b' }),
      containers({ name: 'b' }, { name: 'a' }),
      true,
    ],
    ['of texts misses one', { args: ['a', 'b'] }, { args: ['a'] }, true],
    ['of texts has one more', { args: ['a'] }, { args: ['a', 'b'] }, true],
    ['of texts is in another order', { args: ['a', 'b'] }, { args: ['b', 'a'] }, true],
    ['of lists differs deep inside', { grid: [[1], [2]] }, { grid: [[1], [3]] }, true],
    ['is empty and somebody filled it', { args: [] }, { args: ['a'] }, true],
  ])('%s: %j, live %j: drifted %s', (_what, desired, live, drifted) => {
    expect(hasDrifted(withSpec(desired), withSpec(live))).toBe(drifted);
  });
});

describe('metadata', () => {
  const us = { uid: 'us', name: 'shop', kind: 'Workload' };
  const other = { uid: 'other', name: 'x', kind: 'Pod' };
  test.each<[string, JsonObject, JsonObject, boolean]>([
    ['has a finalizer of others', {}, { finalizers: ['theirs'] }, false],
    ['has a finalizer of others beside ours', { finalizers: ['ours'] }, { finalizers: ['theirs', 'ours'] }, false],
    ['misses our finalizer', { finalizers: ['ours'] }, { finalizers: ['theirs'] }, true],
    ['misses one of our finalizers', { finalizers: ['ours', 'too'] }, { finalizers: ['ours'] }, true],
    ['misses all finalizers', { finalizers: ['ours'] }, {}, true],
    ['has an owner of others beside ours', { ownerReferences: [us] }, { ownerReferences: [other, us] }, false],
    ['misses our owner reference', { ownerReferences: [us] }, { ownerReferences: [other] }, true],
    [
      'has our owner reference without its being the controller',
      { ownerReferences: [{ ...us, controller: true }] },
      { ownerReferences: [us] },
      true,
    ],
    [
      'has a label and an annotation of others',
      { labels: { a: '1' } },
      { labels: { a: '1', b: '2' }, annotations: { n: 'y' } },
      false,
    ],
    ['has another value of our label', { labels: { a: '1' } }, { labels: { a: '2' } }, true],
    ['misses our label', { labels: { a: '1' } }, { labels: { b: '1' } }, true],
    ['has another value of our annotation', { annotations: { a: '1' } }, { annotations: { a: '2' } }, true],
    ['has nulls where sets are', { finalizers: null, ownerReferences: null }, {}, false],
    ['has the name that the server made', { generateName: 'a-' }, { name: 'a-1', namespace: 'team' }, false],
    [
      'has another name and prefix, by which nothing is compared',
      { name: 'a', namespace: 'b', generateName: 'c' },
      {},
      false,
    ],
  ])('%s: %j, live %j: drifted %s', (_what, desired, live, drifted) => {
    expect(hasDrifted(object(desired), object(live))).toBe(drifted);
  });

  test('that is no map has drifted', () => {
    expect(hasDrifted(object({ name: 'a' }), object('x' as never))).toBe(true);
  });
});

describe('an object', () => {
  test('does not drift by its status, nor by the version that it is shown at', () => {
    const desired = object({}, { spec: { a: 1 }, status: { ours: 1 } });
    const live = { ...object({}, { spec: { a: 1 }, status: { theirs: 1 } }), apiVersion: 'golden.test/v2' };
    expect(hasDrifted(desired, live)).toBe(false);
    expect(hasDrifted({ ...desired, data: {}, type: 'x' }, live)).toBe(true);
  });

  test('is compared again with another plan, whatever was found for the one before', () => {
    const live = withSpec({ a: 1 });
    expect([1, 2, 1].map((a) => hasDrifted(withSpec({ a }), live))).toEqual([false, true, false]);
  });
});

test.each([
  [undefined, true],
  [null, true],
  ['', true],
  [[], true],
  [{}, true],
  [{ a: null, b: { c: '' } }, true],
  [{ a: null, b: 1 }, false],
  [{ b: 1, a: null }, false],
  [[null], false],
  ['x', false],
  [0, false],
  [false, false],
])('%j says nothing: %s', (value, nothing) => {
  expect(isNothing(value)).toBe(nothing);
});

describe('the digest of what a live object holds of ours', () => {
  const desired = object({ name: 'a' }, { spec: { cpu: '1000m', list: [{ n: 1 }], none: 1 }, status: { s: 1 } });
  const digest = (spec: JsonObject, status: JsonObject = {}): string =>
    projectionDigest(desired, object({ name: 'a' }, { spec, status }));
  const before = digest({ cpu: '1', list: [{ n: 2 }] });

  test.each<[string, JsonObject, boolean]>([
    ['a field of others', { cpu: '1', list: [{ n: 2 }], theirs: 1 }, true],
    ['a field of others in an item', { cpu: '1', list: [{ n: 2, theirs: 1 }] }, true],
    ['null for what was not there', { cpu: '1', list: [{ n: 2 }], none: null }, true],
    ['another value', { cpu: '2', list: [{ n: 2 }] }, false],
    ['another value in an item', { cpu: '1', list: [{ n: 3 }] }, false],
    ['an item more', { cpu: '1', list: [{ n: 2 }, { n: 3 }] }, false],
    ['no list', { cpu: '1' }, false],
    ['a value for what was not there', { cpu: '1', list: [{ n: 2 }], none: 1 }, false],
  ])('with %s is the same: %s', (_what, spec, same) => {
    expect(digest(spec) === before).toBe(same);
  });

  test('does not cover the status', () => {
    expect(digest({ cpu: '1', list: [{ n: 2 }] }, { s: 2 })).toBe(before);
  });
});

describe('a foreign controller', () => {
  const owner = workload('shop', {}, { uid: 'now' });
  const reference = (more: Partial<OwnerReference>): OwnerReference => ({
    apiVersion: 'carto.run/v1alpha1',
    kind: 'Workload',
    name: 'other',
    uid: 'other',
    controller: true,
    ...more,
  });
  test.each<[string, Partial<OwnerReference>, boolean]>([
    ['another owner', {}, true],
    ['another owner that does not control', { controller: false }, false],
    ['an owner of which it is not said', { controller: undefined }, false],
    ['the owner', { name: 'shop', uid: 'now' }, false],
    ['an earlier life of the owner', { name: 'shop', uid: 'then' }, false],
    [
      'an earlier life of the owner at another version',
      { name: 'shop', uid: 'then', apiVersion: 'carto.run/v1' },
      false,
    ],
    ['another kind of the same name', { name: 'shop', kind: 'Deliverable' }, true],
    ['the same kind and name of another group', { name: 'shop', apiVersion: 'other.run/v1alpha1' }, true],
  ])('is found for %s: %j: %s', (_what, more, found) => {
    const entry = reference(more);
    const live = { ...thing('a', {}), metadata: { ownerReferences: [entry] } };
    expect(foreignController(live, owner)).toBe(found ? entry : undefined);
  });

  test('is found behind references of others, and not where there is none', () => {
    const entry = reference({});
    const references = [reference({ uid: 'now' }), reference({ controller: false }), entry];
    expect(foreignController(object({ ownerReferences: references }), owner)).toBe(entry);
    expect(foreignController(object({}), owner)).toBeUndefined();
  });
});
