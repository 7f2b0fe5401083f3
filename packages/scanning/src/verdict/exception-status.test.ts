import { describe, expect, it } from 'vitest';
import { exceptionStatus } from './exception-status.ts';
import { clusterExceptionOf, exceptionOf, factsOf, findingOf, inDays, NOW, policyOf } from './testing/stage.ts';
import { verdict } from './verdict.ts';

const deny = [{ severityAtLeast: 'Low' }];
const open = policyOf('web-gate', { deny, exceptions: { namespaced: 'Allowed', maxDays: 30, upTo: 'High' } });
const closed = policyOf('web-gate', { deny });
const findings = [findingOf('CVE-1'), findingOf('CVE-2', { severity: 'Critical' })];

function statusFor(exception = exceptionOf('CVE-1'), policy = open) {
  const uses = [1, 2].flatMap(() => verdict(findings, [policy], [exception], factsOf(), NOW).exceptions);
  return exceptionStatus(exception, uses, { generation: 2, nowMs: NOW });
}

describe('an exception says of itself', () => {
  it.each([
    ['that it excuses', exceptionOf('CVE-1'), open, 'True', 'Excuses', 2, 2],
    ['that nothing is what it is for', exceptionOf('CVE-9'), open, 'False', 'MatchesNothing', 0, 0],
    ['that it has expired', exceptionOf('CVE-1', { expires: inDays(0) }), open, 'False', 'Expired', 2, 0],
    ['that it goes beyond the severity', exceptionOf('CVE-2'), open, 'False', 'BeyondUpTo', 2, 0],
    ['that it lasts too long', { ...exceptionOf('CVE-1'), created: inDays(-31) }, open, 'False', 'BeyondMaxDays', 2, 0],
    ['that no exception of a namespace counts', exceptionOf('CVE-1'), closed, 'False', 'NotAllowed', 2, 0],
    [
      'that it excuses nothing',
      exceptionOf('CVE-1', { status: 'under_investigation' }),
      open,
      'False',
      'UnderInvestigation',
      2,
      0,
    ],
    ['that it excuses everywhere', clusterExceptionOf('CVE-2'), closed, 'True', 'Excuses', 2, 2],
  ])('%s', (_, exception, policy, status, reason, matches, excuses) => {
    const found = statusFor(exception, policy);
    expect(found).toMatchObject({
      observedGeneration: 2,
      matches,
      excuses,
      conditions: [{ type: 'Ready', status, reason }],
    });
  });

  it('nothing new when it says the same', () => {
    const previous = statusFor();
    const uses = [1, 2].flatMap(() => verdict(findings, [open], [exceptionOf('CVE-1')], factsOf(), NOW).exceptions);
    expect(exceptionStatus(exceptionOf('CVE-1'), uses, { generation: 2, previous, nowMs: NOW + 5000 })).toBe(previous);
  });
});
