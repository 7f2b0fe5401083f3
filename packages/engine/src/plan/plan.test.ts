import { deepFreeze, listAt } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import {
  chain,
  configMap,
  ownerLines,
  resource,
  resourceEntry,
  resourceLines,
  template,
  thing,
  workload,
} from '../testing/builders.ts';
import { oneStep } from '../testing/one-step.ts';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';
import type { Acting } from '../world/world.ts';

const APP = '$(workload.metadata.name)$';

/** Source (with its status from the template), image and app, as scenario 01 has them. */
function chainOfThree(): SimulatedCluster {
  const cluster = new SimulatedCluster();
  const source = thing(APP, { git: '$(workload.spec.source.git)$' }, { status: { url: 'u', revision: 'r' } });
  cluster.put(
    template('ClusterSourceTemplate', 'src', {
      urlPath: '.status.url',
      revisionPath: '.status.revision',
      template: source,
    }),
  );
  const image = thing(`${APP}-image`, { source: '$(source.url)$' }, { status: { image: 'i@$(source.revision)$' } });
  cluster.put(template('ClusterImageTemplate', 'img', { imagePath: '.status.image', template: image }));
  cluster.put(template('ClusterTemplate', 'app', { template: configMap(`${APP}-app`, { image: '$(image)$' }) }));
  cluster.put(
    chain('web', [
      resource('source', 'ClusterSourceTemplate', 'src'),
      resource('image', 'ClusterImageTemplate', 'img', { sources: [{ name: 's', resource: 'source' }] }),
      resource('app', 'ClusterTemplate', 'app', { images: [{ name: 'i', resource: 'image' }] }),
    ]),
  );
  cluster.put(workload('shop', { source: { git: { url: 'https://git' } } }));
  return cluster;
}

const settled = (cluster: SimulatedCluster) => {
  cluster.settle();
  return cluster.get('Workload', 'shop');
};

describe('a chain whose outputs are there at once', () => {
  test('runs through in one reconcile with one status write', () => {
    const cluster = chainOfThree();
    cluster.blueprint(cluster.get('ClusterSupplyChain', 'web'));
    cluster.reconcile(cluster.get('Workload', 'shop'));
    expect(cluster.log.writes.map(({ resource: name, verb, cause }) => `${name} ${verb} ${cause}`)).toEqual([
      'source apply created',
      'image apply created',
      'app apply created',
    ]);
    expect(cluster.get('ConfigMap', 'shop-app')['data']).toEqual({ image: 'i@r' });
    expect(cluster.log.statusWrites).toEqual(['ClusterSupplyChain/web', 'Workload/shop']);
    expect(ownerLines(cluster.get('Workload', 'shop'))).toEqual([
      'SupplyChainReady True Ready',
      'ResourcesSubmitted True ResourceSubmissionComplete',
      'ResourcesHealthy True HealthyConditionRule',
      'Ready True Ready',
    ]);
    expect(cluster.log.events.map(({ reason, message }) => `${reason} ${message}`)).toEqual([
      'StampedObjectApplied Created object [things.golden.test/shop]',
      'ResourceOutputChanged [source] found a new output in [things.golden.test/shop]',
      'ResourceHealthyStatusChanged [source] found healthy status in [things.golden.test/shop] changed to [True]',
      'StampedObjectApplied Created object [things.golden.test/shop-image]',
      'ResourceOutputChanged [image] found a new output in [things.golden.test/shop-image]',
      'ResourceHealthyStatusChanged [image] found healthy status in [things.golden.test/shop-image] changed to [True]',
      'StampedObjectApplied Created object [configmaps/shop-app]',
      'ResourceHealthyStatusChanged [app] found healthy status in [configmaps/shop-app] changed to [True]',
    ]);
  });

  test('is quiet afterwards, after a restart too', () => {
    const cluster = chainOfThree();
    cluster.settle();
    const { writes, events, statusWrites } = cluster.log;
    const counts = [writes.length, events.length, statusWrites.length];
    cluster.memories.clear();
    cluster.second = 100;
    cluster.settle();
    expect([writes.length, events.length, statusWrites.length]).toEqual(counts);
  });

  test('moves on with one apply for each changed step', () => {
    const cluster = chainOfThree();
    cluster.settle();
    const before = cluster.log.writes.length;
    cluster.patch('Thing', 'shop', { status: { revision: 'r2' } });
    cluster.settle();
    expect(cluster.log.writes.slice(before).map(({ resource: name, cause }) => `${name} ${cause}`)).toEqual([
      'image changed',
      'app changed',
    ]);
    expect(cluster.get('ConfigMap', 'shop-app')['data']).toEqual({ image: 'i@r2' });
  });

  test('gives outputs new times only when they change', () => {
    const cluster = chainOfThree();
    cluster.settle();
    cluster.second = 50;
    cluster.patch('Thing', 'shop', { status: { revision: 'r2' } });
    const entry = resourceEntry(settled(cluster), 'source');
    expect(entry['outputs']).toMatchObject([
      { name: 'url', preview: 'u\n', lastTransitionTime: '2026-01-01T00:00:00Z' },
      { name: 'revision', preview: 'r2\n', lastTransitionTime: '2026-01-01T00:00:50Z' },
    ]);
  });
});

