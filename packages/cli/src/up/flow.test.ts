import { describe, expect, it } from 'vitest';
import { flowOf, noteOf } from './flow.ts';

const metadata = { name: 'shop', namespace: 'team' };
const workload = { apiVersion: 'carto.run/v1alpha1', kind: 'Workload', metadata };

function condition(type: string, status: string, message = '') {
  return { type, status, message, reason: 'R', lastTransitionTime: '2026-01-01T00:00:00Z' };
}

describe('the flow of an owner', () => {
  it('is waiting and has no steps before the controller looked at it', () => {
    expect(flowOf(workload)).toEqual({
      key: 'team/shop',
      blueprint: undefined,
      state: 'waiting',
      message: 'not looked at yet',
      steps: [],
    });
  });

  it('shows each step with its newest output, the digest cut short', () => {
    const digest = 'a'.repeat(64);
    const status = {
      supplyChainRef: { kind: 'ClusterSupplyChain', name: 'web' },
      conditions: [condition('Ready', 'True')],
      resources: [
        {
          name: 'image',
          conditions: [condition('Ready', 'True')],
          outputs: [
            { name: 'image', preview: `registry/app@sha256:${digest}\n`, lastTransitionTime: '2026-01-02T00:00:00Z' },
          ],
        },
      ],
    };
    expect(flowOf({ ...workload, status })).toMatchObject({
      blueprint: 'web',
      state: 'ready',
      steps: [
        { name: 'image', state: 'ready', value: 'registry/app@sha256:aaaaaaaaaaaa', since: '2026-01-02T00:00:00Z' },
      ],
    });
  });

  it('tells a step that waits from one that needs somebody', () => {
    const resources = ['Unknown', 'False'].map((status) => ({
      name: status,
      conditions: [condition('Ready', status, 'why')],
    }));
    const { steps } = flowOf({ ...workload, status: { resources } });
    expect(steps.map(({ name, state, message }) => [name, state, message])).toEqual([
      ['Unknown', 'waiting', 'why'],
      ['False', 'failed', 'why'],
    ]);
  });

  it('tells a step that a policy refused, and lets those behind it say for whom they wait', () => {
    const refused = 'refused by ClusterScanPolicy web-gate: 1 High';
    const held = `waits for step [scan], which is refused: ${refused}`;
    const resources = [
      {
        name: 'scan',
        conditions: [
          { ...condition('ResourceSubmitted', 'False', refused), reason: 'StepRefused' },
          condition('Ready', 'False', refused),
        ],
      },
      {
        name: 'app',
        inputs: [{ name: 'scan' }],
        conditions: [{ ...condition('Ready', 'Unknown', held), reason: 'WaitingForInput' }],
      },
    ];
    const conditions = [
      { ...condition('ResourcesSubmitted', 'False', refused), reason: 'StepRefused' },
      condition('Ready', 'False', refused),
    ];
    const { state, steps } = flowOf({ ...workload, status: { conditions, resources } });
    expect(state).toBe('refused');
    expect(steps.map((step) => [step.name, step.state, step.message])).toEqual([
      ['scan', 'refused', refused],
      ['app', 'waiting', 'waits for step [scan], which is refused'],
    ]);
  });

  it('shows a step whose input is still to come as waiting for it, not as failed', () => {
    const resources = [
      { name: 'source', conditions: [condition('Ready', 'Unknown', 'waiting to read value')] },
      {
        name: 'image',
        inputs: [{ name: 'source' }],
        conditions: [condition('Ready', 'False', 'unable to stamp object')],
      },
      {
        name: 'lint',
        inputs: [{ name: 'other' }],
        conditions: [condition('Ready', 'False', 'unable to stamp object')],
      },
    ];
    const { steps } = flowOf({ ...workload, status: { resources } });
    expect(steps.map(({ name, state, message }) => [name, state, message])).toEqual([
      ['source', 'waiting', 'waiting to read value'],
      ['image', 'waiting', 'waits for source'],
      ['lint', 'failed', 'unable to stamp object'],
    ]);
  });

  it.each([
    ['a status that is no object', { status: 'odd' }],
    ['resources that are no list', { status: { resources: {}, conditions: 'none' } }],
    ['outputs of wrong types', { status: { resources: [{ outputs: [{ preview: 5 }] }, 7] } }],
  ])('survives %s', (_title, fields) => {
    expect(flowOf({ ...workload, ...fields }).key).toBe('team/shop');
  });
});

it.each([
  [undefined, undefined],
  [{ conditions: [condition('Fetched', 'True')] }, undefined],
  [{ conditions: [condition('Fetched', 'True', 'not read: a.json')] }, 'not read: a.json'],
  [{ conditions: [condition('Fetched', 'False', 'the folder is gone')] }, 'the folder is gone'],
])('the note of a source with status %j is %j', (status, note) => {
  expect(noteOf({ ...workload, ...(status === undefined ? {} : { status }) })).toBe(note);
});
