import { describe, expect, test } from 'vitest';
import { REASONS } from './condition-reasons.ts';
import { EVENT_REASONS } from './event-reasons.ts';
import type { Explanations } from './explanation.ts';
import { explanationOf, nextStepOf } from './next-step.ts';

const said = (type: string, reason: string, status = 'False', message = '') => ({ type, reason, status, message });

describe('whose move it is', () => {
  test.each([
    ['nobody’s while the condition is True', said('SupplyChainReady', 'Ready', 'True'), 'nobody', undefined],
    [
      'what stands beside the reason',
      said('ResourcesSubmitted', 'ServiceAccountTokenError'),
      'admin',
      /serviceaccounts/,
    ],
    [
      'that of a blueprint which lends its reason',
      said('SupplyChainReady', 'TemplatesNotFound'),
      'platform',
      /apply them/,
    ],
    ['that of a selector which is lent', said('DeliveryReady', 'InvalidSelector'), 'platform', /correct the operator/],
    [
      'the developer’s by a condition of the object',
      said('Healthy', 'ReadyCondition'),
      'developer',
      /look at the object/,
    ],
    ['nobody’s while that is Unknown', said('Healthy', 'ReadyCondition', 'Unknown'), 'nobody', 'wait'],
    ['the developer’s by a reason that is not ours', said('Healthy', 'constructor'), 'developer', 'read the message'],
    ['nobody’s by one that is Unknown', said('toString', 'Odd', 'Unknown'), 'nobody', 'wait'],
  ])('is %s', (_what, condition, move, next) => {
    const found = nextStepOf(condition);
    expect(found.move).toBe(move);
    if (typeof next === 'object') expect(found.next).toMatch(next);
    else expect(found.next).toBe(next);
  });

  test.each([
    ['MissingValueAtPath', 'waiting to read value [.x] from object [things/x]', 'nobody', 'wait'],
    ['MissingValueAtPath', 'cannot read value [.x] from healthy object [things/x]', 'platform', /correct the path/],
    [
      'MissingValueAtPath',
      'cannot read value [.x] from unhealthy object [things/x]',
      'developer',
      /look at the object/,
    ],
    ['TemplateRejectedByAPIServer', 'things is forbidden: User cannot patch', 'admin', /give the account the right/],
    ['TemplateRejectedByAPIServer', 'spec.x: Invalid value', 'platform', /read the server/],
    ['NotObserved', '[things/x] is not as the template makes it: …', 'platform', /delete the run/],
  ])('%s with “%s”: %s', (reason, message, move, next) => {
    const found = nextStepOf(said('ResourceSubmitted', reason, 'Unknown', message));
    expect(found.move).toBe(move);
    expect(found.next).toMatch(next);
  });
});

test('every reason whose move is somebody’s says what to do', () => {
  const all = Object.entries<Explanations>({ ...REASONS, ...EVENT_REASONS }).flatMap(([type, reasons]) =>
    Object.entries(reasons).map(([reason, told]) => ({ type, reason, told })),
  );
  const mute = all.filter(
    ({ told }) => told.move !== 'nobody' && told.next === undefined && told.unwritten === undefined,
  );
  expect(mute).toEqual([]);
});

test('a reason of another type, or one that every object has, has no explanation', () => {
  expect(explanationOf('TemplatesReady', 'InvalidSelector')).toBeUndefined();
  expect(explanationOf('Healthy', 'toString')).toBeUndefined();
  expect(explanationOf('hasOwnProperty', 'call')).toBeUndefined();
});
