import { billOf } from '@cartographer/bills';
import { describe, expect, it } from 'vitest';
import {
  createScanStage,
  digestFor,
  imageScan,
  npmAdvisory,
  npmBill,
  npmPackage,
  policy,
  type ScanStage,
  source,
} from './testing/scan-stage.ts';

/** What each case leaves out of what lets the scan `app` pass. */
type Case = {
  readonly name: string;
  readonly arrange?: (stage: ScanStage) => Promise<void>;
  readonly policy?: string;
  readonly isWithoutSource?: true;
  /** What happens after the scan passed. */
  readonly later?: (stage: ScanStage) => Promise<void>;
  readonly result: 'Refused' | 'Unknown';
  readonly reason: string;
};

const CASES: readonly Case[] = [
  { name: 'no source', isWithoutSource: true, result: 'Unknown', reason: 'NoAdvisories' },
  {
    name: 'a source that was never matched',
    arrange: async (stage) => stage.apply(source('nowhere', '/does/not/exist')),
    result: 'Unknown',
    reason: 'SourcesNotMatched',
  },
  {
    name: 'a source that comes later and was never matched',
    later: async (stage) => stage.apply(source('nowhere', '/does/not/exist')),
    result: 'Unknown',
    reason: 'SourcesNotMatched',
  },
  {
    name: 'a source that goes',
    later: async (stage) => stage.delete('ClusterVulnerabilitySource', 'folder'),
    result: 'Unknown',
    reason: 'NoAdvisories',
  },
  {
    name: 'a source that cannot be asked for too long',
    policy: policy('gate', ', advisories: {maxAge: 2h}'),
    later: async (stage) => {
      const { rename } = await import('node:fs/promises');
      await rename(stage.folder, `${stage.folder}-away`);
      await stage.clock.advance(3 * 3_600_000);
    },
    result: 'Refused',
    reason: 'PolicyViolation',
  },
  {
    name: 'a policy that is gone',
    later: async (stage) => stage.delete('ClusterScanPolicy', 'gate'),
    result: 'Unknown',
    reason: 'PolicyNotFound',
  },
  { name: 'a policy that was never there', policy: policy('another'), result: 'Unknown', reason: 'PolicyNotFound' },
  {
    name: 'an expression that throws',
    policy: policy('gate').replace(
      'deny: [{severityAtLeast: High}]',
      `deny: [{expression: 'finding.aliases[7] == "x"'}]`,
    ),
    arrange: async (stage) =>
      stage.advisory('low.json', npmAdvisory('GHSA-0000-0000-0005', 'app', { severity: 'LOW' })),
    result: 'Refused',
    reason: 'ExpressionFailed',
  },
  {
    name: 'an expression that costs too much',
    policy: policy('gate').replace(
      'deny: [{severityAtLeast: High}]',
      `deny: [{expression: '[1,2,3,4,5,6,7,8].all(a, [1,2,3,4,5,6,7,8].all(b, [1,2,3,4,5,6,7,8].all(c, [1,2,3,4,5,6,7,8].all(d, [1,2,3,4,5,6,7,8].all(e, [1,2,3,4,5,6,7,8].all(f, a + b + c + d + e + f < 0 || finding.score < 100.0))))))'}]`,
    ),
    arrange: async (stage) =>
      stage.advisory('low.json', npmAdvisory('GHSA-0000-0000-0005', 'app', { severity: 'LOW' })),
    result: 'Refused',
    reason: 'ExpressionTooCostly',
  },
  {
    name: 'an inventory of which not all could be read',
    arrange: async (stage) => {
      stage.bills.set(
        digestFor(1),
        billOf([npmPackage('app', '1.0.0')], [{ what: 'layer 2', why: 'is larger than 64 MiB' }]),
      );
    },
    result: 'Refused',
    reason: 'PolicyViolation',
  },
  {
    name: 'an image that is not there',
    arrange: async (stage) => stage.bills.clear(),
    result: 'Refused',
    reason: 'InventoryMissing',
  },
  {
    name: 'an ecosystem without records, where the policy refuses that',
    policy: policy('gate', ', advisories: {onUncovered: Refuse}'),
    arrange: async (stage) => {
      const item = { name: 'app', version: '1.0.0', purl: 'pkg:cargo/app@1.0.0', ecosystem: 'crates.io' };
      stage.bills.set(digestFor(1), billOf([item], []));
    },
    result: 'Refused',
    reason: 'PolicyViolation',
  },
];

describe('a scan that would pass', () => {
  it.each(CASES)(
    'does not with $name',
    async ({ arrange, policy: own = policy(), isWithoutSource, later, result, reason }) => {
      await using stage = await createScanStage();
      await stage.advisory('other.json', npmAdvisory('GHSA-0000-0000-0009', 'other'));
      stage.bills.set(digestFor(1), npmBill(['app', '1.0.0']));
      await arrange?.(stage);
      await stage.apply(own + (isWithoutSource ? '' : source('folder', stage.folder)) + imageScan('app', 1));
      await stage.restart();
      if (later !== undefined) {
        expect((await stage.status('app')).verdict?.result).toBe('Passed');
        await later(stage);
        await stage.settled();
      }
      const { verdict, compliantArtifact, conditions = [], message = '' } = await stage.status('app');
      const said = conditions.find(({ type }) => type === 'PolicySucceeded');
      expect({ result: verdict?.result, reason: said?.reason, status: said?.status }).toEqual({
        result,
        reason,
        status: result === 'Refused' ? 'False' : 'Unknown',
      });
      expect(compliantArtifact).toBeUndefined();
      expect(message).not.toBe('');
    },
  );

  it('passes, and an ecosystem without records is named and warned of unless the policy says otherwise', async () => {
    await using stage = await createScanStage();
    await stage.advisory('other.json', npmAdvisory('GHSA-0000-0000-0009', 'other'));
    stage.bills.set(
      digestFor(1),
      billOf([{ name: 'app', version: '1.0.0', purl: 'pkg:cargo/app@1.0.0', ecosystem: 'crates.io' }], []),
    );
    await stage.apply(policy() + source('folder', stage.folder) + imageScan('app', 1));
    await stage.restart();
    expect(await stage.status('app')).toMatchObject({
      verdict: { result: 'Warned' },
      inventory: { uncovered: ['crates.io'] },
    });
    // Its first record, which is for another package, says nothing against it any more.
    const { affected: _, ...record } = npmAdvisory('RUSTSEC-2026-0001', 'else') as { affected: unknown };
    const ranges = [{ type: 'SEMVER', events: [{ introduced: '0' }] }];
    await stage.advisory('rust.json', {
      ...record,
      affected: [{ package: { ecosystem: 'crates.io', name: 'else' }, ranges }],
    });
    await stage.interval();
    expect(await stage.status('app')).toMatchObject({ verdict: { result: 'Passed' }, inventory: { uncovered: [] } });
  });
});
