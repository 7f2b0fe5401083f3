import type { KubeObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import { healthOf } from './object-health.ts';

const object = (status: unknown): KubeObject => ({ apiVersion: 'v1', kind: 'T', metadata: { name: 'x' }, status });
const line = (rule: unknown, patient: KubeObject | undefined, hasOutputs = false, needsOutputs = true): string => {
  const { status, reason, message } = healthOf({ rule: rule as never, object: patient, hasOutputs, needsOutputs });
  return `${status} ${reason}${message === '' ? '' : `: ${message}`}`;
};

test.each([
  [true, true, true, 'True OutputsAvailable'],
  [true, false, true, 'Unknown OutputNotAvailable'],
  [true, false, false, 'True AlwaysHealthy'],
  [false, false, false, 'Unknown NoStampedObject'],
  [false, false, true, 'Unknown OutputNotAvailable'],
])('without a rule: object %s, outputs %s, needed %s: %s', (exists, hasOutputs, needsOutputs, expected) => {
  expect(line(undefined, exists ? object({}) : undefined, hasOutputs, needsOutputs)).toBe(expected);
});

test('alwaysHealthy asks only for the object', () => {
  expect(line({ alwaysHealthy: {} }, object({}))).toBe('True AlwaysHealthy');
  expect(line({ alwaysHealthy: {} }, undefined)).toBe('Unknown NoStampedObject');
});

describe('singleConditionType', () => {
  const rule = { singleConditionType: 'Ready' };
  const ready = (status: unknown, more: object = { message: 'm' }) =>
    object({ conditions: [{ type: 'Ready', status, ...more }] });

  test.each([
    [object({}), 'Unknown ReadyCondition: condition with type [Ready] not found on resource status'],
    [ready('True'), 'True ReadyCondition: m'],
    [ready('False'), 'False ReadyCondition: m'],
    [ready('Unknown'), 'Unknown ReadyCondition: m'],
    [ready('Odd'), 'Unknown ReadyCondition: m'],
    [ready('True', {}), 'True ReadyCondition'],
    [ready(true), 'Unknown ReadyCondition: condition with type [Ready] not found on resource status'],
    [
      object({ conditions: 'none' }),
      'Unknown ReadyCondition: condition with type [Ready] not found on resource status',
    ],
    [
      object({
        conditions: [
          { type: 'Ready', status: 'True' },
          { type: 'Other', status: 1 },
        ],
      }),
      'Unknown ReadyCondition: condition with type [Ready] not found on resource status',
    ],
  ])('%j', (patient, expected) => {
    expect(line(rule, patient)).toBe(expected);
  });

  test('without an object is unknown', () => {
    expect(line(rule, undefined)).toBe('Unknown Unknown');
  });
});

describe('multiMatch', () => {
  const rule = {
    multiMatch: {
      healthy: {
        matchConditions: [{ type: 'Ready', status: 'True' }],
        matchFields: [{ key: '.status.phase', operator: 'In', values: ['Good'], messagePath: '.status.note' }],
      },
      unhealthy: {
        matchConditions: [{ type: 'Ready', status: 'False' }],
        matchFields: [
          { key: '.status.phase', operator: 'In', values: ['Broken'], messagePath: '.status.note' },
          { key: '.status.tags', operator: 'Exists' },
        ],
      },
    },
  };
  const conditions = (status: string) => [{ type: 'Ready', status, message: 'msg' }];

  test.each([
    [{}, 'Unknown NoMatchesFulfilled'],
    [{ phase: 'Broken', note: 'a note' }, 'False MatchedField: field value: Broken, message: a note'],
    [
      { phase: 'Broken' },
      'False MatchedField: field value: Broken, message: unknown, error retrieving message path [.status.note]',
    ],
    [{ tags: [1, 'x'] }, 'False MatchedField: field value: [1 x], message: unknown, error retrieving message path []'],
    [
      { phase: 'Broken', conditions: conditions('False') },
      'False MatchedCondition: condition status: False, message: msg',
    ],
    [{ conditions: conditions('True') }, 'Unknown NoMatchesFulfilled'],
    [{ phase: 'Good', conditions: conditions('True') }, 'True MatchedCondition: condition status: True, message: msg'],
  ])('%j: %s', (status, expected) => {
    expect(line(rule, object(status))).toBe(expected);
  });

  test('with fields alone speaks of the first field', () => {
    const fields = {
      multiMatch: { healthy: { matchFields: [{ key: '.spec', operator: 'DoesNotExist' }] }, unhealthy: {} },
    };
    expect(line(fields, object({}))).toBe(
      'True MatchedField: field value: <error retrieving field value>, message: unknown, error retrieving message path []',
    );
  });
});
