import type { Json, JsonObject } from '@cartographer/machinery';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chain, configMap, resource, resourceLines, template, workload } from '../testing/builders.ts';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';
import { objectFault } from './object-fault.ts';

const QUOTE = (text: string) =>
  `quote it where it is set ("${text}") or put text around the tag, for a tag alone keeps the type of its value; in ytt use str()`;

const withMetadata = (metadata: Json): JsonObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata });

describe('what the machinery reads of an object must have its type', () => {
  const faulty: readonly (readonly [JsonObject, string])[] = [
    [
      withMetadata({ labels: { app: 'shop', version: 1.2 } }),
      `metadata.labels.version must be a text and is the number 1.2: ${QUOTE('1.2')}`,
    ],
    [withMetadata({ labels: { on: true } }), `metadata.labels.on must be a text and is true: ${QUOTE('true')}`],
    [
      withMetadata({ annotations: { 'a.b/size': 12345678901234567890n } }),
      `metadata.annotations.a.b/size must be a text and is the number 12345678901234567890: ${QUOTE('12345678901234567890')}`,
    ],
    [
      withMetadata({ labels: { none: null } }),
      'metadata.labels.none must be a text and is null: give it a value or take it out',
    ],
    [
      withMetadata({ labels: { deep: { a: [1] } } }),
      'metadata.labels.deep must be a text and is a map: read one value of it',
    ],
    [
      withMetadata({ annotations: { all: [1] } }),
      'metadata.annotations.all must be a text and is a list: read one value of it',
    ],
    [withMetadata({ labels: 'app=shop' }), 'metadata.labels must be a map and is a text'],
    [withMetadata({ labels: [] }), 'metadata.labels must be a map and is a list'],
    [withMetadata({ annotations: 5 }), 'metadata.annotations must be a map and is the number 5'],
    [withMetadata({ name: 5 }), `metadata.name must be a text and is the number 5: ${QUOTE('5')}`],
    [withMetadata({ generateName: false }), `metadata.generateName must be a text and is false: ${QUOTE('false')}`],
    [withMetadata({ namespace: 5 }), `metadata.namespace must be a text and is the number 5: ${QUOTE('5')}`],
    [withMetadata({ namespace: {} }), 'metadata.namespace must be a text and is a map: read one value of it'],
    [withMetadata({ finalizers: 'x' }), 'metadata.finalizers must be a list and is a text'],
    [
      withMetadata({ finalizers: ['a', 7] }),
      `metadata.finalizers[1] must be a text and is the number 7: ${QUOTE('7')}`,
    ],
    [withMetadata({ ownerReferences: {} }), 'metadata.ownerReferences must be a list and is a map'],
    [withMetadata({ ownerReferences: ['me'] }), 'metadata.ownerReferences[0] must be a map and is a text'],
    [withMetadata('x'), 'metadata must be a map and is a text'],
    [{ kind: 5 }, `kind must be a text and is the number 5: ${QUOTE('5')}`],
    [{ kind: 'A', apiVersion: 1 }, `apiVersion must be a text and is the number 1: ${QUOTE('1')}`],
  ];
  test.each(faulty.map(([object, fault]) => ({ object, fault })))('$fault', ({ object, fault }) => {
    expect(objectFault(object)).toBe(fault);
  });

  test.each<JsonObject>([
    {},
    { apiVersion: null, kind: null, metadata: null },
    withMetadata({
      name: null,
      generateName: null,
      namespace: null,
      labels: null,
      annotations: null,
      finalizers: null,
    }),
    withMetadata({ labels: { a: '' }, annotations: { b: 'c' }, finalizers: ['x/y'], ownerReferences: [{ uid: 5 }] }),
    // A server takes it, and our apply leaves it out.
    withMetadata({ annotations: { none: null } }),
    withMetadata({ uid: 5, more: 5 }),
  ])('and %j has no fault', (object) => {
    expect(objectFault(object)).toBeUndefined();
  });

  test('labels have no fault exactly when each is a text', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.jsonValue({ maxDepth: 2 }))), (labels) => {
        const sound = Object.values(labels).every((value) => typeof value === 'string');
        expect(objectFault(withMetadata({ labels: labels as JsonObject })) === undefined).toBe(sound);
      }),
    );
  });
});

test('a label that is a number is told with template, path and value, and nothing is written until it is a text', () => {
  const cluster = new SimulatedCluster();
  const { metadata, ...rest } = configMap('shop', { a: 'b' });
  const labels = { app: 'shop', version: '$(params.version)$' };
  const stamped = { ...rest, metadata: { ...(metadata as JsonObject), labels } };
  cluster.put(template('ClusterTemplate', 't', { template: stamped }));
  const chainWith = (version: Json) =>
    chain('web', [resource('only', 'ClusterTemplate', 't')], { params: [{ name: 'version', default: version }] });
  cluster.put(chainWith(1.2));
  cluster.put(workload('shop'));
  cluster.settle();
  expect(cluster.log.writes).toEqual([]);
  expect(resourceLines(cluster.get('Workload', 'shop'), 'only')[0]).toBe(
    `ResourceSubmitted False TemplateStampFailure: unable to stamp object for resource [only] for template [ClusterTemplate/t] in supply chain [web]: metadata.labels.version must be a text and is the number 1.2: ${QUOTE('1.2')}`,
  );
  cluster.put(chainWith('1.2'));
  cluster.settle();
  expect(cluster.get('ConfigMap', 'shop').metadata.labels).toMatchObject({ app: 'shop', version: '1.2' });
});
