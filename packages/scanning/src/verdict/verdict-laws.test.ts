import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScanException, ScanPolicy } from '../kinds/read.ts';
import { type Finding, SEVERITIES } from '../match/finding.ts';
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
import { type Verdict, verdict } from './verdict.ts';

const NAMES = ['CVE-1', 'CVE-2', 'CVE-3', 'GHSA-1'] as const;
const name = fc.constantFrom(...NAMES);
const days = fc.integer({ min: -12, max: 12 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const finding: fc.Arbitrary<Finding> = fc
  .record({
    id: fc.oneof({ weight: 9, arbitrary: name }, fc.constant('UnreadableVersion')),
    aliases: fc.subarray([...NAMES]),
    severity: fc.constantFrom(...SEVERITIES),
    score: maybe(fc.constantFrom(3.1, 7.5, 9.8)),
    fixedIn: maybe(fc.constant('2.0.0')),
    published: maybe(days.map(inDays)),
    package: fc.record({ name: fc.constantFrom('a', 'b'), ecosystem: fc.constantFrom('npm', 'Debian:12') }),
  })
  .map(({ id, ...changes }) => findingOf(id, changes));

const severity = fc.constantFrom('Critical', 'High', 'Medium', 'Low');
const rule = fc.oneof(
  fc.record({ severityAtLeast: severity }),
  fc.record({ severityAtLeast: severity, fixable: fc.boolean() }),
  fc.record({ ids: fc.array(name, { minLength: 1, maxLength: 2 }) }),
  fc.record({ ecosystem: fc.constantFrom('npm', 'debian'), olderThan: fc.constantFrom('0s', '48h', '240h') }),
  fc.record({
    expression: fc.constantFrom('finding.score >= 7.0', "finding.package.type == 'deb'", 'finding.nothing == 1'),
  }),
);
const answer = fc.constantFrom('Refuse', 'Warn');
const policyNamed = (policyName: string): fc.Arbitrary<ScanPolicy> =>
  fc
    .record({
      namespaceSelector: fc.constantFrom({}, { matchLabels: { env: 'test' } }, { matchLabels: { env: 'prod' } }),
      deny: fc.array(rule, { maxLength: 3 }),
      warn: fc.array(rule, { maxLength: 2 }),
      unknownSeverityIs: severity,
      graceAfterPublication: fc.constantFrom('0s', '72h'),
      onNewFinding: fc.constantFrom('Close', 'Notify'),
      onMissingInventory: answer,
      advisories: fc.record({ maxAge: fc.constantFrom('24h', '240h'), onStale: answer, onUncovered: answer }),
      exceptions: fc.record({
        namespaced: fc.constantFrom('Never', 'Allowed'),
        maxDays: fc.integer({ min: 1, max: 12 }),
        upTo: severity,
      }),
    })
    .map((spec) => policyOf(policyName, spec));
const policies = fc
  .tuple(policyNamed('web-gate'), policyNamed('b'), policyNamed('c'), fc.integer({ min: 1, max: 3 }))
  .map(([first, second, third, count]) => [first, second, third].slice(0, count));

const exception: fc.Arbitrary<ScanException> = fc
  .record({
    vulnerability: fc.oneof(name, fc.constant('UnreadableVersion')),
    status: fc.constantFrom('fixed', 'not_affected', 'affected', 'under_investigation'),
    expires: days.map(inDays),
    more: fc.constantFrom(
      {},
      { package: 'pkg:npm/a' },
      { images: ['registry.example.com/**'] },
      { images: ['other/*'] },
    ),
    isCluster: fc.boolean(),
    created: fc.integer({ min: -12, max: 0 }).map(inDays),
    suffix: fc.integer({ min: 0, max: 1_000_000 }),
  })
  .map(({ vulnerability, more, isCluster, created, suffix, ...spec }) => {
    const made = (isCluster ? clusterExceptionOf : exceptionOf)(vulnerability, { ...spec, ...more });
    return { ...made, created, name: `${vulnerability}-${suffix}` };
  });

/** Times are those of the findings, in the order in which they come. */
const factsFor = (findings: readonly Finding[]): fc.Arbitrary<ScanFacts> =>
  fc
    .record({
      fetched: maybe(fc.integer({ min: -12, max: 0 }).map(inDays)),
      matched: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, fc.boolean()),
      passed: maybe(days.map(inDays)),
      since: fc.array(days, { minLength: findings.length, maxLength: findings.length }),
      sights: fc.dictionary(name, days.map(inDays)),
      uncovered: fc.constantFrom([], ['Hex']),
      unread: fc.constantFrom([], [], [{ what: 'layer', why: 'is large' }]),
    })
    .map(({ fetched, matched, passed, since, sights, uncovered, unread }) =>
      factsOf({
        inventory: inventoryOf({ uncovered, unread }),
        sources: [{ name: 'osv', matched, fetched }],
        passed,
        since: new Map(findings.map((each, i) => [findingKey(each), inDays(since[i] ?? 0)])),
        sights: new Map(Object.entries(sights)),
      }),
    );

const findingsAndFacts = fc
  .array(finding, { maxLength: 5 })
  .chain((findings) => fc.tuple(fc.constant(findings), factsFor(findings)));
const world = fc.record({ of: findingsAndFacts, policies, exceptions: fc.array(exception, { maxLength: 5 }) });

const STRICTNESS = { Passed: 0, Warned: 1, Unknown: 2, Refused: 3 } as const;
const strictness = ({ result }: Verdict) => STRICTNESS[result];
const runs = { numRuns: 150 };

/** What is said, without when it is to be asked again. */
const said = (judged: Verdict) => ({ ...judged, recheckAt: undefined, ownRecheckAt: undefined });

describe('the laws of verdicts', () => {
  it('an exception more never makes one stricter', () => {
    fc.assert(
      fc.property(world, exception, ({ of: [findings, facts], policies: asked, exceptions }, more) => {
        const added = [...exceptions, { ...more, created: inDays(0) }];
        const before = verdict(findings, asked, exceptions, facts, NOW);
        expect(strictness(verdict(findings, asked, added, facts, NOW))).toBeLessThanOrEqual(strictness(before));
      }),
      runs,
    );
  });

  it('a finding less never makes one stricter', () => {
    fc.assert(
      fc.property(world, fc.nat(), ({ of: [findings, facts], policies: asked, exceptions }, at) => {
        const before = verdict(findings, asked, exceptions, facts, NOW);
        const fewer = findings.filter((_, i) => i !== at % Math.max(1, findings.length));
        expect(strictness(verdict(fewer, asked, exceptions, facts, NOW))).toBeLessThanOrEqual(strictness(before));
      }),
      runs,
    );
  });

  it('a policy more never makes one laxer', () => {
    fc.assert(
      fc.property(world, policyNamed('z'), ({ of: [findings, facts], policies: asked, exceptions }, more) => {
        const before = verdict(findings, asked, exceptions, facts, NOW);
        const after = verdict(findings, [...asked, more], exceptions, facts, NOW);
        expect(strictness(after)).toBeGreaterThanOrEqual(strictness(before));
      }),
      runs,
    );
  });

  it('no order matters', () => {
    fc.assert(
      fc.property(
        world.chain(({ of: [findings, facts], policies: asked, exceptions }) => {
          const shuffled = <T>(list: readonly T[]) => fc.shuffledSubarray([...list], { minLength: list.length });
          return fc.tuple(
            fc.constant([findings, asked, exceptions, facts] as const),
            fc.tuple(shuffled(findings), shuffled(asked), shuffled(exceptions)),
          );
        }),
        ([[findings, asked, exceptions, facts], [otherFindings, otherPolicies, otherExceptions]]) => {
          const first = verdict(findings, asked, exceptions, facts, NOW);
          expect(verdict(otherFindings, otherPolicies, otherExceptions, facts, NOW)).toEqual(first);
        },
      ),
      runs,
    );
  });

  it('what is missing never passes', () => {
    const without: readonly ((facts: ScanFacts) => ScanFacts)[] = [
      (facts) => ({ ...facts, sources: [] }),
      (facts) => ({ ...facts, sources: [...facts.sources, { name: 'new', matched: false }] }),
      (facts) => ({ ...facts, sources: facts.sources.map((source) => ({ ...source, behind: true })) }),
      (facts) => ({ ...facts, policy: 'gone' }),
      (facts) => ({ ...facts, inventory: { kind: 'pending' } }),
    ];
    fc.assert(
      fc.property(
        world,
        fc.constantFrom(...without),
        ({ of: [findings, facts], policies: asked, exceptions }, lose) => {
          expect(['Unknown', 'Refused']).toContain(verdict(findings, asked, exceptions, lose(facts), NOW).result);
        },
      ),
      runs,
    );
  });

  it('a source that was not taken in takes nothing away from what passes already, and refuses nothing', () => {
    fc.assert(
      fc.property(world, fc.boolean(), ({ of: [findings, facts], policies: asked, exceptions }, passes) => {
        const behind: ScanFacts = {
          ...facts,
          sources: facts.sources.map((source) => ({ ...source, behind: true })),
          ...(passes ? { passes } : {}),
        };
        const before = verdict(findings, asked, exceptions, facts, NOW);
        const after = verdict(findings, asked, exceptions, behind, NOW);
        if (passes || strictness(before) >= STRICTNESS.Unknown) expect(after).toEqual(before);
        else expect(after).toMatchObject({ result: 'Unknown', reason: 'StoreFailed', counts: before.counts });
      }),
      runs,
    );
  });

  it('says the same until the time at which it is to be asked again', () => {
    let turned = 0;
    fc.assert(
      fc.property(
        world,
        fc.double({ min: 0, max: 1, noNaN: true }),
        ({ of: [findings, facts], policies: asked, exceptions }, part) => {
          const at = (nowMs: number) => verdict(findings, asked, exceptions, facts, nowMs);
          const now = at(NOW);
          const end = now.recheckAt ?? NOW + 4000 * 86_400_000;
          expect(end).toBeGreaterThan(NOW);
          for (const time of [NOW + Math.floor((end - NOW - 1) * part), end - 1]) {
            expect(said(at(time))).toEqual(said(now));
            expect(at(time).recheckAt).toBe(now.recheckAt);
          }
          if (now.recheckAt !== undefined && at(end).result !== now.result) turned += 1;
        },
      ),
      runs,
    );
    expect(turned).toBeGreaterThan(0);
  });
});
