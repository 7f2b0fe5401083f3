import type { Mover, StepState } from '@cartographer/api';
import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import { chain, configMap, resource, template, thing, workload } from '../testing/builders.ts';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';
import type { Explained, StepAccount } from './explained.ts';
import { accountOf } from './testing/account-of.ts';

/*
 * Every situation that users of the original asked about and got no answer to, through real worlds: what the plan made of
 * them stands in the status, and the account is of that.
 */

const RULE = { singleConditionType: 'Ready' };
const SOURCE = [{ name: 'source', resource: 'source' }];
const IMAGE = [{ name: 'image', resource: 'image' }];

type Parts = {
  readonly image?: JsonObject;
  readonly app?: JsonObject;
  readonly owner?: KubeObject;
  readonly chain?: JsonObject;
};

/** A source and an image, both Things that their tools answer, and an app, a StatusThing. */
function shop({ image = {}, app = {}, owner = workload('shop'), chain: more = {} }: Parts = {}): SimulatedCluster {
  const cluster = new SimulatedCluster();
  const source = { urlPath: '.status.url', revisionPath: '.status.revision', template: thing('source', {}) };
  cluster.put(template('ClusterSourceTemplate', 'source', source));
  const built = { imagePath: '.status.image', template: thing('image', { url: '$(source.url)$' }), healthRule: RULE };
  cluster.put(template('ClusterImageTemplate', 'image', { ...built, ...image }));
  const stamped = { ...thing('app', { image: '$(image)$' }), kind: 'StatusThing' };
  cluster.put(template('ClusterTemplate', 'app', { template: stamped, ...app }));
  cluster.put(
    chain(
      'web',
      [
        resource('source', 'ClusterSourceTemplate', 'source'),
        resource('image', 'ClusterImageTemplate', 'image', { sources: SOURCE }),
        resource('app', 'ClusterTemplate', 'app', { images: IMAGE }),
      ],
      more,
    ),
  );
  cluster.put(owner);
  cluster.settle();
  return cluster;
}

function says(cluster: SimulatedCluster, name: string, status: JsonObject, kind = 'Thing'): SimulatedCluster {
  cluster.patch(kind, name, { status });
  cluster.settle();
  return cluster;
}

const committed = (cluster: SimulatedCluster, url: JsonObject[string] = 'u'): SimulatedCluster =>
  says(cluster, 'source', { url, revision: 'main@sha1:one' });
const ready = (status: string, reason: string, message: string): JsonObject => {
  return { conditions: [{ type: 'Ready', status, reason, message, lastTransitionTime: '2026-01-01T00:00:00Z' }] };
};
const built = (cluster: SimulatedCluster): SimulatedCluster =>
  says(committed(cluster), 'image', { image: 'i', ...ready('True', 'Built', '') });

function refusing(step: string, code: number, message: string, parts: Parts = {}): SimulatedCluster {
  const cluster = shop(parts);
  cluster.refusal = ({ resource: at }) => (at === step ? { kind: 'refused', code, message } : undefined);
  return cluster;
}

/** A chain whose image step is a gate: an object of a kind that is read as it is now. */
function gate(status: string, reason: string, message: string): SimulatedCluster {
  const image = {
    imagePath: '.status.image',
    template: { ...thing('gate', { url: '$(source.url)$' }), kind: 'Strict' },
  };
  const cluster = shop({ image });
  cluster.currentKinds.add('Strict');
  return says(committed(cluster), 'gate', { observedGeneration: 1, ...ready(status, reason, message) }, 'Strict');
}

const labels = (of: JsonObject): KubeObject => ({
  ...workload('shop'),
  metadata: { name: 'shop', namespace: 'team', labels: of } as never,
});

type Answer = readonly [state: StepState, move: Mover, next: RegExp | undefined, step: string | undefined];
type Situation = readonly [what: string, make: () => SimulatedCluster, answer: Answer];