describe('one round of a plan', () => {
  test('writes what is independent side by side, and nothing that reads from what is still under way', () => {
    const cluster = chainOfThree();
    cluster.put(template('ClusterTemplate', 'free', { template: configMap(`${APP}-free`, {}) }));
    const existing = listAt(cluster.get('ClusterSupplyChain', 'web'), 'spec', 'resources');
    const resources = [...existing, resource('free', 'ClusterTemplate', 'free')];
    cluster.blueprint(cluster.patch('ClusterSupplyChain', 'web', { spec: { resources } }));
    const planned = cluster.planOnce(cluster.get('Workload', 'shop'), cluster.begin().cluster) as Acting;
    expect(planned.kind).toBe('act');
    expect(planned.writes.map(({ resource: name }) => name)).toEqual(['source', 'free']);
    expect(planned.dependencies).toMatchObject({
      blueprint: 'web',
      account: { namespace: 'team', name: 'default' },
      templates: [
        { kind: 'ClusterSourceTemplate', name: 'src' },
        { kind: 'ClusterTemplate', name: 'free' },
      ],
    });
  });

  test('asks for what it does not know yet, all at once', () => {
    const cluster = chainOfThree();
    cluster.blueprint(cluster.get('ClusterSupplyChain', 'web'));
    const { cluster: known } = cluster.begin();
    const blank = { ...known, account: () => undefined, mapping: () => undefined, observed: () => undefined };
    const owner = cluster.get('Workload', 'shop');
    expect(cluster.planOnce(owner, blank)).toMatchObject({
      kind: 'act',
      lookups: [{ lookup: 'account', key: { namespace: 'team', name: 'default' } }],
    });
    expect(cluster.planOnce(owner, { ...blank, account: known.account })).toMatchObject({
      lookups: [{ lookup: 'mapping', apiVersion: 'golden.test/v1', kind: 'Thing' }],
    });
    expect(cluster.planOnce(owner, { ...known, observed: () => undefined })).toMatchObject({
      lookups: [{ lookup: 'object', key: { namespace: 'team', name: 'shop' } }],
    });
  });

  test('is the same for the same world and changes nothing in it', () => {
    const cluster = chainOfThree();
    cluster.settle();
    for (const object of cluster.objects.values()) deepFreeze(object);
    cluster.put(deepFreeze(workload('shop', { source: { git: { url: 'other' } } })));
    const owner = cluster.get('Workload', 'shop');
    const known = cluster.begin().cluster;
    expect(cluster.planOnce(owner, known)).toEqual(cluster.planOnce(owner, known));
  });
});

