import type { ResourceStatus } from '@cartographer/api';
import type { KubeObject, ResourceType } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import type { Output } from '../read/resource-outputs.ts';
import { SecretValues } from '../read/secret-values.ts';
import { conditionLines, template } from '../testing/builders.ts';
import { workloadOwner } from '../world/owner-kind.ts';
import type { Realized } from './realized.ts';
import { reportResource } from './resource-status.ts';

const image = template('ClusterImageTemplate', 't', {});
const plain = template('ClusterTemplate', 't', {});
const object: KubeObject = { apiVersion: 'g.test/v1', kind: 'Thing', metadata: { name: 'x', namespace: 'team' } };
const type: ResourceType = { group: 'g.test', version: 'v1', kind: 'Thing', resource: 'things', namespaced: true };
const output = (value: string): Output => ({ kind: 'image', image: value });

const realized = (more: Partial<Realized> = {}): Realized => ({
  resource: { name: 'step', templateRef: { kind: 'ClusterImageTemplate' } },
  template: image,
  passesThrough: false,
  stamped: { object, type },
  output: output('i'),
  isSecret: false,
  failure: undefined,
  events: [],
  remember: [],
  surplus: [],
  ...more,
});
const report = (given: Realized, previous?: ResourceStatus, now = 'now', secrets = new SecretValues()) =>
  reportResource(given, previous, { kind: workloadOwner, blueprint: 'web', now, secrets });
const lines = ({ status }: { readonly status: ResourceStatus }): readonly string[] => conditionLines(status.conditions);
const reasons = (reported: ReturnType<typeof report>): readonly string[] => reported.events.map(({ reason }) => reason);
const FAILED = { kind: 'stamp', message: 'why' } as const;

describe('the entry of a resource that stands', () => {
  test('names its object, its template, its inputs and its outputs', () => {
    const resource = {
      ...realized().resource,
      images: [{ name: 'a', resource: 'one' }],
      sources: [{ name: 'b', resource: 'two' }],
    };
    expect(report(realized({ resource })).status).toEqual({
      name: 'step',
      stampedRef: { apiVersion: 'g.test/v1', kind: 'Thing', namespace: 'team', name: 'x', resource: 'things.g.test' },
      templateRef: { apiVersion: 'carto.run/v1alpha1', kind: 'ClusterImageTemplate', name: 't' },
      inputs: [{ name: 'two' }, { name: 'one' }],
      outputs: [
        {
          name: 'image',
          preview: 'i\n',
          digest: expect.stringMatching(/^sha256:/) as string,
          lastTransitionTime: 'now',
        },
      ],
      conditions: expect.anything() as never,
    });
  });

  test('leaves out what there is not', () => {
    const bare = realized({
      template: undefined,
      stamped: undefined,
      output: { kind: 'nothing' },
      passesThrough: true,
    });
    expect(Object.keys(report(bare).status)).toEqual(['name', 'conditions']);
    const wide = { ...object, metadata: { name: 'x' } };
    expect(report(realized({ stamped: { object: wide, type } })).status.stampedRef).not.toHaveProperty('namespace');
  });

  test.each<[string, Partial<Realized>, readonly string[]]>([
    [
      'with its output',
      {},
      ['ResourceSubmitted True ResourceSubmissionComplete', 'Healthy True OutputsAvailable', 'Ready True Ready'],
    ],
    [
      'without its output',
      { output: { kind: 'nothing' } },
      [
        'ResourceSubmitted True ResourceSubmissionComplete',
        'Healthy Unknown OutputNotAvailable',
        'Ready Unknown OutputNotAvailable',
      ],
    ],
    [
      'of a template without outputs',
      { template: plain, output: { kind: 'nothing' } },
      ['ResourceSubmitted True ResourceSubmissionComplete', 'Healthy True AlwaysHealthy', 'Ready True Ready'],
    ],
    [
      'without an object',
      { template: plain, output: { kind: 'nothing' }, stamped: undefined, failure: FAILED },
      [
        'ResourceSubmitted False TemplateStampFailure: why',
        'Healthy Unknown NoStampedObject',
        'Ready False TemplateStampFailure: why',
      ],
    ],
    [
      'that passes through',
      { template: undefined, stamped: undefined, passesThrough: true },
      ['ResourceSubmitted True PassThrough', 'Ready True Ready'],
    ],
    [
      'without a template',
      { template: undefined, stamped: undefined, failure: FAILED },
      ['ResourceSubmitted False TemplateStampFailure: why', 'Ready False TemplateStampFailure: why'],
    ],
  ])('has conditions: %s', (_what, more, expected) => {
    expect(lines(report(realized(more)))).toEqual(expected);
  });

  test('keeps the time of an output as long as its digest stays', () => {
    const first = report(realized(), undefined, 'then').status;
    const times = (given: Realized, previous: ResourceStatus | undefined) =>
      report(given, previous).status.outputs?.map(({ lastTransitionTime }) => lastTransitionTime);
    expect(times(realized(), first)).toEqual(['then']);
    expect(times(realized({ output: output('j') }), first)).toEqual(['now']);
    const source = realized({ output: { kind: 'source', source: { url: 'u', revision: 'r' } } });
    const before = report(source, undefined, 'then').status;
    expect(times(realized({ output: { kind: 'source', source: { url: 'u', revision: 's' } } }), before)).toEqual([
      'then',
      'now',
    ]);
    expect(times(source, first)).toEqual(['now', 'now']);
  });

  test('shows no value of a Secret, but its digest', () => {
    const shown = report(realized()).status.outputs?.[0];
    const hidden = report(realized({ isSecret: true })).status.outputs?.[0];
    expect(hidden).toEqual({ ...shown, preview: '[redacted]' });
  });

  test('says what a Secret holds in no message of its health', () => {
    const ruled = template('ClusterImageTemplate', 't', { healthRule: { singleConditionType: 'Ready' } });
    const conditions = [{ type: 'Ready', status: 'False', message: 'bad password' }];
    const secrets = new SecretValues();
    secrets.add('password');
    const reported = report(
      realized({ template: ruled, stamped: { object: { ...object, status: { conditions } }, type } }),
      undefined,
      'now',
      secrets,
    );
    expect(lines(reported)[1]).toBe('Healthy False ReadyCondition: bad [redacted]');
    expect(reported.health).toEqual({ status: 'False', reason: 'ReadyCondition', message: 'bad [redacted]' });
    expect(reported.place.health).toEqual(reported.health);
  });
});

