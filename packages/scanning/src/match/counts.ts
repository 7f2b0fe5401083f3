import { type Finding, type Severity, UNREADABLE_VERSION } from './finding.ts';

/** How many findings there are of each severity; versions that cannot be compared are counted apart. */
export type Counts = {
  readonly critical: number;
  readonly high: number;
  readonly medium: number;
  readonly low: number;
  readonly unknown: number;
  readonly unreadable: number;
  /** Of all these, those with a version in which they are fixed. */
  readonly fixable: number;
};

/** Counts findings. */
export function countsOf(findings: readonly Finding[]): Counts {
  const readable = findings.filter(({ id }) => id !== UNREADABLE_VERSION);
  const of = (severity: Severity): number => readable.filter((finding) => finding.severity === severity).length;
  return {
    critical: of('Critical'),
    high: of('High'),
    medium: of('Medium'),
    low: of('Low'),
    unknown: of('Unknown'),
    unreadable: findings.length - readable.length,
    fixable: readable.filter(({ fixedIn }) => fixedIn !== undefined).length,
  };
}
