import type { TemplateOption } from '@cartographer/api';
import type { Json, JsonObject, KubeObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import type { Resource } from '../read/resource-inputs.ts';
import type { Output } from '../read/resource-outputs.ts';
import { SecretValues } from '../read/secret-values.ts';
import { chain, configMap, template, workload } from '../testing/builders.ts';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';
import { Asks } from '../world/asks.ts';
import { deliverableOwner, workloadOwner } from '../world/owner-kind.ts';
import { absentTemplate } from './choose-template.ts';
import type { Pass } from './pass.ts';
import { realizeResource } from './realize-resource.ts';

const image = (value: string): Output => ({ kind: 'image', image: value });
const source = (url: string): Output => ({ kind: 'source', source: { url, revision: 'r' } });

/** A cluster with a template `t` that gives its object's data as a config. */
function clusterWith(data: JsonObject = { v: '$(params.p)$', i: 'none' }): SimulatedCluster {
  const cluster = new SimulatedCluster();
  configTemplate(cluster, data);
  cluster.put(workload('shop'));
  return cluster;
}

function configTemplate(cluster: SimulatedCluster, data: JsonObject): KubeObject {
  const params = [{ name: 'p', default: 'declared' }];
  return cluster.put(
    template('ClusterConfigTemplate', 't', { configPath: '.data', params, template: configMap('made', data) }),
  );
}

function passOf(cluster: SimulatedCluster, more: Partial<Pass> = {}): Pass {
  return {
    kind: workloadOwner,
    owner: cluster.get('Workload', 'shop'),
    blueprint: chain('web', []),
    blueprintParams: undefined,
    asks: new Asks(cluster.begin().cluster),
    outputs: new Map(),
    held: new Map(),
    taken: new Map(),
    secrets: new SecretValues(),
    ...more,
  };
}

const step = (more: Partial<Resource> = {}): Resource => ({
  name: 'step',
  templateRef: { kind: 'ClusterConfigTemplate', name: 't' },
  ...more,
});

/** The data of the object that would be written. */
function written(pass: Pass, resource: Resource): Json | undefined {
  realizeResource(pass, resource);
  return pass.asks.writes[0]?.object['data'];
}

describe('the choice among the options of a resource', () => {
  const option = (name: string, matchLabels: Record<string, string>, more: object = {}): TemplateOption => ({
    name,
    selector: { matchLabels },
    ...more,
  });
  const fits = { app: 'web' };
  const choose = (options: readonly TemplateOption[], kind = 'ClusterConfigTemplate') => {
    const cluster = clusterWith();
    const pass = passOf(cluster);
    const realized = realizeResource(pass, step({ templateRef: { kind, options } }));
    return { realized, templates: pass.asks.templates };
  };
  const place = 'for resource [step] in supply chain [web]';
  const opening = 'get template name from resource: find matching template option: ';

  test('takes the template of the one that fits', () => {
    const { realized, templates } = choose([option('other', { app: 'none' }), option('t', fits)]);
    expect(realized).toBeUndefined();
    expect(templates).toEqual([{ kind: 'ClusterConfigTemplate', name: 't' }]);
  });

  test.each<[string, readonly TemplateOption[], string]>([
    [
      'none fits',
      [option('a', { app: 'none' })],
      `expected exactly 1 option to match, found [0] matching options ${place}`,
    ],
    [
      'two fit equally well',
      [option('a', fits), option('b', fits), option('c', { app: 'none' })],
      `expected exactly 1 option to match, found [2] matching options [a, b] ${place}`,
    ],
    [
      'one without a name fits as well as another',
      [option('a', fits), { selector: { matchLabels: fits }, passThrough: 'x' }],
      `expected exactly 1 option to match, found [2] matching options [a, ] ${place}`,
    ],
  ])('fails where %s', (_what, options, message) => {
    expect(choose(options).realized).toMatchObject({
      template: undefined,
      passesThrough: false,
      failure: { kind: 'matchOptions', message: opening + message },
    });
  });

  test.each([
    ['bad', {}],
    ['', { name: undefined, passThrough: 'in' }],
  ])('fails where the selector of one is wrong (%j), though another fits', (name, more) => {
    const selector = { matchFields: [{ key: 'spec[', operator: 'Exists' }] };
    const wrong = option(name, {}, { selector, ...more });
    const { realized } = choose([option('t', fits), wrong]);
    expect(realized?.failure).toMatchObject({ kind: 'resolveOptions' });
    expect(JSON.stringify(realized?.failure)).toContain(
      `${opening}error matching against template option [${name}] ${place}: `,
    );
  });

  test('does not pass through what has no name, and goes by name where there are no options', () => {
    expect(choose([option('t', fits, { passThrough: '' })]).templates).toHaveLength(1);
    const pass = passOf(clusterWith());
    realizeResource(pass, step({ templateRef: { kind: 'ClusterConfigTemplate', name: 't', options: [] } }));
    expect(pass.asks.templates).toEqual([{ kind: 'ClusterConfigTemplate', name: 't' }]);
  });

  test('names the template that is not there', () => {
    const pass = passOf(clusterWith());
    const key = { kind: 'ClusterConfigTemplate', name: 'gone' };
    const message =
      'failed to get cluster template [{Kind:ClusterConfigTemplate Name:gone}]: resource does not match a known template';
    expect(realizeResource(pass, step({ templateRef: key }))?.failure).toEqual({ kind: 'noTemplate', message });
    expect(absentTemplate(pass.asks, key)).toEqual({ kind: 'noTemplate', message });
    expect(absentTemplate(pass.asks, { ...key, name: 't' })).toBeUndefined();
    expect(pass.asks.templates).toEqual([key, key, { ...key, name: 't' }]);
  });
});

describe('a resource that passes an input through', () => {
  const outputs = new Map<string, Output>([
    ['one', image('i1')],
    ['two', image('i2')],
    ['src', source('u')],
  ]);
  const through = (kind: string, more: Partial<Resource>, owner = workloadOwner) => {
    const options = [{ selector: { matchLabels: { app: 'web' } }, passThrough: 'in' }] as readonly TemplateOption[];
    const pass = passOf(clusterWith(), { outputs, kind: owner });
    return realizeResource(pass, step({ templateRef: { kind, options }, ...more }));
  };
  const from = (...producers: readonly string[]) => producers.map((resource) => ({ name: 'in', resource }));

  test.each<[string, string, Partial<Resource>, Output]>([
    ['an image', 'ClusterImageTemplate', { images: from('one') }, image('i1')],
    ['the last of two with its name', 'ClusterImageTemplate', { images: from('one', 'two') }, image('i2')],
    ['the last that is there', 'ClusterImageTemplate', { images: from('one', 'gone') }, image('i1')],
    ['a source', 'ClusterSourceTemplate', { sources: from('src') }, source('u')],
    ['nothing where the kind gives out nothing', 'ClusterTemplate', {}, { kind: 'nothing' }],
  ])('hands on %s', (_what, kind, more, output) => {
    expect(through(kind, more)).toMatchObject({
      passesThrough: true,
      template: undefined,
      stamped: undefined,
      failure: undefined,
      output,
    });
  });

  test('hands on the output itself, not a copy', () => {
    expect(through('ClusterImageTemplate', { images: from('one') })?.output).toBe(outputs.get('one'));
  });

  test.each<[string, string, Partial<Resource>, string]>([
    ['is of a producer that is not there', 'ClusterImageTemplate', { images: from('gone') }, 'images'],
    ['has another name', 'ClusterImageTemplate', { images: [{ name: 'other', resource: 'one' }] }, 'images'],
    ['is of another kind', 'ClusterImageTemplate', { images: from('src') }, 'images'],
    ['stands among others', 'ClusterImageTemplate', { sources: from('src') }, 'images'],
    ['is a deployment', 'ClusterDeploymentTemplate', { deployment: { resource: 'src' } }, 'deployments'],
  ])('fails where its input %s', (_what, kind, more, group) => {
    expect(through(kind, more)).toMatchObject({
      passesThrough: true,
      output: { kind: 'nothing' },
      failure: {
        kind: 'passThrough',
        input: 'in',
        message: `unable to retrieve outputs from pass through [in] for resource [step] in supply chain [web]: input [in] not found in ${group}`,
      },
    });
  });

  test('of a deliverable does the same', () => {
    expect(through('ClusterSourceTemplate', { sources: from('src') }, deliverableOwner)?.output).toEqual(source('u'));
  });
});

describe('what is stamped', () => {
  test('is made once as long as all that goes into it is the same', () => {
    const cluster = clusterWith();
    const [blueprint, resource] = [chain('web', []), step()];
    const [first, again] = [passOf(cluster, { blueprint }), passOf(cluster, { blueprint })];
    realizeResource(first, resource);
    realizeResource(again, resource);
    expect(first.asks.writes[0]?.object['data']).toBeDefined();
    expect(again.asks.writes[0]?.object['data']).toBe(first.asks.writes[0]?.object['data']);
  });

  test('is made anew for another template, resource, blueprint, owner and input', () => {
    const cluster = clusterWith({ v: '$(params.p)$', w: '$(workload.metadata.annotations.w)$' });
    cluster.put(workload('shop', {}, { annotations: { w: '1' } }));
    const blueprint = chain('web', []);
    const resource = step();
    const base = { blueprint };
    expect(written(passOf(cluster, base), resource)).toEqual({ v: 'declared', w: '1' });

    const params = [{ name: 'p', value: 'blueprint' }];
    const edited = { blueprint: chain('web', []), blueprintParams: params };
    expect(written(passOf(cluster, edited), resource)).toEqual({ v: 'blueprint', w: '1' });
    const other = step({ params: [{ name: 'p', value: 'resource' }] });
    expect(written(passOf(cluster, edited), other)).toEqual({ v: 'resource', w: '1' });

    configTemplate(cluster, { v: '$(params.p)$', w: 'edited' });
    expect(written(passOf(cluster, edited), other)).toEqual({ v: 'resource', w: 'edited' });
    configTemplate(cluster, { v: '$(params.p)$', w: '$(workload.metadata.annotations.w)$' });
    cluster.put(workload('shop', { params: [{ name: 'p', value: 'owner' }] }, { annotations: { w: '2' } }));
    expect(written(passOf(cluster, base), resource)).toEqual({ v: 'owner', w: '2' });
  });

  test('is made anew when an input is another, and when one comes or goes', () => {
    const cluster = clusterWith({ i: '$(images)$' });
    const blueprint = chain('web', []);
    const resource = step({
      images: [
        { name: 'a', resource: 'one' },
        { name: 'b', resource: 'two' },
      ],
    });
    const [one, two] = [image('1'), image('2')];
    const dataOf = (outputs: readonly [string, Output][]): Json | undefined =>
      written(passOf(cluster, { blueprint, outputs: new Map(outputs) }), resource);
    const a = { a: { image: '1', name: 'a' } };
    expect(dataOf([['one', one]])).toEqual({ i: a });
    expect(
      dataOf([
        ['one', one],
        ['two', two],
      ]),
    ).toEqual({ i: { ...a, b: { image: '2', name: 'b' } } });
    expect(
      dataOf([
        ['one', one],
        ['two', image('3')],
      ]),
    ).toEqual({ i: { ...a, b: { image: '3', name: 'b' } } });
    expect(dataOf([['one', one]])).toEqual({ i: a });
    expect(dataOf([['two', two]])).toEqual({ i: { b: { image: '2', name: 'b' } } });
  });

  test('of two resources of one owner is kept for each', () => {
    const cluster = clusterWith({ v: '$(params.p)$' });
    const blueprint = chain('web', []);
    const [one, two] = ['one', 'two'].map((name) => step({ name, params: [{ name: 'p', value: name }] })) as [
      Resource,
      Resource,
    ];
    const objectOf = (resource: Resource): KubeObject | undefined => {
      const pass = passOf(cluster, { blueprint });
      realizeResource(pass, resource);
      return pass.asks.writes[0]?.object;
    };
    const [first, second] = [objectOf(one), objectOf(two)];
    expect([first?.['data'], second?.['data']]).toEqual([{ v: 'one' }, { v: 'two' }]);
    expect(objectOf(one)?.['data']).toBe(first?.['data']);
    expect(objectOf(two)?.['data']).toBe(second?.['data']);
  });

  test('waits for its program to be run, and is looked at again then', () => {
    const cluster = clusterWith();
    cluster.put(template('ClusterConfigTemplate', 't', { configPath: '.data', ytt: 'x' }));
    const blueprint = chain('web', []);
    const resource = step();
    const waits = passOf(cluster, { blueprint });
    expect(realizeResource(waits, resource)).toBeUndefined();
    expect([waits.asks.renders.length, waits.asks.writes.length]).toEqual([1, 0]);
    cluster.render = () => ({ kind: 'rendered', output: JSON.stringify(configMap('made', { v: 'rendered' })) });
    expect(written(passOf(cluster, { blueprint }), resource)).toEqual({ v: 'rendered' });
  });

  test('has the labels of owner, blueprint, resource and template', () => {
    const pass = passOf(clusterWith());
    realizeResource(pass, step());
    expect(pass.asks.writes[0]?.object.metadata.labels).toEqual({
      'carto.run/workload-name': 'shop',
      'carto.run/workload-namespace': 'team',
      'carto.run/supply-chain-name': 'web',
      'carto.run/resource-name': 'step',
      'carto.run/template-kind': 'ClusterConfigTemplate',
      'carto.run/cluster-template-name': 't',
      'carto.run/template-lifecycle': 'mutable',
    });
  });
});

describe('what an object says of its making', () => {
  const madeFrom = (more: Partial<Resource> = {}, metadata: JsonObject = {}): unknown => {
    const cluster = clusterWith();
    const blueprint = chain('web', []);
    const pass = passOf(cluster, { blueprint: { ...blueprint, metadata: { ...blueprint.metadata, ...metadata } } });
    realizeResource(pass, step(more));
    return JSON.parse(pass.asks.writes[0]?.object.metadata.annotations?.['carto.run/made-from'] ?? '{}');
  };
  const of = (name: string, matchLabels: Record<string, string>): TemplateOption => ({
    name,
    selector: { matchLabels },
  });

  test('names blueprint, template and params', () => {
    const made = madeFrom({}, { uid: 'b', generation: 3 });
    expect(made).toMatchObject({ blueprint: { uid: 'b', generation: 3 }, template: { generation: 1 } });
    expect(made).toHaveProperty('params');
    expect(made).not.toHaveProperty('option');
    expect(madeFrom({ params: [{ name: 'p', value: 'other' }] })).not.toMatchObject({
      params: (made as JsonObject)['params'],
    });
  });

  test.each<[string, readonly TemplateOption[]]>([
    ['the only option', [of('t', { app: 'web' })]],
    ['the option that fits', [of('t', { app: 'web' }), of('other', { app: 'none' })]],
  ])('names %s', (_what, options) => {
    expect(madeFrom({ templateRef: { kind: 'ClusterConfigTemplate', options } })).toMatchObject({ option: 't' });
  });
});

test('of two steps that would stamp the same object, the second is refused', () => {
  const pass = passOf(clusterWith());
  expect(realizeResource(pass, step())).toBeUndefined();
  expect(JSON.stringify(realizeResource(pass, step({ name: 'again' }))?.failure)).toContain(
    'object is already stamped by resource [step]',
  );
});

test('a step that several steps hold tells of the first that it reads from', () => {
  const held = new Map([
    ['a', 'waits for a'],
    ['b', 'waits for b'],
  ]);
  const reading = step({ images: [{ name: 'i', resource: 'b' }], configs: [{ name: 'c', resource: 'a' }] });
  const { failure, holds } = realizeResource(passOf(clusterWith(), { held }), reading) ?? {};
  expect([failure, holds]).toEqual([{ kind: 'held', message: 'waits for b' }, 'waits for b']);
});

describe('what cannot be stamped or applied', () => {
  test('is told with its place', () => {
    const cluster = clusterWith({ v: '$(nope)$' });
    const { failure, template: used, events } = realizeResource(passOf(cluster), step()) ?? {};
    expect(used?.metadata.name).toBe('t');
    expect(failure).toMatchObject({ kind: 'stamp' });
    expect(JSON.stringify(failure)).toContain(
      'unable to stamp object for resource [step] for template [ClusterConfigTemplate/t] in supply chain [web]: ',
    );
    expect(events).toEqual([]);
  });

  test('is told with an event that says what to do, where the message does not', () => {
    const cluster = clusterWith();
    cluster.put(
      template('ClusterConfigTemplate', 't', {
        configPath: '.data',
        template: { apiVersion: 'v1', kind: 'ConfigMap' },
      }),
    );
    expect(realizeResource(passOf(cluster), step())).toMatchObject({
      failure: { kind: 'apply' },
      events: [
        {
          type: 'Warning',
          reason: 'TemplateRejectedByAPIServer',
          message: expect.stringContaining('[step] template [ClusterConfigTemplate/t] sets no metadata.name') as string,
        },
      ],
    });
  });

  test('is told without what a Secret that was to be stamped holds', () => {
    const cluster = clusterWith();
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'made' }, stringData: { k: 'password' } };
    cluster.put(template('ClusterConfigTemplate', 't', { configPath: '.stringData', template: secret }));
    const refused = { kind: 'refused', code: 409, message: 'password is taken' } as const;
    const asks = new Asks({ ...cluster.begin().cluster, written: () => refused });
    const { failure } = realizeResource(passOf(cluster, { asks }), step()) ?? {};
    expect(JSON.stringify(failure)).toContain('[redacted] is taken');
  });

  test('is remembered for this generation of its template alone', () => {
    const cluster = clusterWith();
    const recalled = (): ReadonlySet<string> => {
      const keys = new Set<string>();
      const recall = (key: string) => void keys.add(key);
      realizeResource(passOf(cluster, { asks: new Asks({ ...cluster.begin().cluster, recall }) }), step());
      return keys;
    };
    expect(recalled()).toContain('dropped ClusterConfigTemplate/t@1 v1 ConfigMap');
    configTemplate(cluster, { v: 'x' });
    expect(recalled()).toContain('dropped ClusterConfigTemplate/t@2 v1 ConfigMap');
  });

  test('keeps the retry that the server asks for', () => {
    const cluster = clusterWith();
    const answer = { kind: 'refused', code: 403, message: 'no right' } as const;
    const { cluster: known } = cluster.begin();
    const asks = new Asks({ ...known, written: () => answer });
    expect(realizeResource(passOf(cluster, { asks }), step())).toMatchObject({
      stamped: undefined,
      output: { kind: 'nothing' },
      failure: { kind: 'apply', retry: { kind: 'after', afterMs: 30_000 } },
    });
  });
});

