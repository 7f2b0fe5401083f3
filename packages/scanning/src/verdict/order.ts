import { type Finding, SEVERITIES, type Severity } from '../match/finding.ts';
import { findingKey, isUnreadable } from './facts.ts';

/** Texts in an order that does not depend on a language. */
export function compareTexts(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** From the worst: severity, score, then names. The same for every order that they come in. */
export function worstFirst(left: Finding, right: Finding): number {
  return (
    SEVERITIES.indexOf(left.severity) - SEVERITIES.indexOf(right.severity) ||
    (right.score ?? -1) - (left.score ?? -1) ||
    Number(right.fixedIn !== undefined) - Number(left.fixedIn !== undefined) ||
    compareTexts(findingKey(left), findingKey(right)) ||
    compareTexts(JSON.stringify(left), JSON.stringify(right))
  );
}

/** Whether a severity is as bad as another one, or worse. */
export function isAtLeast(severity: Severity, least: Severity): boolean {
  return SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(least);
}

const LOWEST_SCORE = { Critical: 9, High: 7, Medium: 4, Low: 0.1, Unknown: 0 } as const satisfies Record<
  Severity,
  number
>;

/** How severe a policy takes a finding to be, and the least score of that severity where it has none of its own. */
export function severityFor(
  finding: Finding,
  unknownIs: Severity,
): { readonly severity: Severity; readonly score: number } {
  const severity = finding.severity === 'Unknown' ? unknownIs : finding.severity;
  return { severity, score: finding.score ?? LOWEST_SCORE[severity] };
}

/** `1 Critical, 2 High`, from the worst; packages whose version cannot be compared are told apart. */
export function countsText(findings: readonly Finding[]): string {
  const readable = findings.filter((finding) => !isUnreadable(finding));
  const unreadable = findings.length - readable.length;
  return [
    ...SEVERITIES.map(
      (severity) => [readable.filter((finding) => finding.severity === severity).length, severity] as const,
    ),
    [unreadable, 'of a version that cannot be compared'] as const,
  ]
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${count} ${what}`)
    .join(', ');
}
