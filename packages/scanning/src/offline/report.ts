import type { Bill, Unread } from '@cartographer/bills';
import { type Counts, countsOf } from '../match/counts.ts';
import type { Finding } from '../match/finding.ts';
import type { Matches } from '../match/findings.ts';
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
export function reportOf(scanned: string, bill: Bill, matches: Matches, loaded: Loaded): Report {
  const { records, withdrawn, unreadCount, unread } = loaded;
  return {
    scanned,
    packages: bill.packages.length,
    findings: matches.findings,
    counts: countsOf(matches.findings),
    complete: bill.unread.length === 0 && unreadCount === 0,
    unread: bill.unread,
    uncovered: matches.uncovered,
    advisories: { records, withdrawn, unreadCount, unread, unmatchedRanges: matches.unmatchedRanges },
  };
}
