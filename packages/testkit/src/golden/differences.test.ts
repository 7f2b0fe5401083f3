import { describe, expect, it } from 'vitest';
import { compareSnapshots, describeDifferences, judge } from './differences.ts';
import type { RecordedEvent, Snapshot } from './scenario.ts';
import { goldenCrds, loadScenario, scenarioNames } from './scenario.ts';

const event = (message: string, more: Partial<RecordedEvent> = {}): RecordedEvent => ({
  about: 'Workload/app',
  type: 'Normal',
  reason: 'StampedObjectApplied',
  message,
  count: 1,
  source: { component: 'Workload' },
  reportingComponent: 'Workload',
  ...more,
});

const snapshot = (more: Partial<Snapshot>): Snapshot => ({
  step: 2,
  owners: [],
  blueprints: [],
  objects: [],
  events: [],
  ...more,
});

const workload = (status: Snapshot['owners'][number]['status']) => ({
  kind: 'Workload',
  name: 'app',
  generation: 1,
  status,
});

describe('comparing snapshots', () => {
  it('finds each value that differs, at its place', () => {
    const recorded = snapshot({ owners: [workload({ conditions: [{ type: 'Ready', message: 'a' }], left: 1 })] });
    const ours = snapshot({ owners: [workload({ conditions: [{ type: 'Ready', message: 'b' }], more: 2 })] });
    expect(compareSnapshots(recorded, ours)).toEqual([
      { step: 2, at: 'owners/Workload/app/status/conditions/0/message', recorded: 'a', ours: 'b' },
      { step: 2, at: 'owners/Workload/app/status/left', recorded: 1 },
      { step: 2, at: 'owners/Workload/app/status/more', ours: 2 },
    ]);
  });

  it('takes an object that only one side has as one difference', () => {
    const thing = { apiVersion: 'golden.test/v1', kind: 'Thing', metadata: { name: 'app' }, spec: {} };
    expect(compareSnapshots(snapshot({}), snapshot({ objects: [thing] }))).toEqual([
      { step: 2, at: 'objects/Thing/app', ours: thing },
    ]);
  });

  it('counts events only where an object was created or deleted', () => {
    const recorded = snapshot({ events: [event('Created object [x]'), event('Patched object [x]', { count: 3 })] });
    const ours = snapshot({ events: [event('Created object [x]', { count: 2 }), event('Patched object [x]')] });
    expect(compareSnapshots(recorded, ours)).toEqual([
      {
        step: 2,
        at: 'events/Workload/app Normal StampedObjectApplied: Created object [x]',
        recorded: 'from Workload, reported by Workload, 1 times',
        ours: 'from Workload, reported by Workload, 2 times',
      },
    ]);
    const vague = snapshot({ events: [event('Created object [x]', { count: '<n>' })] });
    expect(compareSnapshots(vague, snapshot({ events: [event('Created object [x]', { count: 4 })] }))).toEqual([]);
  });

  it('lets an event be missing that a recording lacked too', () => {
    const recorded = snapshot({ events: [event('Patched object [x]', { sometimes: true })] });
    expect(compareSnapshots(recorded, snapshot({}))).toEqual([]);
    expect(compareSnapshots(recorded, snapshot({ events: [event('Patched object [x]')] }))).toEqual([]);
  });
});

describe('judging differences', () => {
  const found = [
    { step: 1, at: 'a', recorded: 'x', ours: 'y' },
    { step: 2, at: 'a', recorded: 'x', ours: 'y' },
  ];

  it('accepts what is allowed at each of its steps', () => {
    const allowed = [{ steps: [1, 2], at: 'a', recorded: 'x', ours: 'y', why: 'on purpose' }];
    expect(judge(found, allowed)).toEqual({ unexpected: [], missing: [] });
  });

  it('reports another value at an allowed place, and an allowed difference that does not occur', () => {
    const allowed = [{ steps: [1, 2, 3], at: 'a', recorded: 'x', ours: 'z', why: 'on purpose' }];
    const { unexpected, missing } = judge(found, allowed);
    expect(unexpected).toEqual(found);
    expect(missing.map(({ step }) => step)).toEqual([1, 2, 3]);
  });

  it('describes equal differences of several steps once, ready for a file of allowed ones', () => {
    expect(describeDifferences(found)).toBe(
      '- steps:\n    - 1\n    - 2\n  at: a\n  recorded: x\n  ours: y\n  why: ""\n',
    );
  });
});

it('every recording can be read and equals itself', () => {
  for (const name of scenarioNames()) {
    const { steps, recorded } = loadScenario(name);
    expect(recorded.map(({ step }) => step)).toEqual(steps.map((_, index) => index + 1));
    for (const one of recorded) expect(compareSnapshots(one, one)).toEqual([]);
  }
  expect(goldenCrds().map(({ metadata }) => metadata.name)).toEqual([
    'things.golden.test',
    'statusthings.golden.test',
    'stricts.golden.test',
  ]);
});