describe('the choice of a blueprint', () => {
  test.each([
    [
      'no labels',
      { labels: {} },
      'SupplyChainReady False WorkloadLabelsMissing: workload has no labels to match to supply chain',
    ],
    [
      'no match',
      { labels: { zone: 'x', app: 'y', 'a.b/c': '' } },
      'SupplyChainReady False SupplyChainNotFound: no supply chain found where full selector is satisfied by labels: map[a.b/c: app:y zone:x]',
    ],
  ])('ends with %s', (_what, metadata, expected) => {
    const cluster = oneStep({ template: configMap('a', {}) });
    cluster.delete('Workload', 'shop');
    cluster.put(workload('shop', {}, metadata));
    expect(ownerLines(settled(cluster))[0]).toBe(expected);
    expect(cluster.get('Workload', 'shop')['status']).toMatchObject({ supplyChainRef: {} });
  });

  test('ends with several matches, and leaves what was reported on resources', () => {
    const cluster = oneStep({ template: configMap('a', {}) });
    cluster.settle();
    cluster.put(chain('second', []));
    expect(ownerLines(settled(cluster))).toEqual([
      "SupplyChainReady False MultipleSupplyChainMatches: workload may only match a single supply chain's selector",
      "Ready False MultipleSupplyChainMatches: workload may only match a single supply chain's selector",
    ]);
    expect(cluster.get('Workload', 'shop')['status']).toMatchObject({
      supplyChainRef: { kind: 'ClusterSupplyChain', name: 'web' },
      resources: [{ name: 'only' }],
    });
  });

  test('passes over a blueprint with a broken selector and says so in an event when nothing is left', () => {
    const cluster = new SimulatedCluster();
    cluster.put(chain('bad', [], { selectorMatchExpressions: [{ key: 'app', operator: 'Near' }] }));
    cluster.put(workload('shop'));
    expect(ownerLines(settled(cluster))[0]).toContain('SupplyChainNotFound');
    // The plan gives a warning as long as it stands; whoever sends it does so once.
    const [warning, ...again] = cluster.log.events;
    expect(again.map(({ message }) => message)).toEqual([warning?.message]);
    expect([warning]).toEqual([
      {
        type: 'Warning',
        reason: 'SelectorError',
        message:
          'ClusterSupplyChain [bad] was passed over: selector labels or selector expressions are invalid: "Near" is not a valid label selector operator',
      },
    ]);
  });

  test('copies why the blueprint is not ready', () => {
    const cluster = new SimulatedCluster();
    cluster.put(chain('web', [resource('only', 'ClusterTemplate', 'none')]));
    cluster.put(workload('shop'));
    expect(ownerLines(settled(cluster))[0]).toBe(
      'SupplyChainReady False TemplatesNotFound: did not find the template of the resource(s) [only]',
    );
  });

  test('with a template that vanished leaves upstream words on its resource', () => {
    const cluster = oneStep({ template: configMap('a', {}) });
    cluster.settle();
    cluster.delete('ClusterTemplate', 't');
    expect(resourceLines(settled(cluster), 'only')).toEqual([
      'ResourceSubmitted False UnknownError: failed to get cluster template [{Kind:ClusterTemplate Name:t}]: resource does not match a known template',
      'Healthy True AlwaysHealthy',
      'Ready False UnknownError: failed to get cluster template [{Kind:ClusterTemplate Name:t}]: resource does not match a known template',
    ]);
  });
});

describe('the service account', () => {
  test.each([
    [{ serviceAccountName: 'own' }, { serviceAccountRef: { name: 'chain' } }, 'team/own'],
    [{}, { serviceAccountRef: { name: 'chain', namespace: 'elsewhere' } }, 'elsewhere/chain'],
    [{}, { serviceAccountRef: { name: 'chain' } }, 'team/chain'],
    [{}, { serviceAccountRef: { name: '' } }, 'team/default'],
    [{ serviceAccountName: '' }, {}, 'team/default'],
  ])('of owner %j and blueprint %j is %s', (spec, more, account) => {
    const cluster = new SimulatedCluster();
    cluster.accounts.clear();
    cluster.put(chain('web', [], more));
    cluster.put(workload('shop', spec));
    const name = account.split('/')[1] ?? '';
    const message = `failed to get service account object from api server [${account}]: failed to get object [${account}] from api server: ServiceAccount "${name}" not found`;
    expect(ownerLines(settled(cluster))).toEqual([
      'SupplyChainReady True Ready',
      `ResourcesSubmitted False ServiceAccountError: ${message}`,
      `Ready False ServiceAccountError: ${message}`,
    ]);
  });

  test('whose token cannot be had is tried again', () => {
    const cluster = chainOfThree();
    cluster.blueprint(cluster.get('ClusterSupplyChain', 'web'));
    const known = cluster.begin().cluster;
    const planned = cluster.planOnce(cluster.get('Workload', 'shop'), {
      ...known,
      account: () => ({ kind: 'tokenFailed', message: 'fetch token: no' }),
    });
    expect(planned).toMatchObject({ kind: 'settled', retry: { kind: 'backoff', message: 'fetch token: no' } });
  });
});

