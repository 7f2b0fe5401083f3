import type { KubeObject, ResourceType } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import type { OutputFailure } from '../read/resource-outputs.ts';
import { deliverableOwner, workloadOwner } from '../world/owner-kind.ts';
import type { FailurePlace, StepFailure, SubmittedType } from './step-failure.ts';
import { failureCondition, retryFor } from './step-failure.ts';

const object: KubeObject = { apiVersion: 'g.test/v1', kind: 'Thing', metadata: { name: 'x', namespace: 'team' } };
const type: ResourceType = { group: 'g.test', version: 'v1', kind: 'Thing', resource: 'things', namespaced: true };
const place = (kind = workloadOwner, health?: 'True' | 'False' | 'Unknown'): FailurePlace => ({
  kind,
  resource: 'step',
  blueprint: 'web',
  health: health === undefined ? undefined : { status: health, reason: 'Unknown', message: '' },
});
const output = (failure: OutputFailure, of = object): StepFailure => ({ kind: 'output', failure, object: of, type });
const path = (expression: string): OutputFailure => ({ kind: 'path', expression, message: 'why' });

const line = (failure: StepFailure, where: FailurePlace, asked: SubmittedType = 'ResourceSubmitted'): string => {
  const { type: is, status, reason, message } = failureCondition(failure, where, asked);
  return `${is} ${status} ${reason}: ${message}`;
};

describe('a failure as a condition', () => {
  test.each<[StepFailure, string]>([
    [{ kind: 'resolveOptions', message: 'why' }, 'False ResolveTemplateOptionsError: why'],
    [{ kind: 'matchOptions', message: 'why' }, 'False TemplateOptionsMatchError: why'],
    [{ kind: 'noTemplate', message: 'why' }, 'False UnknownError: why'],
    [{ kind: 'stamp', message: 'why' }, 'False TemplateStampFailure: why'],
    [{ kind: 'apply', message: 'why', retry: { kind: 'none' } }, 'False TemplateRejectedByAPIServer: why'],
    [{ kind: 'halted', message: 'why', restMs: 1 }, 'False TooManyWrites: why'],
  ])('%j has the type that was asked for', (failure, expected) => {
    for (const kind of [workloadOwner, deliverableOwner]) {
      for (const asked of ['ResourceSubmitted', 'ResourcesSubmitted'] as const) {
        expect(line(failure, place(kind), asked)).toBe(`${asked} ${expected}`);
      }
    }
  });

  test('of a pass-through differs by owner', () => {
    const failure: StepFailure = { kind: 'passThrough', input: 'in', message: 'why' };
    expect(line(failure, place())).toBe('SupplyChainReady False PassThrough: unable to find passthrough [in] in []');
    expect(line(failure, place(deliverableOwner))).toBe('ResourceSubmitted False UnknownError: why');
    expect(line(failure, place(deliverableOwner), 'ResourcesSubmitted')).toBe(
      'ResourcesSubmitted False UnknownError: why',
    );
  });

  test.each<[FailurePlace['health'], string]>([
    [undefined, 'waiting to read value [.a] from object [things.g.test/x] in namespace [team]'],
    [
      { status: 'Unknown', reason: 'Unknown', message: '' },
      'waiting to read value [.a] from object [things.g.test/x] in namespace [team]',
    ],
    [
      { status: 'True', reason: 'Unknown', message: '' },
      'cannot read value [.a] from healthy object [things.g.test/x] in namespace [team], contact Platform Eng',
    ],
    [
      { status: 'False', reason: 'Unknown', message: '' },
      'cannot read value [.a] from unhealthy object [things.g.test/x] in namespace [team], examine object, particularly whether it is receiving proper inputs',
    ],
  ])('of a path waits in words that follow the health %j', (health, message) => {
    for (const kind of [workloadOwner, deliverableOwner]) {
      const where = { ...place(kind), health };
      expect(line(output(path('.a')), where)).toBe(`ResourceSubmitted Unknown MissingValueAtPath: ${message}`);
    }
  });

  test('of a path names no namespace where there is none', () => {
    const cluster = { ...object, metadata: { name: 'x' } };
    expect(line(output(path('.a'), cluster), place())).toContain('from object [things.g.test/x]');
    expect(line(output(path('.a'), cluster), place())).not.toContain('namespace');
  });

  test.each<[OutputFailure, string]>([
    [
      { kind: 'observedGeneration', message: 'why' },
      'ResourcesSubmitted False TemplateStampFailure: resource [step] cannot satisfy observedCompletion without observedGeneration in object status',
    ],
    [
      { kind: 'conditionNotMet', message: 'why' },
      'ResourcesSubmitted Unknown ConditionNotMet: resource [step] condition not met: why',
    ],
    [
      { kind: 'failedCondition', message: 'why' },
      'ResourcesSubmitted False FailedConditionMet: resource [step] failed condition met: why',
    ],
    [
      { kind: 'other', message: 'why' },
      'ResourceSubmitted False UnknownError: unable to retrieve outputs from stamped object [team/x] of type [things.g.test] for resource [step] in supply chain [web]: why',
    ],
  ])('of a deployment tells a Deliverable why, and a Workload that it waits: %j', (failure, expected) => {
    expect(line(output(failure), place(deliverableOwner))).toBe(expected);
    expect(line(output(failure), place())).toBe(
      'ResourceSubmitted Unknown MissingValueAtPath: waiting to read value [] from object [things.g.test/x] in namespace [team]',
    );
  });
});

test.each<[StepFailure, object]>([
  [
    { kind: 'halted', message: 'why', restMs: 7 },
    { kind: 'after', afterMs: 7, message: 'why' },
  ],
  [
    { kind: 'apply', message: 'why', retry: { kind: 'backoff' } },
    { kind: 'backoff', message: 'why' },
  ],
  [
    { kind: 'apply', message: 'why', retry: { kind: 'after', afterMs: 9 } },
    { kind: 'after', afterMs: 9, message: 'why' },
  ],
  [{ kind: 'apply', message: 'why', retry: { kind: 'none' } }, { kind: 'none' }],
  [{ kind: 'stamp', message: 'why' }, { kind: 'none' }],
  [{ kind: 'noTemplate', message: 'why' }, { kind: 'none' }],
  [{ kind: 'passThrough', input: 'in', message: 'why' }, { kind: 'none' }],
  [output(path('.a')), { kind: 'none' }],
])('%j is tried again: %j', (failure, retry) => {
  expect(retryFor(failure)).toEqual(retry);
});
