import type { Session } from '../frame/session.ts';
import type { Style } from '../screen/style.ts';
import { hanging, plainLine } from '../screen/text.ts';
import { type CheckOutcome, type CheckReport, outcomeOf } from './report.ts';

const SIGNS: Readonly<Record<CheckOutcome, string>> = { fine: '✓', found: '✗', unknown: '?' };

type Look = { readonly style: Style; readonly columns: number | undefined };

/** The screen of `carto doctor`: a line for each check, then what was found, each with whose move it is. */
export function doctorScreen(
  reports: readonly CheckReport[],
  { style, terminal }: Pick<Session, 'style' | 'terminal'>,
): readonly string[] {
  const look = { style, columns: terminal.columns };
  const width = Math.max(...reports.map(({ check }) => check.length));
  return [
    ...reports.flatMap((report) => checkLines(report, width, look)),
    ...findingLines(reports, look),
    ...unknownLines(reports, look),
  ];
}

function checkLines(report: CheckReport, width: number, { style, columns }: Look): readonly string[] {
  const outcome = outcomeOf(report);
  const paint = { fine: style.good, found: style.bad, unknown: style.warn }[outcome];
  const head = `${SIGNS[outcome]} ${report.check.padEnd(width)}  `;
  const [first = '', ...more] = hanging(plainLine(report.says), head.length, columns);
  return [`${paint(head)}${first}`.trimEnd(), ...more];
}

function findingLines(reports: readonly CheckReport[], { style, columns }: Look): readonly string[] {
  const found = reports.flatMap(({ check, findings }) => findings.map((finding) => ({ check, ...finding })));
  const digits = String(found.length).length;
  return found.flatMap(({ check, reason, message, move, next }, index) => {
    const number = `${String(index + 1).padStart(digits)}. `;
    const margin = ' '.repeat(number.length);
    const [first = '', ...more] = hanging(plainLine(message), number.length, columns);
    const mover = `→ ${move}:`;
    const [then = '', ...rest] = hanging(`${mover} ${plainLine(next)}`, number.length + 2, columns);
    return [
      '',
      `${style.bad(`${number}${reason}`)} ${style.faint(`(${check})`)}`,
      `${margin}${first}`,
      ...more,
      `${margin}${then.startsWith(mover) ? `${style.bold(mover)}${then.slice(mover.length)}` : then}`,
      ...rest,
    ];
  });
}

function unknownLines(reports: readonly CheckReport[], { style, columns }: Look): readonly string[] {
  const unknown = reports.flatMap(({ check, notLooked }) => notLooked.map((why) => `${check}: ${plainLine(why)}`));
  if (unknown.length === 0) return [];
  const lines = unknown.flatMap((text) => {
    const [first = '', ...more] = hanging(text, 2, columns);
    return [`${style.warn('?')} ${first}`, ...more];
  });
  return ['', style.bold('Not known, because it could not be looked at:'), ...lines];
}
