import { expect, it } from 'vitest';
import { policyStatus } from './policy-status.ts';
import { NOW, policyOf } from './testing/stage.ts';

it.each([
  [{ deny: [{ expression: 'finding.score > 1.0' }] }, 'True', 'Ready', ''],
  [{ warn: [{ expression: 'finding.' }] }, 'False', 'ExpressionFailed', 'spec.warn[0].expression: compilation failed'],
  [{ deny: 'all' }, 'False', 'PolicyInvalid', 'spec.deny: Invalid value'],
  [
    { namespaceSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] } },
    'False',
    'PolicyInvalid',
    'spec.namespaceSelector: ',
  ],
])('a policy of %j is ready: %s, for the reason %s', (spec, status, reason, message) => {
  const found = policyStatus(policyOf('web-gate', spec), undefined, NOW);
  expect(found).toMatchObject({
    observedGeneration: 4,
    conditions: [{ type: 'Ready', status, reason, message: expect.stringContaining(message) as string }],
  });
  expect(policyStatus(policyOf('web-gate', spec), found, NOW + 5000)).toBe(found);
});
