import type { Json, JsonObject, KubeObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import { conditionsOf, healthOf, namedCondition, presentFailure, runHealth } from './object-health.ts';

const object = (status: Json): KubeObject => ({ apiVersion: 'v1', kind: 'T', metadata: { name: 'x' }, status });
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
  const ready = (status: Json, more: JsonObject = { message: 'm' }) =>
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

describe('multiMatch needs all that is healthy, and one of what is not', () => {
  const ready = { type: 'Ready', status: 'True' };
  const built = { type: 'Built', status: 'True' };
  const good = { key: '.status.phase', operator: 'In', values: ['Good'] };
  const fast = { key: '.status.speed', operator: 'In', values: ['Fast'], messagePath: '.status.note' };
  const both = { conditions: [ready, built], phase: 'Good', speed: 'Fast', note: 'n' };
  const healthy = (rule: object) => ({ multiMatch: { healthy: rule, unhealthy: {} } });
  const unhealthy = (rule: object) => ({ multiMatch: { healthy: { matchConditions: [ready] }, unhealthy: rule } });

  test.each<[object, Json, string]>([
    [healthy({ matchConditions: [ready, built] }), both, 'True MatchedCondition: condition status: True, message: '],
    [healthy({ matchConditions: [ready, built] }), { conditions: [ready] }, 'Unknown NoMatchesFulfilled'],
    [healthy({ matchConditions: [ready, built] }), { conditions: [built] }, 'Unknown NoMatchesFulfilled'],
    [healthy({ matchFields: [fast, good] }), both, 'True MatchedField: field value: Fast, message: n'],
    [healthy({ matchFields: [fast, good] }), { speed: 'Fast' }, 'Unknown NoMatchesFulfilled'],
    [healthy({ matchFields: [fast, good] }), { phase: 'Good' }, 'Unknown NoMatchesFulfilled'],
    [healthy({ matchConditions: [ready], matchFields: [good] }), { phase: 'Good' }, 'Unknown NoMatchesFulfilled'],
    [healthy({ matchConditions: [], matchFields: [] }), both, 'Unknown NoMatchesFulfilled'],
    [healthy({}), both, 'Unknown NoMatchesFulfilled'],
    [{ multiMatch: {} }, both, 'Unknown NoMatchesFulfilled'],
    [{}, both, 'Unknown NoMatchesFulfilled'],
    [
      unhealthy({ matchConditions: [{ type: 'Bad', status: 'True' }, built] }),
      both,
      'False MatchedCondition: condition status: True, message: ',
    ],
    [
      unhealthy({ matchConditions: [{ type: 'Built', status: 'False' }] }),
      both,
      'True MatchedCondition: condition status: True, message: ',
    ],
    [
      unhealthy({ matchConditions: [{ type: 'Other', status: 'True' }] }),
      both,
      'True MatchedCondition: condition status: True, message: ',
    ],
    [
      unhealthy({ matchFields: [{ ...good, values: ['Bad'] }, fast] }),
      both,
      'False MatchedField: field value: Fast, message: n',
    ],
    [
      unhealthy({ matchConditions: [built], matchFields: [fast] }),
      both,
      'False MatchedCondition: condition status: True, message: ',
    ],
    [
      { singleConditionType: '', ...healthy({ matchConditions: [ready] }) },
      both,
      'True MatchedCondition: condition status: True, message: ',
    ],
    [{ singleConditionType: 'Built', ...healthy({}) }, both, 'True BuiltCondition'],
    [
      { alwaysHealthy: {}, singleConditionType: 'None', ...unhealthy({ matchConditions: [ready] }) },
      both,
      'True AlwaysHealthy',
    ],
  ])('%j of %j', (rule, status, expected) => {
    expect(line(rule, object(status))).toBe(expected);
  });

  test('of two conditions that match the first is told', () => {
    const conditions = [
      { ...ready, message: 'one' },
      { ...ready, message: 'two' },
    ];
    expect(line(healthy({ matchConditions: [ready] }), object({ conditions }))).toContain('message: one');
  });

  test('the rule counts, not whether outputs are there', () => {
    expect(line(healthy({}), object({}), true, true)).toBe('Unknown NoMatchesFulfilled');
    expect(line(healthy({}), undefined, true, true)).toBe('Unknown Unknown');
  });
});

describe('the conditions of an object', () => {
  const condition = { type: 'Ready', status: 'True', message: 'm' };
  const fields = {
    reason: 'R',
    lastTransitionTime: '2026-01-01T00:00:00Z',
    observedGeneration: 1,
  };

  test.each<[string, object, boolean]>([
    ['all fields', fields, true],
    ['fields that are null', { reason: null, message: null, lastTransitionTime: null, observedGeneration: null }, true],
    ['a time with a fraction and an offset', { lastTransitionTime: '2026-01-01T00:00:00.123456+02:00' }, true],
    ['a time without its zone', { lastTransitionTime: '2026-01-01T00:00:00' }, false],
    ['a day alone', { lastTransitionTime: '2026-01-01' }, false],
    ['a time with more behind it', { lastTransitionTime: '2026-01-01T00:00:00Z and' }, false],
    ['a time with more before it', { lastTransitionTime: 'at 2026-01-01T00:00:00Z' }, false],
    ['an empty time', { lastTransitionTime: '' }, false],
    ['a number for a time', { lastTransitionTime: 1 }, false],
    ['a number for its reason', { reason: 1 }, false],
    ['a list for its message', { message: [] }, false],
    ['a number for its type', { type: 1 }, false],
    ['true for its status', { status: true }, false],
    ['a text for its generation', { observedGeneration: '1' }, false],
    ['fields of its own', { severity: 1 }, true],
  ])('one with %s counts, or spoils them all: %j %s', (_what, more, counts) => {
    const all = conditionsOf(object({ conditions: [condition, { type: 'Other', ...more }] }));
    expect(all.length).toBe(counts ? 2 : 0);
  });

  test('an entry that is no object spoils them all, and what is no list is none', () => {
    for (const conditions of [[condition, 'x'], [condition, null], [condition, []], {}, 'x', null, undefined]) {
      expect(conditionsOf(object({ conditions }))).toEqual([]);
    }
  });

  test('have the empty text for what is absent, and nothing but what is judged by', () => {
    expect(conditionsOf(object({ conditions: [{ ...condition, ...fields }, {}] }))).toEqual([
      { ...condition, reason: 'R', observedGeneration: 1 },
      { type: '', status: '', reason: '', message: '', observedGeneration: undefined },
    ]);
  });

  test('of one type that is there twice: the first counts', () => {
    const conditions = [{ type: 'X', status: 'True' }, condition, { ...condition, status: 'False', message: 'later' }];
    expect(line({ singleConditionType: 'Ready' }, object({ conditions }))).toBe('True ReadyCondition: m');
  });
});

test('a failure is a present one where its condition is of the present generation, whatever the status is of', () => {
  const rule = { singleConditionType: 'Ready' };
  const failed = { type: 'Ready', status: 'False', reason: 'GitOperationFailed', message: 'no branch' };
  const of = (condition: JsonObject): KubeObject => {
    const said = object({ observedGeneration: -1, conditions: [condition] });
    return { ...said, metadata: { ...said.metadata, generation: 3 } };
  };
  expect(presentFailure(rule, of({ ...failed, observedGeneration: 3 }))?.message).toBe('no branch');
  expect(presentFailure(rule, of({ ...failed, observedGeneration: 2 }))).toBeUndefined();
  expect(presentFailure(rule, of(failed))).toBeUndefined();
  expect(presentFailure(rule, of({ ...failed, status: 'True', observedGeneration: 3 }))).toBeUndefined();
  expect(presentFailure(rule, of({ ...failed, status: 'Unknown', observedGeneration: 3 }))).toBeUndefined();
  expect(presentFailure(undefined, of({ ...failed, observedGeneration: 3 }))).toBeUndefined();
});

test('a run is judged by its rule, and is successful without one', () => {
  const failed = object({ conditions: [{ type: 'Done', status: 'False' }] });
  expect(runHealth({ singleConditionType: 'Done' }, failed)).toBe('False');
  expect(runHealth({ singleConditionType: 'Other' }, failed)).toBe('Unknown');
  expect(runHealth(undefined, failed)).toBe('True');
});

describe('the condition that a rule names', () => {
  const conditions: readonly JsonObject[] = [
    { type: 'A', status: 'True', message: 'a' },
    { type: 'B', status: 'False', message: 'b' },
    { type: 'B', status: 'True', message: 'b again' },
    { type: 'C', status: 'True', message: 'c' },
    { type: '', status: 'True', message: 'none' },
  ];
  const is = (type: string, status = 'True'): JsonObject => ({ type, status });
  const multi = (unhealthy: readonly JsonObject[], healthy: readonly JsonObject[]): JsonObject => ({
    multiMatch: { unhealthy: { matchConditions: unhealthy }, healthy: { matchConditions: healthy } },
  });

  test.each<[string, JsonObject | undefined, string | undefined]>([
    ['none without a rule', undefined, undefined],
    ['none where the rule names none', { alwaysHealthy: {} }, undefined],
    ['the single one', { singleConditionType: 'A' }, 'a'],
    ['the first of its type', { singleConditionType: 'B' }, 'b'],
    ['none that is not there', { singleConditionType: 'X' }, undefined],
    ['the first that says unhealthy', multi([is('X'), is('C'), is('A')], [is('X')]), 'c'],
    ['the first that does not yet say healthy', multi([is('X')], [is('A'), is('B', 'Unknown'), is('C', 'False')]), 'b'],
    ['none where all say healthy', multi([], [is('A'), is('C')]), undefined],
    ['none where what is awaited is not there', multi([], [is('A'), is('X'), is('C', 'False')]), undefined],
    ['none where conditions do not count', { multiMatch: { unhealthy: {}, healthy: {} } }, undefined],
  ])('is %s', (_what, rule, message) => {
    expect(namedCondition(rule as never, object({ conditions }))?.message).toBe(message);
  });
});
