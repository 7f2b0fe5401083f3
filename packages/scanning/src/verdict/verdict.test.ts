import { describe, expect, it } from 'vitest';
import { findingKey, type ScanFacts } from './facts.ts';
import {
  clusterExceptionOf,
  exceptionOf,
  factsOf,
  findingOf,
  inDays,
  inventoryOf,
  NOW,
  policyOf,
} from './testing/stage.ts';
import { verdict } from './verdict.ts';

const HIGH_FIXABLE = { deny: [{ severityAtLeast: 'High', fixable: true }] };
const gate = policyOf('web-gate', HIGH_FIXABLE);
const high = findingOf('GHSA-1', { aliases: ['CVE-2026-1'], score: 7.5 });

describe('a verdict', () => {
  it('is refused by a rule that holds, and says by which, for what, and what would open it', () => {
    const judged = verdict([high], [gate], [], factsOf(), NOW);
    expect(judged).toMatchObject({ result: 'Refused', reason: 'PolicyViolation', policies: ['web-gate@4'] });
    expect(judged.message).toBe(
      'refused by ClusterScanPolicy web-gate: 1 High (CVE-2026-1 in a 1.2.3, fixed in 1.2.4); ' +
        'opens with a 1.2.4, or with a ClusterVulnerabilityException by the operator',
    );
    expect(judged.findings).toEqual([{ finding: high, outcome: 'refused', policy: 'web-gate', rule: 0 }]);
  });

  it('names the worst five, and how many there are besides', () => {
    const many = Array.from({ length: 7 }, (_, i) =>
      findingOf(`CVE-2026-${i}`, i === 5 ? { severity: 'Critical' } : {}),
    );
    const { message } = verdict(many, [gate], [], factsOf(), NOW);
    expect(message).toMatch(/^refused by ClusterScanPolicy web-gate: 1 Critical, 6 High \(CVE-2026-5 in a/);
    expect(message).toContain('CVE-2026-3 in a 1.2.3, fixed in 1.2.4; and 2 more)');
    expect(message).not.toContain('CVE-2026-4');
  });

  it('says who may write an exception where the policy lets those of namespaces count', () => {
    const open = policyOf('web-gate', { ...HIGH_FIXABLE, exceptions: { namespaced: 'Allowed' } });
    expect(verdict([high], [open], [], factsOf(), NOW).message).toMatch(
      /or with a VulnerabilityException by whoever has the role scan-exceptions here$/,
    );
    const critical = findingOf('CVE-2026-2', { severity: 'Critical' });
    expect(verdict([critical], [open], [], factsOf(), NOW).message).toMatch(/by the operator$/);
  });

  it('passes what no rule holds for, and counts it', () => {
    const findings = [findingOf('CVE-1', { severity: 'Low' }), findingOf('CVE-2', { fixedIn: undefined })];
    const judged = verdict(findings, [gate], [], factsOf(), NOW);
    expect(judged).toMatchObject({ result: 'Passed', reason: 'Passed', message: 'passed: 1 High, 1 Low' });
    expect(judged.counts).toEqual({
      critical: 0,
      high: 1,
      medium: 0,
      low: 1,
      unknown: 0,
      unreadable: 0,
      fixable: 1,
      excepted: 0,
    });
  });

  it('warns by a rule that only warns', () => {
    const policy = policyOf('web-gate', { warn: [{ severityAtLeast: 'High' }] });
    const judged = verdict([high], [policy], [], factsOf(), NOW);
    expect(judged).toMatchObject({ result: 'Warned', findings: [{ outcome: 'warned', policy: 'web-gate', rule: 0 }] });
    expect(judged.message).toMatch(/^passed with a warning by ClusterScanPolicy web-gate: 1 High \(CVE-2026-1/);
  });

  it('asks every policy that selects the namespace, and the one that the scan names besides', () => {
    const lax = policyOf('lax', { namespaceSelector: { matchLabels: { env: 'test' } } });
    const strict = policyOf('strict', { namespaceSelector: { matchLabels: { env: 'prod' } }, ...HIGH_FIXABLE });
    const other = policyOf('other', { namespaceSelector: { matchLabels: { env: 'dev' } }, ...HIGH_FIXABLE });
    const judged = verdict([high], [lax, strict, other], [], factsOf({ policy: 'lax' }), NOW);
    expect(judged.policies).toEqual(['lax@4', 'strict@4']);
    expect(judged).toMatchObject({ result: 'Refused', findings: [{ policy: 'strict' }] });
  });
});

describe('a rule', () => {
  const isRefused = (rule: object, finding = high, more = {}) =>
    verdict([finding], [policyOf('web-gate', { deny: [rule], ...more })], [], factsOf(), NOW).result === 'Refused';

  it.each([
    [{ severityAtLeast: 'High' }, high, true],
    [{ severityAtLeast: 'Critical' }, high, false],
    [{ severityAtLeast: 'Low' }, high, true],
    [{ fixable: true }, high, true],
    [{ fixable: false }, high, false],
    [{ fixable: false }, findingOf('CVE-1', { fixedIn: undefined }), true],
    [{ ids: ['CVE-2026-1'] }, high, true],
    [{ ids: ['GHSA-1'] }, high, true],
    [{ ids: ['cve-2026-1'] }, high, true],
    [{ ids: ['CVE-2026-10'] }, high, false],
    [{ ecosystem: 'npm' }, high, true],
    [{ ecosystem: 'NPM' }, high, true],
    [{ ecosystem: 'np' }, high, false],
    [{ ecosystem: 'Debian' }, findingOf('CVE-1', { package: { ecosystem: 'Debian:12' } }), true],
    [{ ecosystem: 'Debian:12' }, findingOf('CVE-1', { package: { ecosystem: 'Debian:11' } }), false],
    [{ olderThan: '720h' }, high, true],
    [{ olderThan: '721h' }, high, false],
    [{ olderThan: '720h' }, findingOf('CVE-1', { published: undefined }), true],
    [{ severityAtLeast: 'High', fixable: false }, high, false],
    [{ expression: "finding.package.type == 'npm' && finding.score >= 7.5" }, high, true],
    [{ expression: "finding.package.type == 'npm' && finding.score > 7.5" }, high, false],
    [{ expression: "'CVE-2026-1' in finding.aliases && finding.fixable" }, high, true],
    [{ expression: 'finding.score >= 7.0' }, findingOf('CVE-1'), true],
    [{ expression: 'finding.score >= 7.0' }, findingOf('CVE-1', { severity: 'Unknown' }), true],
    [{ severityAtLeast: 'High' }, findingOf('CVE-1', { severity: 'Unknown' }), true],
  ])('%j of %o refuses: %s', (rule, finding, refuses) => {
    expect(isRefused(rule, finding)).toBe(refuses);
  });

  it('takes a finding without a severity for what the policy says', () => {
    const unknown = findingOf('CVE-1', { severity: 'Unknown' });
    expect(isRefused({ severityAtLeast: 'High' }, unknown, { unknownSeverityIs: 'Medium' })).toBe(false);
    expect(verdict([unknown], [gate], [], factsOf(), NOW).counts).toMatchObject({ unknown: 1, high: 0 });
  });

  it('warns about a fresh advisory until its grace ends', () => {
    const fresh = findingOf('CVE-1', { published: inDays(-1) });
    const policy = policyOf('web-gate', { ...HIGH_FIXABLE, graceAfterPublication: '48h' });
    const judged = verdict([fresh], [policy], [], factsOf(), NOW);
    expect(judged).toMatchObject({ result: 'Warned', ownRecheckAt: Date.parse(inDays(1)) });
    expect(verdict([fresh], [policy], [], factsOf(), Date.parse(inDays(1))).result).toBe('Refused');
  });

  it.each([
    [2, 'Refused', 1],
    [1, 'Warned', 3],
  ])('believes no advisory that is published more than a day from now: %d days', (days, result, turn) => {
    const ahead = findingOf('CVE-1', { published: inDays(days) });
    const policy = policyOf('web-gate', { ...HIGH_FIXABLE, graceAfterPublication: '48h' });
    expect(verdict([ahead], [policy], [], factsOf(), NOW)).toMatchObject({
      result,
      ownRecheckAt: Date.parse(inDays(turn)),
    });
    expect(verdict([ahead], [gate], [], factsOf(), NOW).result).toBe('Refused');
    expect(isRefused({ olderThan: '1h' }, ahead)).toBe(days > 1);
  });

  it('tells a finding that came after the artifact had passed, where the policy says Notify', () => {
    const policy = policyOf('web-gate', { ...HIGH_FIXABLE, onNewFinding: 'Notify' });
    const came = (days: number): Partial<ScanFacts> => ({ since: new Map([[findingKey(high), inDays(days)]]) });
    const results = [
      { passed: inDays(-5), ...came(-1) },
      { passed: inDays(-5), ...came(-5) },
      { passed: inDays(-5), ...came(-6) },
      came(-1),
      { passed: inDays(-5) },
    ].map((facts) => verdict([high], [policy], [], factsOf(facts), NOW).result);
    expect(results).toEqual(['Warned', 'Refused', 'Refused', 'Refused', 'Refused']);
    expect(verdict([high], [gate], [], factsOf({ passed: inDays(-5), ...came(-1) }), NOW).result).toBe('Refused');
  });
});

describe('an expression', () => {
  const judged = (expression: string, findings = [high]) =>
    verdict(findings, [policyOf('web-gate', { deny: [{ expression }] })], [], factsOf(), NOW);
  const numbers = `[${Array.from({ length: 50 }, (_, i) => i).join(',')}]`;
  const loop = ['a', 'b', 'c', 'd', 'e'].reduce(
    (inner, name) => `${numbers}.all(${name}, ${inner})`,
    'finding.score > 0.0',
  );

  it.each(['finding.', 'now() > 1', 'other.score > 1', ''.padEnd(300, '(')])(
    'that does not compile refuses, with no finding at all: %s',
    (text) => {
      expect(judged(text, [])).toMatchObject({ result: 'Refused', reason: 'ExpressionFailed' });
    },
  );

  it.each(['finding.nothing == 1', 'finding.score', "finding.score > 'a'"])('that fails refuses: %s', (text) => {
    const { result, reason, message } = judged(text);
    expect({ result, reason }).toEqual({ result: 'Refused', reason: 'ExpressionFailed' });
    expect(message).toContain('deny[0].expression');
  });

  it('that costs too much refuses', () => {
    expect(judged(loop)).toMatchObject({ result: 'Refused', reason: 'ExpressionTooCostly' });
  });

  it('that costs too much for all findings together refuses, whatever their order', () => {
    const twenty = numbers.replace(/,20,.*/, ']');
    const loops = ['a', 'b', 'c'].reduce((inner, name) => `${twenty}.all(${name}, ${inner})`, 'finding.score > 0.0');
    const text = `!(${loops})`;
    const findings = Array.from({ length: 400 }, (_, i) => findingOf(`CVE-${i}`));
    const few = judged(text, findings.slice(0, 10));
    expect(few.result).toBe('Passed');
    const all = judged(text, findings);
    expect(all).toMatchObject({ result: 'Refused', reason: 'ExpressionTooCostly' });
    expect(judged(text, findings.toReversed())).toEqual(all);
  });

  it('in a rule that only warns refuses, too, when it fails', () => {
    const policy = policyOf('web-gate', { warn: [{ expression: 'finding.nothing' }] });
    expect(verdict([high], [policy], [], factsOf(), NOW).result).toBe('Refused');
  });
});

describe('nothing passes because something is missing', () => {
  const judged = (facts: Partial<ScanFacts>, policies = [policyOf('web-gate')]) =>
    verdict([], policies, [], factsOf(facts), NOW);

  it.each([
    ['no source', { sources: [] }, 'Unknown', 'NoAdvisories'],
    [
      'a source that was never matched',
      { sources: [{ name: 'osv', matched: false, fetched: inDays(0) }] },
      'Unknown',
      'SourcesNotMatched',
    ],
    ['a policy that is gone', { policy: 'gone' }, 'Unknown', 'PolicyNotFound'],
    ['no policy', { policy: '' }, 'Unknown', 'PolicyNotFound'],
    ['an inventory that is being read', { inventory: { kind: 'pending' as const } }, 'Unknown', 'Scanning'],
    [
      'no inventory',
      { inventory: { kind: 'failed', reason: 'RegistryForbidden', message: 'asks for a login' } as const },
      'Refused',
      'InventoryMissing',
    ],
    [
      'part of the inventory',
      { inventory: inventoryOf({ unread: [{ what: 'layer 1', why: 'is larger than 1 GiB' }] }) },
      'Refused',
      'PolicyViolation',
    ],
    [
      'a source that is too old',
      { sources: [{ name: 'osv', matched: true, fetched: inDays(-5) }] },
      'Refused',
      'PolicyViolation',
    ],
    ['a source that was never fetched', { sources: [{ name: 'osv', matched: true }] }, 'Refused', 'PolicyViolation'],
    ['an ecosystem without advisories', { inventory: inventoryOf({ uncovered: ['Debian:12'] }) }, 'Warned', 'Warned'],
  ])('%s', (_, facts, result, reason) => {
    expect(judged(facts)).toMatchObject({ result, reason });
  });

  it('and a policy that cannot be read, or whose selector cannot, is for every namespace', () => {
    const broken = policyOf('broken', { deny: 'all' });
    const selector = { matchExpressions: [{ key: 'env', operator: 'In' }] };
    for (const policy of [broken, policyOf('odd', { namespaceSelector: selector })]) {
      const { result, reason, message } = judged({}, [policyOf('web-gate'), policy]);
      expect({ result, reason }).toEqual({ result: 'Unknown', reason: 'PolicyInvalid' });
      expect(message).toContain(`ClusterScanPolicy ${policy.name} cannot be read: spec.`);
    }
  });

  it.each([
    [
      { onMissingInventory: 'Warn' },
      { inventory: inventoryOf({ unread: [{ what: 'layer 1', why: 'is large' }] }) },
      'Warned',
      /layer 1 is large/,
    ],
    [
      { onMissingInventory: 'Warn' },
      { inventory: { kind: 'failed', reason: 'ImageNotFound', message: 'asks for a login' } as const },
      'Warned',
      /asks for a login/,
    ],
    [
      { advisories: { onStale: 'Warn' } },
      { sources: [{ name: 'osv', matched: true }] },
      'Warned',
      /advisories of osv were fetched more than 120h ago/,
    ],
    [
      { advisories: { onUncovered: 'Refuse' } },
      { inventory: inventoryOf({ uncovered: ['Hex'] }) },
      'Refused',
      /no source has advisories for Hex/,
    ],
  ])('unless a policy says so: %j', (spec, facts, result, message) => {
    const is = judged(facts, [policyOf('web-gate', spec)]);
    expect(is.result).toBe(result);
    expect(is.message).toMatch(message);
  });

  it('and a version that cannot be compared is judged as a part of the inventory that is missing, by no rule', () => {
    const unreadable = findingOf('UnreadableVersion', { severity: 'Unknown', aliases: ['CVE-1'], fixedIn: undefined });
    const refused = verdict([unreadable], [policyOf('web-gate')], [], factsOf(), NOW);
    expect(refused).toMatchObject({ result: 'Refused', counts: { unreadable: 1, unknown: 0 } });
    expect(refused.message).toContain('1 of a version that cannot be compared (the version of a 1.2.3)');
    const warn = policyOf('web-gate', { onMissingInventory: 'Warn', deny: [{ ids: ['CVE-1'] }] });
    expect(verdict([unreadable], [warn], [], factsOf(), NOW).result).toBe('Warned');
    expect(verdict([unreadable], [gate], [clusterExceptionOf('CVE-1')], factsOf(), NOW).result).toBe('Refused');
    expect(verdict([unreadable], [gate], [clusterExceptionOf('UnreadableVersion')], factsOf(), NOW).result).toBe(
      'Passed',
    );
  });
});

describe('an exception', () => {
  const open = policyOf('web-gate', {
    ...HIGH_FIXABLE,
    exceptions: { namespaced: 'Allowed', maxDays: 30, upTo: 'High' },
  });
  const resultWith = (exception: ReturnType<typeof exceptionOf>, policy = open, facts: Partial<ScanFacts> = {}) =>
    verdict([high], [policy], [exception], factsOf(facts), NOW).result;
  const digest = factsOf().digest;

  it.each([
    ['by the id', exceptionOf('GHSA-1'), 'Passed'],
    ['by another name', exceptionOf('CVE-2026-1'), 'Passed'],
    ['of another vulnerability', exceptionOf('CVE-2026-2'), 'Refused'],
    ['of another namespace', { ...exceptionOf('GHSA-1'), namespace: 'other' }, 'Refused'],
    ['of the package', exceptionOf('GHSA-1', { package: 'pkg:npm/a' }), 'Passed'],
    ['of the package at its version', exceptionOf('GHSA-1', { package: 'pkg:npm/a@1.2.3' }), 'Passed'],
    ['of another version', exceptionOf('GHSA-1', { package: 'pkg:npm/a@1.2.2' }), 'Refused'],
    ['of another package', exceptionOf('GHSA-1', { package: 'pkg:npm/b' }), 'Refused'],
    ['of another type', exceptionOf('GHSA-1', { package: 'pkg:pypi/a' }), 'Refused'],
    ['of the repository', exceptionOf('GHSA-1', { images: ['registry.example.com/team/*'] }), 'Passed'],
    ['of all repositories below', exceptionOf('GHSA-1', { images: ['registry.example.com/**'] }), 'Passed'],
    ['of one folder of repositories', exceptionOf('GHSA-1', { images: ['registry.example.com/*'] }), 'Refused'],
    ['of the digest', exceptionOf('GHSA-1', { digests: [digest] }), 'Passed'],
    ['of another digest', exceptionOf('GHSA-1', { digests: [`sha256:${'c'.repeat(64)}`] }), 'Refused'],
    ['that has ended', exceptionOf('GHSA-1', { expires: inDays(0) }), 'Refused'],
    ['that says it is looked into', exceptionOf('GHSA-1', { status: 'under_investigation' }), 'Refused'],
    ['that says it is not affected', exceptionOf('GHSA-1', { status: 'not_affected' }), 'Passed'],
    ['that accepts it', exceptionOf('GHSA-1', { status: 'affected', accept: true }), 'Passed'],
    ['by the operator', clusterExceptionOf('GHSA-1'), 'Passed'],
    [
      'by the operator, for this namespace',
      clusterExceptionOf('GHSA-1', { namespaceSelector: { matchLabels: { env: 'prod' } } }),
      'Passed',
    ],
    [
      'by the operator, for others',
      clusterExceptionOf('GHSA-1', { namespaceSelector: { matchLabels: { env: 'test' } } }),
      'Refused',
    ],
  ])('%s', (_, exception, result) => {
    expect(resultWith(exception)).toBe(result);
  });

  it('of a namespace counts only where every policy says so, one of the operator always', () => {
    expect(resultWith(exceptionOf('GHSA-1'), gate)).toBe('Refused');
    expect(resultWith(clusterExceptionOf('GHSA-1'), gate)).toBe('Passed');
    const both = verdict([high], [open, policyOf('b', HIGH_FIXABLE)], [exceptionOf('GHSA-1')], factsOf(), NOW);
    expect(both).toMatchObject({ result: 'Refused', counts: { excepted: 0, high: 1 }, findings: [{ policy: 'b' }] });
  });

  it('of a namespace goes up to a severity, and so far from the first sight', () => {
    const critical = findingOf('GHSA-1', { severity: 'Critical' });
    expect(verdict([critical], [open], [exceptionOf('GHSA-1')], factsOf(), NOW).result).toBe('Refused');
    const seen = (days: number) => ({ sights: new Map([['CVE-2026-1', inDays(days)]]) });
    expect(resultWith(exceptionOf('GHSA-1'), open, seen(-29))).toBe('Passed');
    expect(resultWith(exceptionOf('GHSA-1'), open, seen(-30))).toBe('Refused');
    expect(resultWith({ ...exceptionOf('GHSA-1'), created: inDays(-30) }, open)).toBe('Refused');
    expect(resultWith({ ...exceptionOf('GHSA-1'), created: inDays(-30) }, open, seen(-1))).toBe('Passed');
  });

  it('made anew does not begin anew while an older one is there', () => {
    const older = { ...exceptionOf('GHSA-1', { expires: inDays(-1) }), created: inDays(-31), name: 'older' };
    expect(verdict([high], [open], [older, exceptionOf('GHSA-1')], factsOf(), NOW).result).toBe('Refused');
  });

  it('with images is for no source', () => {
    const source = { kind: 'SourceScan' as const, repository: '' };
    expect(resultWith(exceptionOf('GHSA-1', { images: ['**'] }), open, source)).toBe('Refused');
    expect(resultWith(exceptionOf('GHSA-1'), open, source)).toBe('Passed');
  });

  it('is named beside what it excuses, which is counted apart', () => {
    const judged = verdict([high], [open], [exceptionOf('CVE-2026-1')], factsOf(), NOW);
    expect(judged).toMatchObject({
      message: 'passed: no findings, 1 excepted',
      counts: { high: 0, fixable: 0, excepted: 1 },
      findings: [{ outcome: 'excepted', exception: 'VulnerabilityException shop/cve-2026-1' }],
      exceptions: [{ exception: 'VulnerabilityException shop/cve-2026-1', matches: 1, excuses: 1, hindrances: [] }],
      ownRecheckAt: Date.parse(inDays(10)),
    });
  });
});
