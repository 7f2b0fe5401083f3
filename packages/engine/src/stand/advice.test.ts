import type { JsonObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import {
  chain,
  configMap,
  deliverable,
  delivery,
  ownerLines,
  resourceLines,
  template,
  thing,
  workload,
} from '../testing/builders.ts';
import { oneStep } from '../testing/one-step.ts';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';

const CHAIN = 'ClusterSupplyChain';

/** The warnings of one reconcile of the workload `shop`, as `Warning Reason: message`; each as long as it stands. */
function warnings(cluster: SimulatedCluster, kind = 'Workload'): readonly string[] {
  cluster.settle();
  const { events } = cluster.reconcile(cluster.get(kind, 'shop'));
  return events
    .filter(({ type }) => type === 'Warning')
    .map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
}

const named = (metadata: JsonObject): JsonObject => ({ template: { ...configMap('', {}), metadata } });

describe('a mutable object without a name', () => {
  test.each<[string, JsonObject, string]>([
    [
      'but a generateName',
      { generateName: 'a-' },
      'sets metadata.generateName, which needs `lifecycle: immutable` or `lifecycle: tekton`; set one of these, or metadata.name',
    ],
    ['at all', {}, 'sets no metadata.name, or an empty one; set it, to $(workload.metadata.name)$ for example'],
  ])('%s is told apart, under the same condition', (_what, metadata, what) => {
    const cluster = oneStep(named(metadata));
    expect(warnings(cluster)).toEqual([
      `Warning TemplateRejectedByAPIServer: [only] template [ClusterTemplate/t] ${what}`,
    ]);
    expect(resourceLines(cluster.get('Workload', 'shop'), 'only')[0]).toMatch(/resource name may not be empty$/);
  });
});

describe('a ytt template', () => {
  test.each([
    [
      '',
      'TemplateRejectedByAPIServer',
      'renders nothing: it has no document, or the first one is empty; look at the conditions around its content',
    ],
    [
      '---\n',
      'TemplateRejectedByAPIServer',
      'renders nothing: it has no document, or the first one is empty; look at the conditions around its content',
    ],
    ['- a\n', 'TemplateStampFailure', 'renders a list where one object with apiVersion and kind is expected'],
    ['5\n', 'TemplateStampFailure', 'renders a number where one object with apiVersion and kind is expected'],
  ])('that prints %j says what it gave', (output, reason, what) => {
    const cluster = oneStep({ ytt: 'x' });
    cluster.render = () => ({ kind: 'rendered', output });
    expect(warnings(cluster)).toEqual([`Warning ${reason}: [only] template [ClusterTemplate/t] ${what}`]);
  });
});

describe('blueprints that fit equally well', () => {
  test('are named, supply chains', () => {
    const cluster = oneStep(named({ name: 'a' }));
    cluster.put(chain('more', []));
    expect(warnings(cluster)).toEqual([
      `Warning MultipleSupplyChainMatches: [Workload/shop] fits each ${CHAIN} of [more, web] equally well; make the selector of one more exact`,
    ]);
    expect(ownerLines(cluster.get('Workload', 'shop'))[0]).toBe(
      "SupplyChainReady False MultipleSupplyChainMatches: workload may only match a single supply chain's selector",
    );
  });

  test('are named, deliveries, five of them', () => {
    const cluster = new SimulatedCluster();
    for (const name of ['g', 'f', 'e', 'd', 'c', 'b', 'a']) cluster.put(delivery(name, []));
    cluster.put(deliverable('shop'));
    expect(warnings(cluster, 'Deliverable')).toEqual([
      'Warning MultipleDeliveryMatches: [Deliverable/shop] fits each ClusterDelivery of [a, b, c, d, e, and 2 more] equally well; make the selector of one more exact',
    ]);
  });
});

describe('an owner without labels', () => {
  const fields = { selector: {}, selectorMatchFields: [{ key: 'spec.serviceAccountName', operator: 'Exists' }] };
  const spec = { serviceAccountName: 'builder' };

  test('is told which supply chain it would fit', () => {
    const cluster = oneStep(named({ name: 'a' }), { owner: workload('shop', spec, { labels: {} }) });
    cluster.put(chain('by-field', [], fields));
    expect(warnings(cluster)).toEqual([
      `Warning WorkloadLabelsMissing: [Workload/shop] would fit ${CHAIN} [by-field], but what has no labels is never matched; add a label, any will do`,
    ]);
    expect(ownerLines(cluster.get('Workload', 'shop'))[0]).toBe(
      'SupplyChainReady False WorkloadLabelsMissing: workload has no labels to match to supply chain',
    );
  });

  test('is told which delivery it would fit', () => {
    const cluster = new SimulatedCluster();
    cluster.put({ ...chain('by-field', [], fields), kind: 'ClusterDelivery' });
    cluster.put({ ...workload('shop', spec, { labels: {} }), kind: 'Deliverable' });
    expect(warnings(cluster, 'Deliverable')).toEqual([
      'Warning DeliverableLabelsMissing: [Deliverable/shop] would fit ClusterDelivery [by-field], but what has no labels is never matched; add a label, any will do',
    ]);
  });

  test('and without a blueprint that would fit is told no more than that', () => {
    expect(warnings(oneStep(named({ name: 'a' }), { owner: workload('shop', {}, { labels: {} }) }))).toEqual([]);
  });
});

describe('a name that cannot be a label', () => {
  const long = 'a'.repeat(64);
  const tooLong = 'must be no more than 63 characters; choose another name';
  const refused = (cluster: SimulatedCluster, kind: string, name: string): string => {
    cluster.refusal = () => ({ kind: 'refused', code: 422, message: 'metadata.labels: Invalid value' });
    cluster.settle();
    return ownerLines(cluster.get(kind, name)).join('\n');
  };

  test.each([
    ['owner', oneStep(named({ name: 'a' }), { owner: workload(long) }), long, 'carto.run/workload-name'],
    ['template', oneStep(named({ name: 'a' }), { name: long }), 'shop', 'carto.run/cluster-template-name'],
  ])('is told with the refusal, of the %s', (_what, cluster, owner, label) => {
    expect(refused(cluster, 'Workload', owner)).toContain(
      `metadata.labels: Invalid value; each stamped object carries the label [${label}], whose value is the name [${long}]: ${tooLong}`,
    );
  });

  test('is told with the refusal, of a Runnable', () => {
    const cluster = new SimulatedCluster();
    cluster.put(
      template('ClusterRunTemplate', 'run', { template: { ...thing('', {}), metadata: { generateName: 'r-' } } }),
    );
    const spec = { runTemplateRef: { name: 'run' } };
    cluster.put({ apiVersion: 'carto.run/v1alpha1', kind: 'Runnable', metadata: { name: long }, spec });
    expect(refused(cluster, 'Runnable', long)).toContain(
      `the label [carto.run/runnable-name], whose value is the name [${long}]: ${tooLong}`,
    );
  });

  test('says nothing where names fit', () => {
    expect(
      refused(oneStep(named({ name: 'a' }), { owner: workload('a'.repeat(63)) }), 'Workload', 'a'.repeat(63)),
    ).not.toContain('label [');
  });
});

test('a Runnable that selects several objects is told which', () => {
  const cluster = new SimulatedCluster();
  for (const name of ['two', 'one']) {
    cluster.put({
      ...configMap(name, {}),
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, labels: { pick: 'me' } },
    });
  }
  cluster.put(template('ClusterRunTemplate', 'run', { template: thing('', {}) }));
  const selector = { resource: { apiVersion: 'v1', kind: 'ConfigMap' }, matchingLabels: { pick: 'me' } };
  const spec = { runTemplateRef: { name: 'run' }, selector };
  cluster.put({ apiVersion: 'carto.run/v1alpha1', kind: 'Runnable', metadata: { name: 'shop' }, spec });
  expect(warnings(cluster, 'Runnable')).toEqual([
    'Warning TemplateStampFailure: the selector matches 2 objects of [configmaps], where one is expected: [one, two]; make it more exact',
  ]);
});
