import type { JsonObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import {
  chain,
  configMap,
  deliverable,
  delivery,
  ownerLines,
  resource,
  resourceEntry,
  resourceLines,
  template,
  workload,
} from '../testing/builders.ts';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';
import { SecretValues } from './secret-values.ts';

const PLAIN = 'correct horse';
const ENCODED = 'Y29ycmVjdCBob3JzZQ==';
const SECRET = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'key' }, data: { password: ENCODED } };

/** A chain whose first step reads a Secret that it stamps; more steps read what it gives. */
function reading(spec: JsonObject = {}, more: readonly JsonObject[] = []): SimulatedCluster {
  const cluster = new SimulatedCluster();
  cluster.put(template('ClusterConfigTemplate', 'secret', { configPath: '.data.password', template: SECRET, ...spec }));
  cluster.put(chain('web', [resource('secret', 'ClusterConfigTemplate', 'secret'), ...more]));
  cluster.put(workload('shop'));
  return cluster;
}

const FROM_SECRET = { configs: [{ resource: 'secret', name: 'in' }] };
const PREVIEW = (name: string) => (cluster: SimulatedCluster) => {
  const { outputs } = resourceEntry(cluster.get('Workload', 'shop'), name) as { outputs?: readonly JsonObject[] };
  return outputs?.map(({ preview }) => preview);
};
const everything = (cluster: SimulatedCluster): string =>
  JSON.stringify([cluster.all('Workload').map(({ status }) => status), cluster.log.events]);