describe('a step that stands', () => {
  /** Realizes it with its write done. */
  function stood(cluster: SimulatedCluster, more: Partial<Pass> = {}) {
    const reconcile = cluster.begin();
    const pass = passOf(cluster, { ...more, asks: new Asks(reconcile.cluster) });
    realizeResource(pass, step());
    for (const write of pass.asks.writes) reconcile.write(write);
    return realizeResource({ ...pass, taken: new Map(), asks: new Asks(reconcile.cluster) }, step());
  }

  test('gives out what its object has, and says which object that is', () => {
    expect(stood(clusterWith({ v: 'x' }))).toMatchObject({
      passesThrough: false,
      stamped: { object: { kind: 'ConfigMap', metadata: { name: 'made' } }, type: { resource: 'configmaps' } },
      output: { kind: 'config', config: { v: 'x' } },
      isSecret: false,
      failure: undefined,
      surplus: [],
    });
  });

  test('whose output cannot be read gives out nothing and keeps its object', () => {
    const cluster = clusterWith();
    cluster.put(template('ClusterConfigTemplate', 't', { configPath: '.none', template: configMap('made', {}) }));
    expect(stood(cluster)).toMatchObject({
      stamped: { object: { metadata: { name: 'made' } } },
      output: { kind: 'nothing' },
      failure: { kind: 'output', failure: { kind: 'path', expression: '.none' }, type: { resource: 'configmaps' } },
    });
  });

  test('that is stopped goes on giving out what its object has', () => {
    const cluster = clusterWith({ v: 'x' });
    stood(cluster);
    configTemplate(cluster, { v: 'y' });
    cluster.pace = () => ({ changed: { writes: 9, restMs: 7_000 } });
    const { cluster: known } = cluster.begin();
    const realized = realizeResource(passOf(cluster, { asks: new Asks(known) }), step());
    expect(realized).toMatchObject({
      stamped: { object: { metadata: { name: 'made' } }, type: { resource: 'configmaps' } },
      output: { kind: 'config', config: { v: 'x' } },
      isSecret: false,
      failure: { kind: 'halted', restMs: 7_000 },
    });
    expect(JSON.stringify(realized?.failure)).toContain('resource [step] stopped after 9 changes of [configmaps/made]');
  });

  test('of a Secret says so, and no later text tells its values', () => {
    const cluster = clusterWith();
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'made' }, stringData: { k: 'password' } };
    cluster.put(template('ClusterConfigTemplate', 't', { configPath: '.stringData', template: secret }));
    const secrets = new SecretValues();
    expect(stood(cluster, { secrets })).toMatchObject({ isSecret: true, output: { config: { k: 'password' } } });
    expect(secrets.redact('it is password')).toBe('it is [redacted]');
  });
});
