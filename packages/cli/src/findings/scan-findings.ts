import type { AnsweredFinding, VerdictResult } from '@cartographer/scanning';
import type { Told } from './with-scanner.ts';

/** A finding as `carto findings` shows it; what is known of it from a status has no outcome, if no rule holds for it. */
export type ShownFinding = Omit<AnsweredFinding, 'outcome'> & Partial<Pick<AnsweredFinding, 'outcome'>>;

/** A scan with its findings, as `-o json` prints it. Fields may be added, none changes its meaning. */
export type ScanFindings = {
  readonly step: string;
  readonly scan: { readonly kind: string; readonly namespace: string; readonly name: string };
  readonly artifact: string;
  readonly verdict: VerdictResult;
  readonly message: string;
  /** Why the scan does not tell all; absent where it does. */
  readonly open?: string;
  readonly told: Told;
  readonly findings: readonly ShownFinding[];
  /** How many there are, those that are not shown included. */
  readonly count: number;
};
