import type { Finding, VerdictResult } from '@cartographer/scanning';
import type { Style } from '../screen/style.ts';
import type { Cell } from '../screen/table.ts';

/** `Critical 9.8`. */
export function severityText({ severity, score }: Pick<Finding, 'severity' | 'score'>): string {
  return score === undefined ? severity : `${severity} ${score.toFixed(1)}`;
}

const GATES: Readonly<Record<VerdictResult, string>> = {
  Passed: 'open',
  Warned: 'open, with a warning',
  Refused: 'closed',
  Unknown: 'closed: the verdict is not known',
};

/** Whether a gate is open, in the colour of that. */
export function gateCell({ verdict }: { readonly verdict: VerdictResult }, style: Style): Cell {
  const paint = { Passed: style.good, Warned: style.warn, Refused: style.bad, Unknown: style.bad }[verdict];
  return { text: GATES[verdict], paint };
}

/** A severity in its colour. */
export function severityCell(finding: Pick<Finding, 'severity' | 'score'>, style: Style): Cell {
  const { severity } = finding;
  const paint =
    severity === 'Critical' || severity === 'High' ? style.bad : severity === 'Low' ? style.faint : style.warn;
  return { text: severityText(finding), paint };
}
