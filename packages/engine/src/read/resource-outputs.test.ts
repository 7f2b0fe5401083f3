import type { Json, JsonObject, KubeObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import {
  chain,
  deliverable,
  delivery,
  ownerLines,
  resource,
  resourceLines,
  template,
  thing,
} from '../testing/builders.ts';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';
import type { Output, Source } from './resource-outputs.ts';
import { outputValues, readOutput, shownOutputs, unreadOutput, withheldOutput } from './resource-outputs.ts';

const object = (content: object): KubeObject => ({ apiVersion: 'v1', kind: 'T', metadata: { name: 'x' }, ...content });

describe('an output', () => {
  test('is read once per object and template', () => {
    const source = template('ClusterSourceTemplate', 't', { urlPath: '.status.u', revisionPath: '.status.r' });
    const live = object({ status: { u: 'url', r: { a: 1 } } });
    const result = readOutput(source, live, undefined);
    expect(result).toEqual({ kind: 'read', output: { kind: 'source', source: { url: 'url', revision: { a: 1 } } } });
    expect(readOutput(source, live, undefined)).toBe(result);
  });

  test('that is null is none, but no failure', () => {
    const image = template('ClusterImageTemplate', 't', { imagePath: '.status.image' });
    const result = readOutput(image, object({ status: { image: null } }), undefined);
    expect(result).toEqual({ kind: 'read', output: { kind: 'nothing' } });
  });

  test('of a source is shown even when it is null', () => {
    const shown = shownOutputs({ kind: 'source', source: { url: null, revision: 'r' } });
    expect(shown.map(({ name, preview }) => [name, preview])).toEqual([
      ['url', 'null\n'],
      ['revision', 'r\n'],
    ]);
  });
});

/** What `readOutput` says of an object with this status. */
const outputOf = (kind: string, spec: JsonObject, status: JsonObject, deployment?: Source) =>
  readOutput(template(kind, 't', spec), object({ status, spec: { rev: 'r1' } }), deployment);
const read = (output: Output) => ({ kind: 'read', output });
const unread = (failure: object) => ({ kind: 'unread', failure });
const from: Source = { url: 'u', revision: 'r' };

describe('what each kind of template gives out', () => {
  test.each<[string, JsonObject, JsonObject, Output]>([
    [
      'ClusterSourceTemplate',
      { urlPath: '.status.a', revisionPath: '.status.b' },
      { a: 'u', b: 'r' },
      { kind: 'source', source: { url: 'u', revision: 'r' } },
    ],
    [
      'ClusterSourceTemplate',
      { urlPath: '.status.a', revisionPath: '.status.b' },
      { a: null, b: null },
      { kind: 'source', source: { url: null, revision: null } },
    ],
    ['ClusterImageTemplate', { imagePath: '.status.a' }, { a: 'i' }, { kind: 'image', image: 'i' }],
    ['ClusterImageTemplate', { imagePath: '.status.a' }, { a: '' }, { kind: 'image', image: '' }],
    ['ClusterImageTemplate', { imagePath: '.status.a' }, { a: null }, { kind: 'nothing' }],
    ['ClusterConfigTemplate', { configPath: '.status.a' }, { a: { b: [1] } }, { kind: 'config', config: { b: [1] } }],
    ['ClusterConfigTemplate', { configPath: '.status.a' }, { a: 0 }, { kind: 'config', config: 0 }],
    ['ClusterConfigTemplate', { configPath: '.status.a' }, { a: false }, { kind: 'config', config: false }],
    ['ClusterConfigTemplate', { configPath: '.status.a' }, { a: null }, { kind: 'nothing' }],
    ['ClusterTemplate', {}, { a: 1 }, { kind: 'nothing' }],
  ])('%s with %j of %j', (kind, spec, status, expected) => {
    expect(outputOf(kind, spec, status)).toEqual(read(expected));
  });

  test.each<[string, JsonObject, string, string]>([
    [
      'ClusterSourceTemplate',
      { urlPath: '.status.x', revisionPath: '.status.b' },
      '.status.x',
      'jsonpath returned empty list: .status.x',
    ],
    [
      'ClusterSourceTemplate',
      { urlPath: '.status.a', revisionPath: '.status.x' },
      '.status.x',
      'jsonpath returned empty list: .status.x',
    ],
    ['ClusterImageTemplate', { imagePath: '.status.x' }, '.status.x', 'jsonpath returned empty list: .status.x'],
    ['ClusterConfigTemplate', { configPath: '.status.x' }, '.status.x', 'jsonpath returned empty list: .status.x'],
    ['ClusterConfigTemplate', { configPath: '.status.big' }, '.status.big', 'the value is larger than 8388608 bytes'],
  ])('%s with %j says which path gives nothing', (kind, spec, expression, message) => {
    const status = { a: 'a', b: 'b', big: 'x'.repeat(8 * 1024 * 1024) };
    expect(outputOf(kind, spec, status)).toEqual(unread({ kind: 'path', expression, message }));
  });

  test('is read anew for another object and for another template', () => {
    const [image, config] = [
      template('ClusterImageTemplate', 't', { imagePath: '.status.a' }),
      template('ClusterConfigTemplate', 't', { configPath: '.status.a' }),
    ];
    const [one, two] = [object({ status: { a: 1 } }), object({ status: { a: 2 } })];
    expect(readOutput(image, one, undefined)).toEqual(read({ kind: 'image', image: 1 }));
    expect(readOutput(image, two, undefined)).toEqual(read({ kind: 'image', image: 2 }));
    expect(readOutput(config, one, undefined)).toEqual(read({ kind: 'config', config: 1 }));
  });
});

describe('a template without any object to read from', () => {
  const message = 'failed to evaluate path of empty object';
  test.each<[string, JsonObject, object]>([
    [
      'ClusterSourceTemplate',
      { urlPath: '.a', revisionPath: '.b' },
      unread({ kind: 'path', expression: '.a', message }),
    ],
    ['ClusterImageTemplate', { imagePath: '.i' }, unread({ kind: 'path', expression: '.i', message })],
    ['ClusterConfigTemplate', { configPath: '.c' }, unread({ kind: 'path', expression: '.c', message })],
    ['ClusterConfigTemplate', {}, unread({ kind: 'path', expression: '', message })],
    ['ClusterDeploymentTemplate', {}, unread({ kind: 'other', message })],
    ['ClusterTemplate', {}, read({ kind: 'nothing' })],
  ])('%s with %j waits for its first path', (kind, spec, expected) => {
    expect(unreadOutput(template(kind, 't', spec))).toEqual(expected);
  });
});

describe('a template whose object is there, and not healthy', () => {
  test('waits for its first path', () => {
    const image = template('ClusterImageTemplate', 't', { imagePath: '.i' });
    expect(withheldOutput(image)).toEqual(unreadOutput(image));
  });

  test('of a deployment says that its condition is not met', () => {
    const message = 'the object is not healthy';
    const deployment = template('ClusterDeploymentTemplate', 't', {});
    expect(withheldOutput(deployment)).toEqual(unread({ kind: 'conditionNotMet', message }));
  });
});

describe('what a deployment hands on', () => {
  const matching = (...pairs: [string, string][]): JsonObject => ({
    observedMatches: pairs.map(([input, output]) => ({ input, output })),
  });

  test.each<[string, JsonObject, JsonObject, string | undefined]>([
    ['without any rule', {}, {}, undefined],
    ['with no pairs', matching(), {}, undefined],
    ['with equal pairs', matching(['spec.rev', 'status.a'], ['spec.rev', 'status.b']), { a: 'r1', b: 'r1' }, undefined],
    [
      'with a second pair that differs',
      matching(['spec.rev', 'status.a'], ['spec.rev', 'status.b']),
      { a: 'r1', b: 'r2' },
      'input [spec.rev] and output [status.b] do not match: r1 != r2',
    ],
    ['with equal lists', matching(['status.a', 'status.b']), { a: [1, { x: 1 }], b: [1, { x: 1 }] }, undefined],
    [
      'with a text and a number',
      matching(['status.a', 'status.b']),
      { a: '1', b: 1 },
      'input [status.a] and output [status.b] do not match: 1 != %!s(float64=1)',
    ],
    [
      'with null and true',
      matching(['status.a', 'status.b']),
      { a: null, b: true },
      'input [status.a] and output [status.b] do not match: %!s(<nil>) != %!s(bool=true)',
    ],
    [
      'with a list and a map, as Go prints them, keys in order',
      matching(['status.a', 'status.b']),
      { a: ['x', 1, null], b: { z: 'q', a: [false], m: 'p' } },
      'input [status.a] and output [status.b] do not match: [x %!s(float64=1) %!s(<nil>)] != map[a:[%!s(bool=false)] m:p z:q]',
    ],
  ])('%s', (_what, rule, status, message) => {
    const expected =
      message === undefined ? read({ kind: 'source', source: from }) : unread({ kind: 'conditionNotMet', message });
    expect(outputOf('ClusterDeploymentTemplate', rule, status, from)).toEqual(expected);
  });

  const done = (observed: Json | undefined, status: JsonObject, failed?: object): unknown =>
    readOutput(
      template('ClusterDeploymentTemplate', 't', {
        observedCompletion: {
          succeeded: { key: 'status.ok', value: 'yes' },
          ...(failed === undefined ? {} : { failed }),
        },
        observedMatches: [{ input: 'spec.none', output: 'spec.none' }],
      } as JsonObject),
      {
        ...object({}),
        metadata: { name: 'x', generation: 3 },
        status: { ...status, ...(observed === undefined ? {} : { observedGeneration: observed }) },
      },
      from,
    );
  const failed = { key: 'status.bad', value: 'yes' };

  test.each<[string, unknown, unknown]>([
    [
      'its input when it succeeded, whatever the pairs say',
      done(3, { ok: 'yes' }),
      read({ kind: 'source', source: from }),
    ],
    [
      'its input when it did not fail',
      done(3, { ok: 'yes', bad: 'no' }, failed),
      read({ kind: 'source', source: from }),
    ],
    [
      'its input when the failed path is not there',
      done(3, { ok: 'yes' }, failed),
      read({ kind: 'source', source: from }),
    ],
    [
      'nothing when it failed, be it that it succeeded too',
      done(3, { ok: 'yes', bad: 'yes' }, failed),
      unread({ kind: 'failedCondition', message: 'deployment failure condition [status.bad] was: yes' }),
    ],
    [
      'nothing of an older generation that succeeded',
      done(2, { ok: 'yes' }),
      unread({
        kind: 'conditionNotMet',
        message: 'status.observedGeneration does not equal metadata.generation: %!s(float64=2) != %!s(float64=3)',
      }),
    ],
    [
      'nothing of a newer generation',
      done(4, { ok: 'yes' }),
      unread(expect.objectContaining({ kind: 'conditionNotMet' })),
    ],
    [
      'nothing of an older generation that failed, which is not told',
      done(2, { bad: 'yes' }, failed),
      unread(expect.objectContaining({ kind: 'conditionNotMet' })),
    ],
    [
      'nothing without an observed generation',
      done(undefined, { ok: 'yes' }),
      unread({
        kind: 'observedGeneration',
        message: 'jsonpath returned empty list: status.observedGeneration',
      }),
    ],
    [
      'nothing without the value that would tell success',
      done(3, {}),
      unread({
        kind: 'conditionNotMet',
        message: 'failed to evaluate succeededCondition.Key [status.ok]: jsonpath returned empty list: status.ok',
      }),
    ],
    [
      'nothing with another value than that of success',
      done(3, { ok: true }),
      unread({
        kind: 'conditionNotMet',
        message: 'deployment success condition [status.ok] was: %!s(bool=true), expected: yes',
      }),
    ],
  ])('is %s', (_what, result, expected) => {
    expect(result).toEqual(expected);
  });

  test('nothing of an object without a generation', () => {
    const rule = { observedCompletion: { succeeded: { key: 'status.ok', value: 'yes' } } };
    expect(outputOf('ClusterDeploymentTemplate', rule, { ok: 'yes', observedGeneration: 1 }, from)).toEqual(
      unread({
        kind: 'path',
        expression: 'metadata.generation',
        message: 'jsonpath returned empty list: metadata.generation',
      }),
    );
  });

  test('is one output for one source, and another for another', () => {
    const one = outputOf('ClusterDeploymentTemplate', {}, {}, from);
    expect(outputOf('ClusterDeploymentTemplate', {}, { a: 1 }, from)).toBe(one);
    expect(outputOf('ClusterDeploymentTemplate', {}, {}, { ...from, revision: 'r2' })).toEqual(
      read({ kind: 'source', source: { url: 'u', revision: 'r2' } }),
    );
  });

  test('is nothing, unlike success, without its input', () => {
    expect(outputOf('ClusterDeploymentTemplate', {}, {})).toEqual(
      unread({ kind: 'other', message: 'deployment not found in upstream template' }),
    );
    expect(outputOf('ClusterDeploymentTemplate', matching(['spec.rev', 'status.a']), { a: 'no' })).toMatchObject(
      unread({ kind: 'conditionNotMet' }),
    );
  });
});

describe('an output in a status', () => {
  test.each<[Output, readonly string[], readonly Json[]]>([
    [{ kind: 'source', source: { url: 'u', revision: 'r' } }, ['url', 'revision'], ['u', 'r']],
    [{ kind: 'image', image: 'i' }, ['image'], ['i']],
    [{ kind: 'config', config: { a: 1 } }, ['config'], [{ a: 1 }]],
    [{ kind: 'nothing' }, [], []],
  ])('%j has the names %j', (output, names, values) => {
    const shown = shownOutputs(output);
    expect(shown.map(({ name }) => name)).toEqual(names);
    expect(outputValues(output)).toEqual(values);
    expect(shownOutputs(output)).toBe(shown);
    for (const { digest } of shown) expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  });
});

/** Scenarios 41 and 44: a source, and a deployment of it. */
function deployed(rule: object, more: object = {}): SimulatedCluster {
  const cluster = new SimulatedCluster();
  const source = thing('src', {}, { status: { url: 'u', revision: 'r1' } });
  cluster.put(
    template('ClusterSourceTemplate', 's', {
      urlPath: '.status.url',
      revisionPath: '.status.revision',
      template: source,
    }),
  );
  cluster.put(
    template('ClusterDeploymentTemplate', 'd', {
      ...rule,
      template: { ...thing('dep', { rev: '$(deployment.revision)$' }), kind: 'StatusThing', ...more },
    }),
  );
  cluster.put(template('ClusterTemplate', 'after', { template: thing('after', { url: '$(source.url)$' }) }));
  cluster.put(
    delivery('web', [
      resource('src', 'ClusterSourceTemplate', 's'),
      resource('deploy', 'ClusterDeploymentTemplate', 'd', { deployment: { resource: 'src' } }),
      resource('after', 'ClusterTemplate', 'after', { sources: [{ name: 'x', resource: 'deploy' }] }),
    ]),
  );
  cluster.put(deliverable('shop'));
  cluster.settle();
  return cluster;
}

function line(cluster: SimulatedCluster, status?: object): string | undefined {
  if (status !== undefined) cluster.patch('StatusThing', 'dep', { status: status as never });
  cluster.settle();
  return resourceLines(cluster.get('Deliverable', 'shop'), 'deploy')[0];
}

describe('a deployment with observedMatches', () => {
  test('hands its input on when all pairs are equal', () => {
    const cluster = deployed({ observedMatches: [{ input: 'spec.rev', output: 'status.rev' }] });
    expect(line(cluster)).toBe(
      'ResourcesSubmitted Unknown ConditionNotMet: resource [deploy] condition not met: could not find value on output [status.rev]: jsonpath returned empty list: status.rev',
    );
    expect(ownerLines(cluster.get('Deliverable', 'shop'))[0]).toBe('DeliveryReady True Ready');
    expect(line(cluster, { rev: 'r0' })).toContain('input [spec.rev] and output [status.rev] do not match: r1 != r0');
    expect(line(cluster, { rev: 2 })).toContain('do not match: r1 != %!s(float64=2)');
    expect(line(cluster, { rev: 'r1' })).toBe('ResourceSubmitted True ResourceSubmissionComplete');
    expect(cluster.get('Thing', 'after')['spec']).toEqual({ url: 'u' });
  });

  test('names an input that is not there', () => {
    const cluster = deployed({ observedMatches: [{ input: 'spec.none', output: 'status.rev' }] });
    expect(line(cluster)).toContain(
      'could not find value on input [spec.none]: jsonpath returned empty list: spec.none',
    );
  });
});

describe('a deployment with observedCompletion', () => {
  const rule = {
    observedCompletion: {
      succeeded: { key: 'status.ok', value: 'yes' },
      failed: { key: 'status.bad', value: 'yes' },
    },
  };

  test('waits for its generation to be observed, then for success, and sees failure first', () => {
    const cluster = deployed(rule);
    expect(line(cluster)).toBe(
      'ResourcesSubmitted False TemplateStampFailure: resource [deploy] cannot satisfy observedCompletion without observedGeneration in object status',
    );
    expect(line(cluster, { observedGeneration: 7 })).toBe(
      'ResourcesSubmitted Unknown ConditionNotMet: resource [deploy] condition not met: status.observedGeneration does not equal metadata.generation: %!s(float64=7) != %!s(float64=1)',
    );
    expect(line(cluster, { observedGeneration: 1 })).toContain(
      'failed to evaluate succeededCondition.Key [status.ok]: jsonpath returned empty list: status.ok',
    );
    expect(line(cluster, { ok: 'no' })).toContain('deployment success condition [status.ok] was: no, expected: yes');
    expect(line(cluster, { ok: 'yes', bad: 'yes' })).toBe(
      'ResourcesSubmitted False FailedConditionMet: resource [deploy] failed condition met: deployment failure condition [status.bad] was: yes',
    );
    expect(line(cluster, { bad: 'no' })).toBe('ResourceSubmitted True ResourceSubmissionComplete');
  });
});

test('a deployment without its input has nothing to hand on', () => {
  const cluster = deployed({ observedMatches: [] }, { spec: {} });
  cluster.put(
    delivery('web', [resource('deploy', 'ClusterDeploymentTemplate', 'd', { deployment: { resource: 'src' } })]),
  );
  expect(line(cluster)).toBe(
    'ResourceSubmitted False UnknownError: unable to retrieve outputs from stamped object [team/dep] of type [statusthings.golden.test] for resource [deploy] in supply chain [web]: deployment not found in upstream template',
  );
});

test('a supply chain speaks of every unreadable output in the same way', () => {
  const cluster = new SimulatedCluster();
  cluster.put(template('ClusterImageTemplate', 't', { imagePath: '.status[', template: thing('a', {}) }));
  cluster.put(chain('web', [resource('only', 'ClusterImageTemplate', 't')]));
  cluster.put({ ...deliverable('shop'), kind: 'Workload' });
  cluster.settle();
  expect(resourceLines(cluster.get('Workload', 'shop'), 'only')[0]).toContain('waiting to read value [.status[]');
});
