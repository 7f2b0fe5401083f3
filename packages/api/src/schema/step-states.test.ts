import { expect, test } from 'vitest';
import { STEP_STATES, stepState } from '../index.ts';

test.each([
  ['True', 'PolicyViolation', 'ready'],
  ['True', 'Passed', 'ready'],
  ['False', 'PolicyViolation', 'refused'],
  ['False', 'GateRefused', 'refused'],
  ['Unknown', 'AwaitingApproval', 'waiting'],
  ['False', 'Soaking', 'waiting'],
  ['Unknown', 'WindowClosed', 'blocked'],
  ['False', 'Locked', 'blocked'],
  ['False', 'Broken', 'failed'],
  ['False', '', 'failed'],
  ['False', 'constructor', 'failed'],
  ['Unknown', 'Building', 'running'],
  ['', '', 'running'],
])('a condition that is %j for the reason %j means %s', (status, reason, state) => {
  expect(stepState({ status, reason })).toBe(state);
  expect(STEP_STATES).toContain(state);
});

test('an object without the condition is at work', () => {
  expect(stepState(undefined)).toBe('running');
});