const SITUATIONS: Readonly<Record<string, readonly Situation[]>> = {
  '1. which step failed': [
    [
      'an object that has neither kind nor name',
      () => committed(shop({ image: { template: { spec: { url: '$(source.url)$' } } } })),
      ['failed', 'platform', /read the server's text/, 'image'],
    ],
    [
      'the first condition does not name the unhealthy object',
      () => says(committed(shop()), 'image', ready('False', 'BuildFailed', 'npm test ended with 1')),
      ['failed', 'developer', /^look at the object; `carto tail/, 'image'],
    ],
    [
      'the server refuses what a step makes',
      () => committed(refusing('image', 422, 'Thing "image" is invalid: spec.url: Invalid value')),
      ['failed', 'platform', /read the server's text/, 'image'],
    ],
    [
      'the account may not',
      () => committed(refusing('image', 403, 'things is forbidden: User cannot patch')),
      ['failed', 'admin', /^give the account the right/, 'image'],
    ],
    [
      'an empty path',
      () => says(committed(shop({ image: { imagePath: '' } })), 'image', ready('True', 'Built', '')),
      ['failed', 'platform', /^correct the path/, 'image'],
    ],
    [
      'a template that is gone',
      () => {
        const cluster = built(shop());
        cluster.delete('ClusterTemplate', 'app');
        cluster.settle();
        return cluster;
      },
      ['failed', 'platform', /^apply them, or correct `templateRef`/, undefined],
    ],
  ],
  '2. the first error masks the rest': [
    [
      'two steps fail, and each says so',
      () => {
        const cluster = built(refusing('app', 422, 'StatusThing "app" is invalid'));
        return says(cluster, 'image', { image: 'i', ...ready('False', 'Rebuild', 'exit 2') });
      },
      ['failed', 'developer', /^look at the object; `carto tail/, 'image'],
    ],
  ],
  '3. the error is far from its cause': [
    [
      'a wrong value of the source shows when another step is refused',
      () => committed(refusing('image', 422, 'spec.url: must be a string'), { not: 'a text' }),
      ['failed', 'platform', /read the server's text/, 'image'],
    ],
    [
      'a step lacks the input of one that failed',
      () => says(shop(), 'source', ready('False', 'CloneFailed', 'no such branch')),
      ['failed', 'developer', /^look at the object; `carto tail/, 'source'],
    ],
  ],
  '4. a value is missing at its path': [
    ['the object is at work', () => committed(shop()), ['running', 'nobody', /^wait$/, 'image']],
    [
      'the object is healthy and has it elsewhere',
      () => says(committed(shop()), 'image', { latestImage: 'i', ...ready('True', 'Built', '') }),
      [
        'failed',
        'platform',
        /the Thing is healthy and has no value there; the nearest that is there is \.status\.latestImage$/,
        'image',
      ],
    ],
    [
      'the object failed',
      () => says(committed(shop()), 'image', ready('False', 'BuildFailed', 'exit 1')),
      ['failed', 'developer', /^look at the object; `carto tail/, 'image'],
    ],
    [
      'the kind has no such field',
      () => says(committed(shop()), 'image', ready('Unknown', 'Building', '')),
      ['failed', 'platform', /Thing has no such field/, 'image'],
    ],
    [
      'all is well, and the last object fails: no rule looks at it',
      () => says(built(shop()), 'app', ready('False', 'Crash', 'exit 137'), 'StatusThing'),
      ['ready', 'nobody', undefined, undefined],
    ],
    [
      'a rule looks at it',
      () => says(built(shop({ app: { healthRule: RULE } })), 'app', ready('False', 'Crash', 'exit 137'), 'StatusThing'),
      ['failed', 'developer', /^look at the object; `carto tail/, 'app'],
    ],
  ],
  '5. it looks stuck': [
    ['something is at work', () => committed(shop()), ['running', 'nobody', /^wait$/, 'image']],
    [
      'somebody has to approve',
      () => gate('Unknown', 'AwaitingApproval', 'ask the owners'),
      ['waiting', 'nobody', /^wait$/, 'image'],
    ],
    [
      'a window is closed',
      () => gate('False', 'WindowClosed', 'opens at 8'),
      ['blocked', 'developer', /look at the object/, 'image'],
    ],
    [
      'a policy refuses',
      () => gate('False', 'PolicyViolation', '1 High'),
      ['refused', 'developer', /what would open the gate/, 'image'],
    ],
    [
      'the controller does not look',
      () => {
        const cluster = built(shop());
        cluster.put(workload('shop', { image: 'another' }));
        return cluster;
      },
      ['waiting', 'nobody', /whether the controller does$/, undefined],
    ],
    [
      'two controllers fight',
      () => {
        const cluster = committed(shop());
        cluster.pace = (step) => (step === 'image' ? { restored: { writes: 10, restMs: 60_000 } } : {});
        cluster.patch('Thing', 'image', { spec: { url: 'theirs' } });
        cluster.settle();
        return cluster;
      },
      ['failed', 'platform', /both values and where they come from/, 'image'],
    ],
    [
      'the account is missing',
      () => {
        const cluster = shop();
        cluster.accounts.clear();
        cluster.settle();
        return cluster;
      },
      ['failed', 'developer', /correct `serviceAccountName`/, undefined],
    ],
    [
      'the owner goes away',
      () => {
        const cluster = shop();
        cluster.patch('Workload', 'shop', { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } });
        return cluster;
      },
      ['waiting', 'nobody', /^wait a moment/, undefined],
    ],
  ],
  '6. readiness lies or flaps': [
    [
      'a fresh run is no failure',
      () =>
        committed(
          shop({
            image: {
              lifecycle: 'tekton',
              healthRule: undefined as never,
              template: { ...thing('', { url: '$(source.url)$' }), metadata: { generateName: 'run-' } },
            },
          }),
        ),
      ['running', 'nobody', /^wait$/, 'image'],
    ],
    [
      'an object that is not of its generation',
      () => says(gate('True', 'Fine', ''), 'gate', { image: 'i', observedGeneration: 0 }, 'Strict'),
      ['running', 'nobody', /^wait for its controller$/, 'image'],
    ],
  ],
  '7. selection': [
    [
      'a label is wrong',
      () => shop({ owner: labels({ app: 'wab' }) }),
      ['failed', 'developer', /^set the label app to web: web needs app: web; yours is wab$/, undefined],
    ],
    [
      'no labels at all',
      () => shop({ owner: labels({}) }),
      ['failed', 'developer', /^set the label app to web/, undefined],
    ],
    [
      'two fit equally well',
      () => {
        const cluster = shop();
        cluster.put(chain('twin', []));
        cluster.settle();
        return cluster;
      },
      ['failed', 'platform', /make the selector of one more exact: (?:web and twin|twin and web)/, undefined],
    ],
    [
      'the only one is broken',
      () => shop({ chain: { selectorMatchExpressions: [{ key: 'a', operator: 'Sounds', values: [] }] } }),
      ['failed', 'platform', /^correct the selector of web: .*"Sounds" is not a valid/, undefined],
    ],
    [
      'there is none',
      () => {
        const cluster = shop();
        cluster.delete('ClusterSupplyChain', 'web');
        cluster.settle();
        return cluster;
      },
      ['failed', 'platform', /^apply a ClusterSupplyChain that fits: there is none$/, undefined],
    ],
  ],
  '9. the order of steps, and options': [
    [
      'no option fits',
      () => {
        const options = ['a', 'b'].map((name) => ({ name, selector: { matchLabels: { tier: name } } }));
        const cluster = shop();
        for (const name of ['a', 'b']) cluster.put(template('ClusterTemplate', name, {}));
        cluster.put(chain('web', [{ name: 'app', templateRef: { kind: 'ClusterTemplate', options } }]));
        cluster.settle();
        return cluster;
      },
      ['failed', 'platform', /exactly one option fit/, 'app'],
    ],
  ],
};

const SCHEMA: JsonObject = {
  properties: {
    status: { properties: { url: {}, revision: {}, conditions: {} } },
    spec: { additionalProperties: true },
  },
};
const strict = 'the kind has no such field';

describe.each(Object.entries(SITUATIONS))('%s', (_item, situations) => {
  test.each(situations)('%s', (what, make, [state, move, next, step]) => {
    const found = accountOf(make(), 'Workload', what === strict ? { schema: () => SCHEMA } : {});
    expect([found.state, found.move, found.step]).toEqual([state, move, step]);
    if (next === undefined) expect(found.next).toBeUndefined();
    else expect(found.next).toMatch(next);
    if (state !== 'ready') expect(found.message).not.toBe('');
  });
});

function stepOf(found: Explained, name: string): StepAccount {
  const step = found.steps.find((candidate) => candidate.step === name);
  if (step === undefined) throw new Error(`there is no step ${name}`);
  return step;
}

describe('the account beside the answer', () => {
  test('names the object in full, with its template, and since when', () => {
    const found = accountOf(says(committed(shop()), 'image', ready('False', 'BuildFailed', 'exit 1')));
    const image = stepOf(found, 'image');
    expect(image).toMatchObject({
      template: { kind: 'ClusterImageTemplate', name: 'image' },
      stamped: { resource: 'things.golden.test', namespace: 'team', name: 'image' },
      awaits: 'a value at .status.image of things.golden.test/image',
      since: found.since,
    });
    expect(stepOf(found, 'app')).toMatchObject({ state: 'waiting', waitsFor: 'image', awaits: 'step image' });
  });

  test('tells each failure, not the first alone', () => {
    const cluster = refusing('app', 422, 'StatusThing "app" is invalid');
    built(cluster);
    says(cluster, 'image', { image: 'i', ...ready('False', 'Rebuild', 'exit 2') });
    const found = accountOf(cluster);
    const failed = found.steps.filter(({ state }) => state === 'failed');
    expect(failed.map(({ step, move }) => [step, move])).toEqual([
      ['image', 'developer'],
      ['app', 'platform'],
    ]);
  });

  test('follows an input back to the commit', () => {
    const { steps } = accountOf(built(shop()));
    expect(steps.flatMap(({ inputs }) => inputs)).toEqual([
      {
        input: 'source',
        kind: 'sources',
        from: 'source',
        value: 'main@sha1:one',
        stemsFrom: { step: 'source', revision: 'main@sha1:one' },
      },
      {
        input: 'image',
        kind: 'images',
        from: 'image',
        value: 'i',
        stemsFrom: { step: 'source', revision: 'main@sha1:one' },
      },
    ]);
  });

  test('shows the wrong value at the step where it comes from', () => {
    const found = accountOf(committed(refusing('image', 422, 'spec.url: must be a string'), { not: 'a text' }));
    const image = stepOf(found, 'image');
    expect(image.rendered).toMatchObject({ kind: 'rendered', object: { spec: { url: { not: 'a text' } } } });
    expect(image.inputs[0]).toMatchObject({ from: 'source' });
    expect(stepOf(found, 'source').reads[0]).toMatchObject({ name: 'url', kind: 'found', value: 'not: a text\n' });
  });

  test('notes a failure that no rule looks at', () => {
    const found = accountOf(says(built(shop()), 'app', ready('False', 'Crash', 'exit 137'), 'StatusThing'));
    expect(stepOf(found, 'app').notes).toEqual([
      {
        move: 'platform',
        text: 'statusthings.golden.test/app says Ready False (exit 137), and no health rule looks at it: give app a healthRule',
      },
    ]);
  });

  test('tells a field that the server dropped: 8. an event alone told it', () => {
    const cluster = built(
      shop({ app: { template: { ...thing('app', { image: '$(image)$', immage: 'x' }), kind: 'StatusThing' } } }),
    );
    cluster.patch('StatusThing', 'app', { spec: { immage: null } });
    expect(stepOf(accountOf(cluster), 'app').live).toMatchObject({
      differences: [{ path: 'spec.immage', ours: 'x', live: undefined }],
    });
  });

  test('has the steps in the order of the blueprint, and the template of the option that was taken', () => {
    const options = ['a', 'b'].map((name) => ({
      name,
      selector: { matchLabels: { app: name === 'a' ? 'web' : 'batch' } },
    }));
    const cluster = shop();
    for (const name of ['a', 'b']) cluster.put(template('ClusterTemplate', name, { template: configMap('c', {}) }));
    const steps = [
      resource('source', 'ClusterSourceTemplate', 'source'),
      { name: 'app', templateRef: { kind: 'ClusterTemplate', options } },
    ];
    cluster.put(chain('web', steps.toReversed()));
    cluster.settle();
    const found = accountOf(cluster);
    expect(found.steps.map(({ step }) => step)).toEqual(['app', 'source']);
    const app = stepOf(found, 'app');
    expect(app.template).toEqual({ kind: 'ClusterTemplate', name: 'a' });
    expect(app.choice.map(({ name, fit, taken }) => [name, fit, taken])).toEqual([
      ['a', 'fits', true],
      ['b', 'misses', false],
    ]);
  });

  test('10. holds nothing of a Secret', () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'key' },
      data: { password: 'Y29ycmVjdCBob3JzZQ==' },
    };
    const cluster = new SimulatedCluster();
    cluster.put(template('ClusterConfigTemplate', 'secret', { configPath: '.data.password', template: secret }));
    cluster.put(template('ClusterTemplate', 'app', { template: configMap('app', { copy: '$(config)$' }) }));
    const configs = [{ name: 'config', resource: 'secret' }];
    cluster.put(
      chain('web', [
        resource('secret', 'ClusterConfigTemplate', 'secret'),
        resource('app', 'ClusterTemplate', 'app', { configs }),
      ]),
    );
    cluster.put(workload('shop'));
    cluster.settle();
    const found = accountOf(cluster);
    expect(JSON.stringify(found)).not.toMatch(/Y29ycm|correct horse/);
    expect(stepOf(found, 'app').rendered).toMatchObject({ object: { data: { copy: '[redacted]' } } });
    expect(stepOf(found, 'secret').live).toMatchObject({ object: { data: { password: '[redacted]' } } });
  });
});