describe('a resource that fails', () => {
  test('keeps its earlier entry and health, and does not stop the others', () => {
    const cluster = oneStep({ template: configMap(APP, { p: '$(params.p)$' }) });
    cluster.put(template('ClusterTemplate', 'more', { template: configMap('more', {}) }));
    cluster.put(chain('web', [resource('only', 'ClusterTemplate', 't'), resource('more', 'ClusterTemplate', 'more')]));
    cluster.put(workload('shop', { params: [{ name: 'p', value: 'x' }] }));
    cluster.settle();
    cluster.put(workload('shop', {}));
    const owner = settled(cluster);
    expect(resourceEntry(owner, 'only')).toMatchObject({ stampedRef: { name: 'shop' } });
    expect(resourceLines(owner, 'only').slice(0, 2)).toEqual([
      'ResourceSubmitted False TemplateStampFailure: unable to stamp object for resource [only] for template [ClusterTemplate/t] in supply chain [web]: failed to recursively evaluate template: failed to interpolate template at path [data.p]: evaluate tag $(params.p)$: jsonpath returned empty list: params.p',
      'Healthy True AlwaysHealthy',
    ]);
    expect(resourceLines(owner, 'more')).toContain('Ready True Ready');
    expect(cluster.all('ConfigMap')).toHaveLength(2);
  });

  test('is retried when the server refused it, no sooner than that asks for, and seldom for lack of rights', () => {
    const cluster = oneStep({ template: configMap(APP, {}) });
    cluster.blueprint(cluster.get('ClusterSupplyChain', 'web'));
    cluster.refusal = () => ({ kind: 'refused', code: 409, message: 'no' });
    expect(cluster.reconcile(cluster.get('Workload', 'shop')).retry.kind).toBe('backoff');
    cluster.refusal = () => ({ kind: 'refused', code: 429, message: 'later', retryAfterMs: 5_000 });
    expect(cluster.reconcile(cluster.get('Workload', 'shop')).retry).toMatchObject({
      kind: 'backoff',
      atLeastMs: 5_000,
    });
    cluster.refusal = () => ({ kind: 'refused', code: 403, message: 'configmaps "shop" is forbidden' });
    expect(cluster.reconcile(cluster.get('Workload', 'shop')).retry).toMatchObject({ kind: 'after', afterMs: 30_000 });
    expect(ownerLines(cluster.get('Workload', 'shop'))[1]).toBe(
      'ResourcesSubmitted False TemplateRejectedByAPIServer: unable to apply object [team/shop] for resource [only] in supply chain [web]: create: configmaps "shop" is forbidden',
    );
  });

  test.each([
    [
      { apiVersion: 'golden.test/v1', kind: 'Nonesuch', metadata: { name: 'a' } },
      '[team/a]',
      'failed to get unstructured [team/a] from api server: no matches for kind "Nonesuch" in version "golden.test/v1"',
    ],
    [
      { apiVersion: 'v1', metadata: { name: 'a' } },
      '[team/a]',
      "failed to get unstructured [team/a] from api server: Object 'Kind' is missing in 'unstructured object has no kind'",
    ],
    [
      { kind: 'Thing', metadata: { name: 'a' } },
      '[team/a]',
      "failed to get unstructured [team/a] from api server: Object 'apiVersion' is missing in 'unstructured object has no version'",
    ],
    [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: '' } },
      '[team/]',
      'failed to get unstructured [team/] from api server: resource name may not be empty',
    ],
  ])('before any write: %j', (rendered, place, message) => {
    const cluster = oneStep({ template: rendered });
    expect(resourceLines(settled(cluster), 'only')[0]).toBe(
      `ResourceSubmitted False TemplateRejectedByAPIServer: unable to apply object ${place} for resource [only] in supply chain [web]: ${message}`,
    );
    expect(cluster.log.writes).toEqual([]);
  });

  test('because it sets another namespace, or has neither template nor ytt', () => {
    const elsewhere = { ...configMap('a', {}), metadata: { name: 'a', namespace: 'elsewhere' } };
    const prefix =
      'ResourceSubmitted False TemplateStampFailure: unable to stamp object for resource [only] for template [ClusterTemplate/t] in supply chain [web]: ';
    expect(resourceLines(settled(oneStep({ template: elsewhere })), 'only')[0]).toBe(
      `${prefix}cannot set namespace in resource template`,
    );
    expect(resourceLines(settled(oneStep({})), 'only')[0]).toBe(
      `${prefix}unknown resource template type, expected either template or ytt`,
    );
  });

  test('waits for its value in words that follow its health', () => {
    const healthRule = { singleConditionType: 'Ready' };
    const spec = { imagePath: '.status.image', healthRule, template: thing(APP, {}) };
    const cluster = oneStep(spec, { kind: 'ClusterImageTemplate' });
    const line = () => resourceLines(settled(cluster), 'only')[0];
    const where = 'object [things.golden.test/shop] in namespace [team]';
    expect(line()).toBe(
      `ResourceSubmitted Unknown MissingValueAtPath: waiting to read value [.status.image] from ${where}`,
    );
    cluster.patch('Thing', 'shop', { status: { conditions: [{ type: 'Ready', status: 'True' }] } });
    expect(line()).toBe(
      `ResourceSubmitted Unknown MissingValueAtPath: cannot read value [.status.image] from healthy ${where}, contact Platform Eng`,
    );
    cluster.patch('Thing', 'shop', { status: { conditions: [{ type: 'Ready', status: 'False' }] } });
    expect(line()).toBe(
      `ResourceSubmitted Unknown MissingValueAtPath: cannot read value [.status.image] from unhealthy ${where}, examine object, particularly whether it is receiving proper inputs`,
    );
  });
});