describe('a resource that could not be stamped this time', () => {
  const before = report(realized({ events: [] }), undefined, 'then').status;
  const now = report(
    realized({ template: undefined, stamped: undefined, output: { kind: 'nothing' }, failure: FAILED }),
    before,
  );

  test('keeps its earlier entry and its health, but for the conditions', () => {
    expect(now.status).toEqual({ ...before, conditions: now.status.conditions });
    expect(lines(now)).toEqual([
      'ResourceSubmitted False TemplateStampFailure: why',
      'Healthy True OutputsAvailable',
      'Ready False TemplateStampFailure: why',
    ]);
    expect(now.status.conditions?.map(({ lastTransitionTime }) => lastTransitionTime)).toEqual(['now', 'then', 'now']);
  });

  test('has no event but those of its own', () => {
    expect(now.events).toEqual([]);
    const own = { type: 'Warning', reason: 'SelectorError', message: 'm' } as const;
    expect(report(realized({ stamped: undefined, failure: FAILED, events: [own] }), before).events).toEqual([own]);
  });

  test('without an earlier health has none', () => {
    const { conditions: _conditions, ...rest } = before;
    const blank = { ...rest, conditions: [] };
    expect(lines(report(realized({ stamped: undefined, failure: FAILED }), blank))).toEqual([
      'ResourceSubmitted False TemplateStampFailure: why',
      'Ready False TemplateStampFailure: why',
    ]);
  });

  test('is not one that passes through, nor one that stands', () => {
    const through = realized({ template: undefined, stamped: undefined, passesThrough: true, output: output('k') });
    expect(report(through, before).status).not.toHaveProperty('stampedRef');
    expect(report(realized({ output: { kind: 'nothing' } }), before).status).not.toHaveProperty('outputs');
  });
});

describe('events', () => {
  const first = report(realized(), undefined, 'then');

  test('tell of new outputs and of health, once', () => {
    expect(first.events).toEqual([
      { type: 'Normal', reason: 'ResourceOutputChanged', message: '[step] found a new output in [things.g.test/x]' },
      {
        type: 'Normal',
        reason: 'ResourceHealthyStatusChanged',
        message: '[step] found healthy status in [things.g.test/x] changed to [True]',
      },
    ]);
    expect(report(realized(), first.status).events).toEqual([]);
  });

  test('tell of each change of either', () => {
    expect(reasons(report(realized({ output: output('j') }), first.status))).toEqual(['ResourceOutputChanged']);
    const gone = report(realized({ output: { kind: 'nothing' } }), first.status);
    expect(reasons(gone)).toEqual(['ResourceOutputChanged', 'ResourceHealthyStatusChanged']);
    expect(reasons(report(realized({ output: { kind: 'nothing' } }), gone.status))).toEqual([]);
  });

  test('tell nothing of a health that is not known from the start', () => {
    expect(reasons(report(realized({ output: { kind: 'nothing' } })))).toEqual([]);
  });

  test('tell of what passes through, and come after those of the step', () => {
    const own = { type: 'Normal', reason: 'ResourceOutputChanged', message: 'm' } as const;
    const through = realized({ template: undefined, stamped: undefined, passesThrough: true, events: [own] });
    expect(report(through).events).toEqual([
      own,
      { type: 'Normal', reason: 'ResourceOutputChanged', message: '[step] passed through a new output' },
    ]);
  });
});
