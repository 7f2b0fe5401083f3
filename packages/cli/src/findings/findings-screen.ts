import { type Cell, keyValueLines, tableLines } from '../screen/table.ts';
import { plainLine } from '../screen/text.ts';
import type { Look } from './cve-screen.ts';
import type { ScanFindings, ShownFinding } from './scan-findings.ts';
import { gateCell, severityCell } from './words.ts';

const HEAD = ['SEVERITY', 'ID', 'PACKAGE', 'VERSION', 'FIXED IN', 'AT THE GATE'];

/** A scan, its gate, and its findings; those that do nothing at the gate are counted, unless all are wanted. */
export function scanLines(found: ScanFindings, { all }: { readonly all: boolean }, look: Look): readonly string[] {
  const { style, columns } = look;
  const { step, scan, artifact, message, open, told, findings, count } = found;
  const shown = all ? findings : findings.filter(matters);
  const left = count - shown.length;
  const pairs: (readonly [string, Cell])[] = [
    ['step', { text: `${step} (${scan.kind.toLowerCase()}/${scan.name})`, paint: style.bold }],
    ...(artifact === '' ? [] : [['in', artifact] as const]),
    ['gate', gateCell(found, style)],
    ...(message === '' ? [] : [['why', message] as const]),
    ...(open === undefined ? [] : [['not sure', { text: open, paint: style.warn }] as const]),
  ];
  const rows = shown.map((finding) => rowOf(finding, style));
  return [
    ...keyValueLines(pairs, columns),
    '',
    ...(rows.length === 0 ? [] : [...tableLines({ head: HEAD, rows }, style, columns), '']),
    ...(count === 0 && open === undefined ? ['no findings', ''] : []),
    ...(left > 0 ? [style.faint(leftText(left, all, told)), ''] : []),
  ];
}

function leftText(left: number, all: boolean, told: ScanFindings['told']): string {
  const noun = left === 1 ? 'finding is' : 'findings are';
  if (told === 'statuses') return `${left} more ${noun} not shown: the status of a scan holds ten`;
  return all
    ? `${left} more ${noun} left out by --fixable`
    : `${left} more ${noun} nothing to a policy; --all shows them`;
}

function matters({ outcome, policy }: ShownFinding): boolean {
  return policy !== undefined || (outcome !== undefined && outcome !== 'counted');
}

function rowOf(finding: ShownFinding, style: Look['style']): readonly Cell[] {
  const { id, aliases, package: found, fixedIn } = finding;
  const cve = aliases.find((alias) => alias.startsWith('CVE-'));
  const effect = effectOf(finding);
  const paint = finding.outcome === 'refused' ? style.bad : finding.outcome === 'excepted' ? style.info : style.warn;
  return [
    severityCell(finding, style),
    cve === undefined || id.startsWith('CVE-') ? id : cve,
    found.name,
    found.version,
    fixedIn ?? '-',
    effect === '' ? '' : { text: plainLine(effect), paint },
  ];
}

function effectOf({ outcome, policy, exception }: ShownFinding): string {
  switch (outcome) {
    case 'refused':
      return `refused by ${policy ?? 'a policy'}`;
    case 'warned':
      return `warned of by ${policy ?? 'a policy'}`;
    case 'excepted':
      return `excused by ${exception ?? 'an exception'}`;
    case 'counted':
      return '';
    case undefined:
      return policy === undefined ? '' : `a rule of ${policy}`;
  }
}