describe('an owner that is being deleted', () => {
  test('is left alone', () => {
    const cluster = chainOfThree();
    cluster.patch('Workload', 'shop', { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } });
    const planned = cluster.reconcile(cluster.get('Workload', 'shop'));
    expect(planned).toMatchObject({ status: undefined, statusChanged: false, retry: { kind: 'none' } });
    expect(cluster.log.writes).toEqual([]);
  });
});

describe('orphans', () => {
  const keep = resource('keep', 'ClusterTemplate', 'keep');
  const gone = resource('gone', 'ClusterTemplate', 'gone');

  function withTwo(): SimulatedCluster {
    const cluster = new SimulatedCluster();
    for (const name of ['keep', 'gone']) {
      cluster.put(template('ClusterTemplate', name, { template: configMap(`${APP}-${name}`, {}) }));
    }
    cluster.put(chain('web', [keep, gone]));
    cluster.put(workload('shop'));
    cluster.settle();
    return cluster;
  }

  test('go when their resource goes, and only they', () => {
    const cluster = withTwo();
    cluster.put(chain('web', [keep]));
    const owner = settled(cluster);
    expect(cluster.all('ConfigMap').map(({ metadata }) => metadata.name)).toEqual(['shop-keep']);
    expect(cluster.log.events.at(-1)).toEqual({
      type: 'Normal',
      reason: 'StampedObjectRemoved',
      message: 'Deleted object [configmaps/shop-gone]',
    });
    expect(owner['status']).toMatchObject({ resources: [{ name: 'keep' }] });
  });

  test('go when the object of a resource gets another name', () => {
    const cluster = withTwo();
    cluster.put(template('ClusterTemplate', 'gone', { template: configMap(`${APP}-new`, {}) }));
    cluster.settle();
    expect(cluster.all('ConfigMap').map(({ metadata }) => metadata.name)).toEqual(['shop-keep', 'shop-new']);
  });

  test('are found even when the status that named them is lost', () => {
    const cluster = withTwo();
    cluster.patch('Workload', 'shop', { status: null });
    cluster.put(chain('web', [keep]));
    cluster.settle();
    expect(cluster.all('ConfigMap')).toHaveLength(1);
  });

  test('are spared while their resource fails', () => {
    const cluster = withTwo();
    cluster.put(template('ClusterTemplate', 'gone', { template: configMap('$(params.none)$', {}) }));
    cluster.settle();
    expect(cluster.all('ConfigMap')).toHaveLength(2);
  });

  test('of another owner are never touched', () => {
    const cluster = withTwo();
    cluster.patch('ConfigMap', 'shop-gone', { metadata: { ownerReferences: [{ uid: 'other' }] as never } });
    cluster.put(chain('web', [keep]));
    cluster.settle();
    expect(cluster.all('ConfigMap')).toHaveLength(2);
  });
});

describe('entries of status.resources', () => {
  test('keep their order, new ones come last', () => {
    const cluster = new SimulatedCluster();
    cluster.put(template('ClusterTemplate', 't', { template: configMap('$(labels.carto\\.run/resource-name)$', {}) }));
    const of = (...names: string[]) =>
      chain(
        'web',
        names.map((name) => resource(name, 'ClusterTemplate', 't')),
      );
    cluster.put(of('a', 'b'));
    cluster.put(workload('shop'));
    cluster.settle();
    cluster.put(of('c', 'b', 'd', 'a'));
    const { resources } = settled(cluster)['status'] as { resources: { name: string }[] };
    expect(resources.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('name the producers, also those that are not there', () => {
    const step = { configs: [{ name: 'c', resource: 'nobody' }], sources: [{ name: 's', resource: 'only' }] };
    const cluster = oneStep({ template: configMap('a', {}) }, { step });
    expect(resourceEntry(settled(cluster), 'only')['inputs']).toEqual([{ name: 'only' }, { name: 'nobody' }]);
  });
});
