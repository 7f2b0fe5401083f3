import type { Bill, Unread } from '@cartographer/bills';
import type { AttachedFindings } from '../inventory/attached/attached-findings.ts';
import { findingsWithoutPackage, placedFindings } from '../inventory/attached/placed-findings.ts';
import { withAttachedFindings } from '../match/attached-findings.ts';
import { type Counts, countsOf } from '../match/counts.ts';
import type { Finding } from '../match/finding.ts';
import type { Matches } from '../match/findings.ts';
import type { AttachedFacts } from '../verdict/facts.ts';
import type { Loaded } from './advisory-files.ts';

/** What a scan without a server found: what `-o json` prints. Fields may be added, none changes its meaning. */
export type Report = {
  /** What was scanned, as it was named on the command line. */
  readonly scanned: string;
  readonly packages: number;
  readonly findings: readonly Finding[];
  readonly counts: Counts;
  /** Whether bill and advisories were read whole. */
  readonly complete: boolean;
  /** What of the bill could not be read. */
  readonly unread: readonly Unread[];
  /** How it stands with findings of the operator's scanners; absent where the policy names no key for them. */
  readonly attached?: AttachedFacts;
  /** Ecosystems of the packages of which no advisory speaks. */
  readonly uncovered: readonly string[];
  readonly advisories: {
    readonly records: number;
    readonly withdrawn: number;
    readonly unreadCount: number;
    /** The first hundred of those that could not be read. */
    readonly unread: readonly Unread[];
    /** Ranges of records for these packages that are never matched. */
    readonly unmatchedRanges: Matches['unmatchedRanges'];
  };
};

/** Puts a report together. */
export function reportOf(
  scanned: string,
  bill: Bill,
  matches: Matches,
  loaded: Loaded,
  seen?: AttachedFindings,
): Report {
  const { records, withdrawn, unreadCount, unread } = loaded;
  const placed = placedFindings(seen?.findings ?? [], bill.packages);
  const findings = withAttachedFindings(matches.findings, placed);
  const unreadFindings = [...(seen?.unread ?? []), ...findingsWithoutPackage(placed)];
  return {
    scanned,
    packages: bill.packages.length,
    findings,
    counts: countsOf(findings),
    complete: bill.unread.length === 0 && unreadCount === 0 && unreadFindings.length === 0,
    unread: bill.unread,
    ...(seen === undefined ? {} : { attached: { heard: seen.heard, unread: unreadFindings, ignored: seen.ignored } }),
    uncovered: matches.uncovered,
    advisories: { records, withdrawn, unreadCount, unread, unmatchedRanges: matches.unmatchedRanges },
  };
}