describe('an output that is read from a Secret', () => {
  test('is handed on, but not shown; its digest is', () => {
    const copy = template('ClusterTemplate', 'copy', { template: configMap('copy', { k: '$(config)$' }) });
    const cluster = reading({}, [resource('copy', 'ClusterTemplate', 'copy', FROM_SECRET)]);
    cluster.put(copy);
    cluster.settle();
    expect(cluster.get('ConfigMap', 'copy')['data']).toEqual({ k: ENCODED });
    expect(resourceEntry(cluster.get('Workload', 'shop'), 'secret')['outputs']).toMatchObject([
      { name: 'config', preview: '[redacted]', digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
    ]);
    expect(everything(cluster)).not.toContain(ENCODED);
  });

  test('is not shown where it passes through, or is read again from what was made of it', () => {
    const selector = { matchLabels: { app: 'web' } };
    const through = { kind: 'ClusterConfigTemplate', options: [{ selector, passThrough: 'in' }] };
    const cluster = reading({}, [
      { name: 'through', templateRef: through, ...FROM_SECRET },
      resource('again', 'ClusterConfigTemplate', 'again', { configs: [{ resource: 'through', name: 'in' }] }),
    ]);
    const made = configMap('made', { k: '$(config)$' });
    cluster.put(template('ClusterConfigTemplate', 'again', { configPath: '.data.k', template: made }));
    cluster.settle();
    expect(['secret', 'through', 'again'].map((name) => PREVIEW(name)(cluster))).toEqual(
      Array.from({ length: 3 }, () => ['[redacted]']),
    );
  });

  test('goes through a deployment without being shown', () => {
    const cluster = new SimulatedCluster();
    const source = { urlPath: '.data.password', revisionPath: '.metadata.name', template: SECRET };
    cluster.put(template('ClusterSourceTemplate', 's', source));
    const deploy = configMap('deploy', { url: '$(deployment.url)$' });
    const observedMatches = [{ input: '.data.url', output: '.data.url' }];
    cluster.put(template('ClusterDeploymentTemplate', 'd', { observedMatches, template: deploy }));
    cluster.put(
      delivery('web', [
        resource('secret', 'ClusterSourceTemplate', 's'),
        resource('deploy', 'ClusterDeploymentTemplate', 'd', { deployment: { resource: 'secret' } }),
      ]),
    );
    cluster.put(deliverable('shop'));
    cluster.settle();
    const { outputs } = resourceEntry(cluster.get('Deliverable', 'shop'), 'deploy') as {
      outputs?: readonly JsonObject[];
    };
    expect(outputs?.map(({ preview }) => preview)).toEqual(['[redacted]', '[redacted]']);
    expect(JSON.stringify(cluster.get('Deliverable', 'shop'))).not.toContain(ENCODED);
  });

  test.each([
    ['as its step goes on', (_cluster: SimulatedCluster) => undefined],
    ['when its template is gone', (cluster: SimulatedCluster) => cluster.delete('ClusterConfigTemplate', 'secret')],
    ['when its chain is gone', (cluster: SimulatedCluster) => cluster.delete('ClusterSupplyChain', 'web')],
    ['when its account is gone', (cluster: SimulatedCluster) => cluster.accounts.clear()],
  ])('and stands in a status of an earlier version goes with one write and no event, %s', (_when, change) => {
    const cluster = reading();
    cluster.settle();
    const shown = [resourceEntry(cluster.get('Workload', 'shop'), 'secret')].map((entry) => ({
      ...entry,
      outputs: (entry['outputs'] as readonly JsonObject[]).map((output) => ({ ...output, preview: `${ENCODED}\n` })),
    }));
    cluster.patch('Workload', 'shop', { status: { resources: shown } });
    cluster.second += 60;
    const since = { events: cluster.log.events.length, status: cluster.log.statusWrites.length };
    change(cluster);
    cluster.settle();
    expect(everything(cluster)).not.toContain(ENCODED);
    expect(cluster.log.events.slice(since.events)).toEqual([]);
    const writes = cluster.log.statusWrites.slice(since.status).filter((line) => line === 'Workload/shop');
    expect(writes).toHaveLength(1);
    expect(resourceEntry(cluster.get('Workload', 'shop'), 'secret')['outputs']).toMatchObject([
      { preview: '[redacted]', lastTransitionTime: '2026-01-01T00:00:00Z' },
    ]);
  });
});

describe('a message does not hold what a Secret holds', () => {
  const ways: readonly (readonly [string, JsonObject])[] = [
    ['a condition of health', { healthRule: { singleConditionType: 'Ready' } }],
    [
      'a field of health',
      {
        healthRule: {
          multiMatch: {
            healthy: { matchFields: [{ key: '.data.password', operator: 'Exists', messagePath: '.data.password' }] },
            unhealthy: { matchFields: [{ key: '.data.none', operator: 'Exists' }] },
          },
        },
      },
    ],
  ];
  test.each(ways)('when it tells of %s', (_what, spec) => {
    const cluster = reading(spec);
    cluster.settle();
    const conditions = [{ type: 'Ready', status: 'False', message: `wrong: ${PLAIN}` }];
    cluster.patch('Secret', 'key', { status: { conditions } });
    cluster.settle();
    expect(everything(cluster)).toContain('[redacted]');
    expect(everything(cluster)).not.toMatch(/correct horse|Y29ycm/);
  });

  test('when a deployment compares it', () => {
    const cluster = new SimulatedCluster();
    const observedMatches = [{ input: '.data.password', output: '.data.other' }];
    const object = { ...SECRET, data: { password: ENCODED, other: 'eHl6enk=' } };
    cluster.put(
      template('ClusterSourceTemplate', 's', {
        urlPath: '.data.k',
        revisionPath: '.data.k',
        template: configMap('s', { k: 'u' }),
      }),
    );
    cluster.put(template('ClusterDeploymentTemplate', 'd', { observedMatches, template: object }));
    cluster.put(
      delivery('web', [
        resource('s', 'ClusterSourceTemplate', 's'),
        resource('deploy', 'ClusterDeploymentTemplate', 'd', { deployment: { resource: 's' } }),
      ]),
    );
    cluster.put(deliverable('shop'));
    cluster.settle();
    expect(ownerLines(cluster.get('Deliverable', 'shop')).join('\n')).toContain(
      'input [.data.password] and output [.data.other] do not match: [redacted] != [redacted]',
    );
  });

  test.each([
    ['stamps it', { ...SECRET, data: { password: '$(params.p)$' } }],
    ['reads it', configMap('copy', { k: '$(config)$' })],
  ])('when the server refuses what a step makes that %s', (_what, object) => {
    const cluster = reading({}, [resource('only', 'ClusterTemplate', 'only', FROM_SECRET)]);
    const params = [{ name: 'p', default: ENCODED }];
    cluster.put(template('ClusterTemplate', 'only', { params, template: { ...object, metadata: { name: 'only' } } }));
    cluster.refusal = ({ resource: step }) =>
      step === 'only'
        ? { kind: 'refused', code: 422, message: `"only" is invalid: k: Invalid value: "${ENCODED}": not ${PLAIN}` }
        : undefined;
    cluster.settle();
    expect(resourceLines(cluster.get('Workload', 'shop'), 'only')[0]).toContain(
      'only" is invalid: k: Invalid value: "[redacted]": not [redacted]',
    );
    expect(ownerLines(cluster.get('Workload', 'shop')).join('\n')).not.toContain(ENCODED);
  });

  test('when ytt gives back something without a kind', () => {
    const cluster = reading({}, [resource('only', 'ClusterTemplate', 'only', FROM_SECRET)]);
    cluster.put(template('ClusterTemplate', 'only', { ytt: 'x' }));
    cluster.render = () => ({ kind: 'rendered', output: `data: {k: "${ENCODED}"}` });
    cluster.settle();
    expect(resourceLines(cluster.get('Workload', 'shop'), 'only')[0]).toContain(
      `Object 'Kind' is missing in '{"data":{"k":"[redacted]"}}'`,
    );
  });
});

/** A run template whose runs are Secrets that have succeeded. */
function running(key: string): SimulatedCluster {
  const cluster = new SimulatedCluster();
  const status = { conditions: [{ type: 'Succeeded', status: 'True' }] };
  const run = { ...SECRET, metadata: { generateName: 'run-' }, status };
  cluster.put(template('ClusterRunTemplate', 'run', { outputs: { key }, template: run }));
  return cluster;
}

describe('a Runnable whose runs are Secrets', () => {
  test('does not tell the values that a wrong path finds', () => {
    const cluster = running("{.data.password}{'x'}{.data.password}");
    const metadata = { name: 'r' };
    cluster.put({
      apiVersion: 'carto.run/v1alpha1',
      kind: 'Runnable',
      metadata,
      spec: { runTemplateRef: { name: 'run' } },
    });
    cluster.settle();
    expect(ownerLines(cluster.get('Runnable', 'r'))[0]).toContain(
      'more queries than expected: [[[redacted]] [x] [[redacted]]]',
    );
  });

  test('gives its outputs to who reads them, and they are not shown there', () => {
    const cluster = running('.data.password');
    const runnable = { apiVersion: 'carto.run/v1alpha1', kind: 'Runnable', metadata: { name: 'r' } };
    const stamped = { ...runnable, spec: { runTemplateRef: { name: 'run' } } };
    cluster.put(template('ClusterConfigTemplate', 't', { configPath: '.status.outputs.key', template: stamped }));
    cluster.put(chain('web', [resource('only', 'ClusterConfigTemplate', 't')]));
    cluster.put(workload('shop'));
    cluster.settle();
    expect((cluster.get('Runnable', 'r')['status'] as JsonObject)['outputs']).toEqual({ key: ENCODED });
    expect(PREVIEW('only')(cluster)).toEqual(['[redacted]']);
    expect(everything(cluster)).not.toContain(ENCODED);
  });

  test('does not tell what it selects when a run is refused', () => {
    const cluster = new SimulatedCluster();
    const { kind, apiVersion } = SECRET;
    cluster.put({ ...SECRET, metadata: { name: 'key', labels: { pick: 'me' } } });
    const run = { ...configMap('', { k: '$(selected.data.password)$' }), metadata: { generateName: 'run-' } };
    cluster.put(template('ClusterRunTemplate', 'run', { template: run }));
    cluster.put({
      apiVersion: 'carto.run/v1alpha1',
      kind: 'Runnable',
      metadata: { name: 'r' },
      spec: {
        runTemplateRef: { name: 'run' },
        selector: { resource: { apiVersion, kind }, matchingLabels: { pick: 'me' } },
      },
    });
    cluster.refusal = () => ({ kind: 'refused', code: 422, message: `bad ${ENCODED}` });
    cluster.settle();
    expect(ownerLines(cluster.get('Runnable', 'r'))[0]).toContain('create: bad [redacted]');
  });
});

describe('values of Secrets in a text', () => {
  const redacted = (value: string | number, text: string): string => {
    const secrets = new SecretValues();
    secrets.add(value);
    return secrets.redact(text);
  };

  test.each<[string | number, string, string]>([
    ['hunter2', 'is hunter2, "hunter2" and xhunter2x', 'is [redacted], "[redacted]" and x[redacted]x'],
    ['hunter2', `in base64 ${btoa('hunter2')}`, 'in base64 [redacted]'],
    [btoa('hunter2'), 'out of base64: hunter2', 'out of base64: [redacted]'],
    ['two\nlines "x"', 'quoted: "two\\nlines \\"x\\""', 'quoted: "[redacted]"'],
    ['word\n', 'trimmed: word', 'trimmed: [redacted]'],
    ['ab', 'ab, "ab" and cabs', '[redacted], "[redacted]" and cabs'],
    [1234, 'Value:1234}', 'Value:[redacted]}'],
    ['', 'nothing', 'nothing'],
  ])('%j in %j', (value, text, expected) => {
    expect(redacted(value, text)).toBe(expected);
  });

  test('also those that it came across after it was first asked', () => {
    const secrets = new SecretValues();
    secrets.add('first');
    expect(secrets.redact('first, second')).toBe('[redacted], second');
    secrets.add(['second', 'first']);
    expect(secrets.redact('first, second')).toBe('[redacted], [redacted]');
  });
});
