import type { JsonObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import {
  chain,
  ownerLines,
  resource,
  resourceEntry,
  resourceLines,
  template,
  thing,
  workload,
} from '../testing/builders.ts';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';

const via = (value: string): JsonObject => ({ selector: { matchLabels: { via: value } } });

/** Scenario 26: a source; a resource that passes it through or stamps its own; and one that reads from that. */
function passing(kind = 'ClusterSourceTemplate', options: readonly JsonObject[] = []): SimulatedCluster {
  const cluster = new SimulatedCluster();
  const paths = { urlPath: '.status.url', revisionPath: '.status.revision' };
  cluster.put(template('ClusterSourceTemplate', 's', { ...paths, template: thing('app', {}) }));
  const alt = thing('alt', {}, { status: { url: 'u://alt', revision: 'alt' } });
  cluster.put(template('ClusterSourceTemplate', 'alt', { ...paths, template: alt }));
  cluster.put(template('ClusterTemplate', 'd', { template: thing('down', { u: '$(source.url)$' }) }));
  const choices = [{ passThrough: 'in', ...via('pass') }, { name: 'alt', ...via('template') }, ...options];
  cluster.put(
    chain('web', [
      resource('src', 'ClusterSourceTemplate', 's'),
      { name: 'mid', templateRef: { kind, options: choices }, sources: [{ name: 'in', resource: 'src' }] },
      resource('down', 'ClusterTemplate', 'd', { sources: [{ name: 'x', resource: 'mid' }] }),
    ]),
  );
  label(cluster, 'pass');
  return cluster;
}

function label(cluster: SimulatedCluster, value: string): void {
  cluster.put(workload('shop', {}, { labels: { app: 'web', via: value } }));
  cluster.settle();
}

const owner = (cluster: SimulatedCluster) => cluster.get('Workload', 'shop');

describe('a pass-through', () => {
  test('without its input fails in upstream words', () => {
    expect(resourceLines(owner(passing()), 'mid')).toEqual([
      'SupplyChainReady False PassThrough: unable to find passthrough [in] in []',
      'Ready False PassThrough: unable to find passthrough [in] in []',
    ]);
  });

  test('hands its input on, shows it as it is now, and has no health', () => {
    const cluster = passing();
    cluster.patch('Thing', 'app', { status: { url: 'u://one', revision: 'one' } });
    cluster.settle();
    cluster.patch('Thing', 'app', { status: { url: 'u://two', revision: 'two' } });
    cluster.settle();
    expect(resourceEntry(owner(cluster), 'mid')).toMatchObject({
      inputs: [{ name: 'src' }],
      outputs: [{ preview: 'u://two\n' }, {}],
    });
    expect(resourceEntry(owner(cluster), 'mid')).not.toHaveProperty('stampedRef');
    expect(resourceLines(owner(cluster), 'mid')).toEqual(['ResourceSubmitted True PassThrough', 'Ready True Ready']);
    expect(cluster.get('Thing', 'down')['spec']).toEqual({ u: 'u://two' });
    expect(cluster.log.events.map(({ message }) => message)).toContain('[mid] passed through a new output');
  });

  test('takes over from a template and gives back, and what the template stamped goes', () => {
    const cluster = passing();
    cluster.patch('Thing', 'app', { status: { url: 'u', revision: 'r' } });
    label(cluster, 'template');
    expect(resourceEntry(owner(cluster), 'mid')).toMatchObject({
      stampedRef: { name: 'alt' },
      templateRef: { name: 'alt' },
    });
    expect(cluster.get('Thing', 'alt').metadata.labels).toMatchObject({ 'carto.run/cluster-template-name': 'alt' });
    expect(cluster.get('Thing', 'down')['spec']).toEqual({ u: 'u://alt' });
    label(cluster, 'pass');
    expect(resourceEntry(owner(cluster), 'mid')).not.toHaveProperty('stampedRef');
    expect(cluster.all('Thing').map(({ metadata }) => metadata.name)).toEqual(['app', 'down']);
  });

  test('alone in a chain is as good as healthy', () => {
    const cluster = new SimulatedCluster();
    const options = [
      { passThrough: 'in', ...via('pass') },
      { name: 't', ...via('template') },
    ];
    cluster.put(template('ClusterTemplate', 't', { template: thing('t', {}) }));
    cluster.put(chain('web', [{ name: 'only', templateRef: { kind: 'ClusterTemplate', options } }]));
    label(cluster, 'pass');
    expect(ownerLines(owner(cluster)).slice(2)).toEqual([
      'ResourcesHealthy True HealthyConditionRule',
      'Ready True Ready',
    ]);
  });
});

describe('options', () => {
  const words = 'get template name from resource: find matching template option: ';

  test('of which none or several match are refused', () => {
    const cluster = passing('ClusterSourceTemplate', [{ name: 'alt', ...via('pass') }]);
    expect(resourceLines(owner(cluster), 'mid')[0]).toBe(
      `ResourceSubmitted False TemplateOptionsMatchError: ${words}expected exactly 1 option to match, found [2] matching options [, alt] for resource [mid] in supply chain [web]`,
    );
    label(cluster, 'nothing');
    expect(resourceLines(owner(cluster), 'mid')[0]).toBe(
      `ResourceSubmitted False TemplateOptionsMatchError: ${words}expected exactly 1 option to match, found [0] matching options for resource [mid] in supply chain [web]`,
    );
  });

  test('that cannot be evaluated are refused', () => {
    const key = 'spec.env[3].name';
    const faulty = { name: 'alt', selector: { matchFields: [{ key, operator: 'Exists' }] } };
    expect(resourceLines(owner(passing('ClusterSourceTemplate', [faulty])), 'mid')[0]).toBe(
      `ResourceSubmitted False ResolveTemplateOptionsError: ${words}error matching against template option [alt] for resource [mid] in supply chain [web]: failed to evaluate selector matchFields: unable to match field requirement with key [${key}] operator [Exists] values [[]]: evaluate: failed to find results: array index out of bounds: index 3, length 0`,
    );
  });
});
