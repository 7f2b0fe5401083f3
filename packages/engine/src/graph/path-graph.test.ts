import type { Json, JsonObject, KubeObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import { chain, configMap, deliverable, delivery, resource, template, thing, workload } from '../testing/builders.ts';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';
import type { PathGraph } from './path.ts';
import { pathGraph } from './path-graph.ts';

const RULE = { singleConditionType: 'Ready' };
const SOURCE = [{ name: 'src', resource: 'source' }];

/** A chain from a source (a Thing) over an image (a Thing with a health rule) to an app (a ConfigMap). */
function threeSteps(more: JsonObject = {}): SimulatedCluster {
  const cluster = new SimulatedCluster();
  const source = { urlPath: '.status.url', revisionPath: '.status.revision', template: thing('source', {}) };
  cluster.put(template('ClusterSourceTemplate', 'source', source));
  const image = { imagePath: '.status.image', template: thing('image', { url: '$(source.url)$' }), healthRule: RULE };
  cluster.put(template('ClusterImageTemplate', 'image', { ...image, ...more }));
  cluster.put(template('ClusterTemplate', 'app', { template: configMap('app', { image: '$(image)$' }) }));
  cluster.put(
    chain('web', [
      resource('source', 'ClusterSourceTemplate', 'source'),
      resource('image', 'ClusterImageTemplate', 'image', { sources: SOURCE }),
      resource('app', 'ClusterTemplate', 'app', { images: [{ name: 'img', resource: 'image' }] }),
    ]),
  );
  cluster.put(workload('shop'));
  cluster.settle();
  return cluster;
}

function says(cluster: SimulatedCluster, name: string, status: JsonObject): void {
  cluster.patch('Thing', name, { status });
  cluster.settle();
}

const committed = (cluster: SimulatedCluster): void => says(cluster, 'source', { url: 'u', revision: 'main@sha1:one' });
const condition = (status: string, reason: string, message: string): JsonObject => {
  return { conditions: [{ type: 'Ready', status, reason, message }] };
};

function graphOf(cluster: SimulatedCluster, kind = 'Workload'): PathGraph {
  const blueprints = cluster.all(kind === 'Workload' ? 'ClusterSupplyChain' : 'ClusterDelivery');
  return pathGraph(blueprints[0], cluster.get(kind, 'shop'));
}

/** A graph as lines: the owner, then each step with its state, for whom it waits, whose move it is. */
function lines({ state, move, message, nodes }: PathGraph): readonly string[] {
  const text = (name: string, of: string, by: string, why: string): string =>
    `${name}: ${of}, ${by}${why && ` (${why})`}`;
  return [
    text('owner', state, move, message),
    ...nodes.map((node) =>
      text(
        node.step,
        `${node.state}${node.waitsFor === undefined ? '' : ` for ${node.waitsFor}`}`,
        node.move,
        node.message,
      ),
    ),
  ];
}

describe('the graph of a path', () => {
  test('lets the steps behind one that is at work wait for it, and the owner be as that is', () => {
    const waiting = 'waiting to read value [.status.url] from object [things.golden.test/source] in namespace [team]';
    expect(lines(graphOf(threeSteps()))).toEqual([
      `owner: running, nobody (${waiting})`,
      `source: running, nobody (${waiting})`,
      `image: waiting for source, nobody (waits for step [source], which is running: ${waiting})`,
      `app: waiting for source, nobody (waits for step [source], which is running: ${waiting})`,
    ]);
  });

  test('has the outputs with their times, the stamped objects, and the values on the edges', () => {
    const cluster = threeSteps();
    committed(cluster);
    const { nodes, edges } = graphOf(cluster);
    expect(nodes[0]).toEqual({
      step: 'source',
      state: 'ready',
      template: { kind: 'ClusterSourceTemplate', name: 'source' },
      options: [],
      stamped: {
        apiVersion: 'golden.test/v1',
        kind: 'Thing',
        namespace: 'team',
        name: 'source',
        resource: 'things.golden.test',
      },
      outputs: [
        { name: 'url', preview: 'u\n', digest: expect.any(String) as string, since: cluster.now },
        { name: 'revision', preview: 'main@sha1:one\n', digest: expect.any(String) as string, since: cluster.now },
      ],
      reason: '',
      message: '',
      since: cluster.now,
      healthy: 'True',
      ready: 'True',
      waitsFor: undefined,
      move: 'nobody',
      next: undefined,
    });
    expect(edges).toEqual([
      { from: 'source', to: 'image', input: 'src', kind: 'sources', value: 'main@sha1:one' },
      { from: 'image', to: 'app', input: 'img', kind: 'images', value: undefined },
    ]);
  });

  test('says who has to act, and what, when an object fails: its own words', () => {
    const cluster = threeSteps();
    committed(cluster);
    says(cluster, 'image', condition('False', 'BuildFailed', 'npm test ended with 1'));
    const graph = graphOf(cluster);
    expect(lines(graph)).toEqual([
      'owner: failed, developer (npm test ended with 1)',
      'source: ready, nobody',
      'image: failed, developer (npm test ended with 1)',
      'app: waiting for image, nobody (waits for step [image], which is failed: npm test ended with 1)',
    ]);
    expect([graph.reason, graph.next]).toEqual([
      'ReadyCondition',
      'look at the object; `carto tail NAME --step STEP` shows what it logs',
    ]);
  });

  test('gives a wrong path of a healthy object to the platform', () => {
    const cluster = threeSteps();
    committed(cluster);
    says(cluster, 'image', condition('True', 'Built', ''));
    expect(lines(graphOf(cluster))[2]).toMatch(
      /^image: failed, platform \(cannot read value \[\.status\.image\] from healthy/,
    );
  });

  test('is ready when all steps are, with the time of the owner’s Ready', () => {
    const cluster = threeSteps();
    committed(cluster);
    says(cluster, 'image', { image: 'i', ...condition('True', 'Built', '') });
    const graph = graphOf(cluster);
    expect(graph).toMatchObject({ state: 'ready', reason: '', message: '', since: cluster.now, move: 'nobody' });
    expect(graph.blueprint).toEqual({ kind: 'ClusterSupplyChain', name: 'web' });
  });

  test('gives what the server forbids to the admin', () => {
    const cluster = threeSteps();
    cluster.refusal = ({ resource: step }) =>
      step === 'image' ? { kind: 'refused', code: 403, message: 'things is forbidden: may not patch' } : undefined;
    committed(cluster);
    expect(lines(graphOf(cluster))[2]).toMatch(/^image: failed, admin \(unable to apply object .*forbidden/);
  });

  test('has a step that passes its input through as skipped, with its options', () => {
    const cluster = new SimulatedCluster();
    cluster.put(
      template('ClusterSourceTemplate', 's', {
        urlPath: '.data.u',
        revisionPath: '.data.u',
        template: configMap('s', { u: 'x' }),
      }),
    );
    const passes = { passThrough: 'src', selector: { matchLabels: { app: 'web' } } };
    const builds = { name: 'other', selector: { matchLabels: { app: 'batch' } } };
    const templateRef = { kind: 'ClusterSourceTemplate', options: [builds, passes] };
    cluster.put(template('ClusterSourceTemplate', 'other', {}));
    cluster.put(
      chain('web', [resource('source', 'ClusterSourceTemplate', 's'), { name: 'test', templateRef, sources: SOURCE }]),
    );
    cluster.put(workload('shop'));
    cluster.settle();
    const graph = graphOf(cluster);
    expect(lines(graph)).toEqual(['owner: ready, nobody', 'source: ready, nobody', 'test: skipped, nobody']);
    expect(graph.nodes[1]).toMatchObject({ options: ['other', 'src'], template: undefined, reason: '' });
  });

  test('has nothing but its selection when no blueprint fits', () => {
    const cluster = threeSteps();
    cluster.put(workload('shop', {}, { labels: { app: 'batch' } }));
    cluster.put({ ...workload('shop'), metadata: { name: 'shop', namespace: 'team', labels: { app: 'batch' } } });
    cluster.settle();
    expect(graphOf(cluster)).toMatchObject({ state: 'failed', reason: 'SupplyChainNotFound', move: 'developer' });
  });

  test('speaks of the account where there is none, whatever the steps said last', () => {
    const cluster = threeSteps();
    cluster.accounts.clear();
    cluster.settle();
    expect(graphOf(cluster)).toMatchObject({ state: 'failed', reason: 'ServiceAccountError', move: 'developer' });
  });

  test('waits for a blueprint that the controller has not looked at', () => {
    const cluster = new SimulatedCluster();
    cluster.put(chain('web', []));
    cluster.put(workload('shop'));
    cluster.reconcile(cluster.get('Workload', 'shop'));
    expect(graphOf(cluster)).toMatchObject({ state: 'waiting', reason: 'Unknown', move: 'nobody' });
  });

  test('of a deliverable tells a deployment that is under way from one that failed', () => {
    const cluster = new SimulatedCluster();
    cluster.put(
      template('ClusterSourceTemplate', 's', {
        urlPath: '.data.u',
        revisionPath: '.data.u',
        template: configMap('s', { u: 'x' }),
      }),
    );
    const completed = { succeeded: { key: '.status.ok', value: 'yes' }, failed: { key: '.status.ok', value: 'no' } };
    cluster.put(
      template('ClusterDeploymentTemplate', 'd', {
        observedCompletion: completed,
        template: { ...thing('d', {}), kind: 'StatusThing' },
      }),
    );
    cluster.put(
      delivery('web', [
        resource('s', 'ClusterSourceTemplate', 's'),
        resource('d', 'ClusterDeploymentTemplate', 'd', { deployment: { resource: 's' } }),
      ]),
    );
    cluster.put(deliverable('shop'));
    cluster.settle();
    const tell = (ok: string): readonly string[] => {
      const { generation = 1 } = cluster.get('StatusThing', 'd').metadata;
      cluster.patch('StatusThing', 'd', { status: { observedGeneration: generation, ok } });
      cluster.settle();
      return lines(graphOf(cluster, 'Deliverable'));
    };
    expect(tell('not yet')[2]).toMatch(/^d: running, nobody \(resource \[d\] condition not met/);
    expect(tell('no')[2]).toMatch(/^d: failed, developer \(resource \[d\] failed condition met/);
    expect(tell('yes')[2]).toBe('d: ready, nobody');
    expect(graphOf(cluster, 'Deliverable').edges).toEqual([
      { from: 's', to: 'd', input: 'deployment', kind: 'deployment', value: 'x' },
    ]);
  });
});

const gate = template('ClusterImageTemplate', 'gate', {
  imagePath: '.status.passed',
  template: { ...thing('gate', {}), kind: 'StatusThing' },
  healthRule: RULE,
});

/** A gate, read as it is now, and a step behind it; the gate's object says this of its generation. */
function gated(...[status, reason, message]: Parameters<typeof condition>): SimulatedCluster {
  const cluster = new SimulatedCluster();
  cluster.currentKinds.add('StatusThing');
  cluster.put(gate);
  cluster.put(template('ClusterTemplate', 'app', { template: configMap('app', { image: '$(image)$' }) }));
  const images = [{ name: 'image', resource: 'gate' }];
  cluster.put(
    chain('web', [
      resource('gate', 'ClusterImageTemplate', 'gate'),
      resource('app', 'ClusterTemplate', 'app', { images }),
    ]),
  );
  cluster.put(workload('shop'));
  cluster.settle();
  cluster.patch('StatusThing', 'gate', { status: { observedGeneration: 1, ...condition(status, reason, message) } });
  cluster.settle();
  return cluster;
}

describe('a gate', () => {
  test.each([
    ['PolicyViolation', 'False', 'refused', '1 High'],
    ['AwaitingApproval', 'Unknown', 'waiting', 'ask the owners'],
    ['WindowClosed', 'False', 'blocked', 'opens at 8'],
    ['Checking', 'Unknown', 'running', 'checks 3 of 9'],
  ])('that says %s is known by what the steps behind it say', (reason, status, state, message) => {
    const graph = graphOf(gated(status, reason, message));
    expect(graph.state).toBe(state);
    expect(graph.nodes.map((node) => [node.step, node.state, node.waitsFor])).toEqual([
      ['gate', state, undefined],
      ['app', 'waiting', 'gate'],
    ]);
    expect(graph.nodes[1]?.message).toBe(`waits for step [gate], which is ${state}: ${message}`);
    if (state !== 'running') expect(graph.message).toBe(message);
  });
});

const shop = (status: Json, metadata: JsonObject = {}): KubeObject => ({ ...workload('shop', {}, metadata), status });
const told = (type: string, status: string, reason: string, message = '') => ({ type, status, reason, message });

describe('a status alone', () => {
  test('of nobody: the controller has not looked at the owner', () => {
    expect(pathGraph(undefined, workload('shop'))).toEqual({
      blueprint: undefined,
      state: 'waiting',
      reason: '',
      message: 'not looked at yet',
      since: undefined,
      move: 'nobody',
      next: expect.stringMatching(/^wait a moment/) as string,
      nodes: [],
      edges: [],
    });
  });

  test('names the blueprint, and has edges from whom steps read, without names of inputs', () => {
    const entry = (name: string, from: string, output: string): Json => {
      const outputs = [{ name: output, preview: `${output} of ${name}\n` }];
      return { name, inputs: [{ name: from }], outputs, conditions: [told('Ready', 'True', 'Ready')] };
    };
    const resources = [
      entry('a', 'z', 'revision'),
      entry('b', 'a', 'image'),
      entry('c', 'b', 'config'),
      entry('d', 'c', 'x'),
    ];
    const conditions = [told('Ready', 'True', 'Ready')];
    const graph = pathGraph(undefined, shop({ supplyChainRef: { name: 'web' }, conditions, resources }));
    expect(graph.blueprint).toEqual({ kind: 'ClusterSupplyChain', name: 'web' });
    expect(graph.edges).toEqual([
      { from: 'a', to: 'b', input: '', kind: 'sources', value: 'revision of a' },
      { from: 'b', to: 'c', input: '', kind: 'images', value: 'image of b' },
      { from: 'c', to: 'd', input: '', kind: 'configs', value: 'config of c' },
    ]);
  });

  test('that is of an earlier generation is no answer about this one', () => {
    const status = { observedGeneration: 2, conditions: [told('Ready', 'True', 'Ready')] };
    expect(pathGraph(undefined, shop(status, { generation: 3 }))).toMatchObject({
      state: 'waiting',
      message: 'generation 3 is not looked at yet',
    });
    expect(pathGraph(undefined, shop(status, { generation: 2 })).state).toBe('ready');
  });

  test('of an owner that goes away says so', () => {
    const status = { conditions: [told('Ready', 'True', 'Ready')] };
    const going = shop(status, { deletionTimestamp: '2026-01-01T00:00:00Z' });
    expect(pathGraph(undefined, going)).toMatchObject({ state: 'waiting', message: 'is being deleted' });
  });

  test('has the steps that the blueprint does not know last', () => {
    const conditions = [
      told('ResourceSubmitted', 'True', 'ResourceSubmissionComplete'),
      told('Ready', 'True', 'Ready'),
    ];
    const resources = ['old', 'source'].map((name) => ({ name, conditions }));
    const blueprint = chain('web', [
      resource('source', 'ClusterSourceTemplate', 's'),
      resource('new', 'ClusterTemplate', 't'),
    ]);
    const { nodes } = pathGraph(blueprint, shop({ resources }));
    expect(nodes.map(({ step, state }) => [step, state])).toEqual([
      ['source', 'ready'],
      ['new', 'waiting'],
      ['old', 'ready'],
    ]);
  });

  test('waits for the worst of several inputs', () => {
    const lacks = { conditions: [told('ResourceSubmitted', 'False', 'TemplateStampFailure', 'no value')] };
    const resources = [
      { name: 'slow', conditions: [told('ResourceSubmitted', 'Unknown', 'MissingValueAtPath', 'waiting')] },
      { name: 'bad', conditions: [told('Healthy', 'False', 'ReadyCondition', 'broken')] },
      { name: 'app', inputs: [{ name: 'slow' }, { name: 'bad' }], ...lacks },
      { name: 'behind', inputs: [{ name: 'app' }], ...lacks },
    ];
    const { nodes } = pathGraph(undefined, shop({ resources }));
    expect(nodes.map(({ waitsFor }) => waitsFor)).toEqual([undefined, undefined, 'bad', 'bad']);
  });

  test('leaves a step of a circle, and one whose inputs are there, as they are', () => {
    const lacks = { conditions: [told('ResourceSubmitted', 'False', 'TemplateStampFailure', 'no value')] };
    const resources = [
      { name: 'a', inputs: [{ name: 'b' }], ...lacks },
      { name: 'b', inputs: [{ name: 'a' }], ...lacks },
      { name: 'given', outputs: [{ name: 'image', preview: 'i' }], conditions: [told('Ready', 'True', 'Ready')] },
      { name: 'c', inputs: [{ name: 'given' }], ...lacks },
    ];
    const { nodes } = pathGraph(undefined, shop({ resources }));
    expect(nodes.map(({ step, state, move }) => [step, state, move])).toEqual([
      ['a', 'failed', 'platform'],
      ['b', 'failed', 'platform'],
      ['given', 'ready', 'nobody'],
      ['c', 'failed', 'platform'],
    ]);
  });

  test('of a Runnable speaks of its run', () => {
    const runnable = { apiVersion: 'carto.run/v1alpha1', kind: 'Runnable', metadata: { name: 'r' } };
    const of = (...conditions: Json[]): PathGraph => pathGraph(undefined, { ...runnable, status: { conditions } });
    const ready = told('RunTemplateReady', 'True', 'Ready');
    expect(of(ready, told('StampedObjectCondition', 'False', 'SucceededCondition', 'no'))).toMatchObject({
      state: 'failed',
      message: 'no',
      move: 'developer',
    });
    expect(of(ready, told('StampedObjectCondition', 'Unknown', 'SucceededCondition'))).toMatchObject({
      state: 'running',
    });
    expect(of(told('RunTemplateReady', 'False', 'NotObserved', 'waiting for [x]'))).toMatchObject({ state: 'running' });
    const changed = told('RunTemplateReady', 'False', 'NotObserved', '[x] is not as the template makes it: …');
    expect(of(changed)).toMatchObject({ state: 'failed', move: 'platform' });
  });
});
