import { describe, expect, it } from 'vitest';
import type { ClusterVulnerabilitySourceStatus } from '../kinds/vulnerability-source.ts';
import type { SourceProgress } from './source-book.ts';
import { type SourceOutcome, sourceStatus } from './source-status.ts';

const NOW = Date.parse('2026-11-01T00:00:00Z');
const fresh: SourceProgress = { revision: '', updated: '', advisories: 0, packages: 0, isAsked: true, isBehind: false };
const known: SourceProgress = {
  revision: 'two',
  updated: '2026-11-01T00:00:00Z',
  advisories: 7,
  packages: 5,
  isAsked: true,
  isBehind: false,
};
const change = { added: 1, changed: 2, withdrawn: 3, packages: 4, scans: 5, changedScans: 6, tookMs: 7 };

function statusOf(
  outcome: SourceOutcome,
  progress: SourceProgress,
  previous?: ClusterVulnerabilitySourceStatus,
): ClusterVulnerabilitySourceStatus {
  return sourceStatus(outcome, { generation: 3, progress, previous, nowMs: NOW });
}

function said({ conditions = [] }: ClusterVulnerabilitySourceStatus): readonly string[] {
  return conditions.map(({ type, status, reason, message }) => `${type} ${status} ${reason} ${message}`.trim());
}

const failed = (reason: Extract<SourceOutcome, { kind: 'failed' }>['reason']): SourceOutcome => ({
  kind: 'failed',
  reason,
  message: 'because',
});

describe('a source says', () => {
  it.each<[string, SourceOutcome, SourceProgress, readonly string[]]>([
    [
      'that it is matched for the first time',
      { kind: 'matching' },
      fresh,
      [
        'Fetched True Fetched',
        'Matched Unknown Matching scans are matched for the first time',
        'Ready Unknown Matching scans are matched for the first time',
      ],
    ],
    [
      'that every scan is as of its revision',
      { kind: 'matched', unread: [] },
      known,
      ['Fetched True Fetched', 'Matched True Matched every scan is as of two', 'Ready True Fetched'],
    ],
    [
      'what of it could not be read',
      { kind: 'matched', unread: ['a.json is cut off', 'and 3 more'] },
      known,
      [
        'Fetched True PartlyRead not read: a.json is cut off; and 3 more',
        'Matched True Matched every scan is as of two',
        'Ready True PartlyRead not read: a.json is cut off; and 3 more',
      ],
    ],
    [
      'which scans are behind',
      { kind: 'pending', scans: ['ImageScan/a/b', 'ImageScan/a/c'] },
      known,
      [
        'Fetched True Fetched',
        'Matched False ScansPending not as of two yet: ImageScan/a/b and 1 more',
        'Ready False ScansPending not as of two yet: ImageScan/a/b and 1 more',
      ],
    ],
    [
      'that it was never fetched',
      failed('FetchFailed'),
      fresh,
      [
        'Fetched False FetchFailed because',
        'Matched Unknown NotFetched there is nothing to match with yet',
        'Ready False FetchFailed because',
      ],
    ],
    [
      'that scans stand at what was fetched before',
      failed('FetchFailed'),
      known,
      [
        'Fetched False FetchFailed because',
        'Matched True Matched every scan is as of two',
        'Ready False FetchFailed because',
      ],
    ],
    ...(['RateLimited', 'SpecInvalid', 'CredentialsMissing', 'CaBundleInvalid'] as const).map(
      (reason): [string, SourceOutcome, SourceProgress, readonly string[]] => [
        `why it is not fetched: ${reason}`,
        failed(reason),
        fresh,
        [
          `Fetched False ${reason} because`,
          'Matched Unknown NotFetched there is nothing to match with yet',
          `Ready False ${reason} because`,
        ],
      ],
    ),
  ])('%s', (_what, outcome, progress, conditions) => {
    expect(said(statusOf(outcome, progress))).toEqual(conditions);
  });

  it('what it has, and what the last change did', () => {
    expect(statusOf({ kind: 'matched', unread: [], lastChange: change }, known)).toMatchObject({
      observedGeneration: 3,
      revision: 'two',
      advisories: 7,
      packages: 5,
      updatedAt: '2026-11-01T00:00:00Z',
      lastChange: change,
    });
  });

  it('nothing new while nothing changes, and still what could not be read', () => {
    const before = statusOf({ kind: 'matched', unread: ['a.json is cut off'], lastChange: change }, known);
    expect(statusOf({ kind: 'matched' }, known, before)).toBe(before);
    const failing = statusOf(failed('FetchFailed'), known, before);
    expect(failing).toMatchObject({ revision: 'two', updatedAt: '2026-11-01T00:00:00Z', lastChange: change });
    expect(statusOf(failed('FetchFailed'), known, failing)).toBe(failing);
  });
});
