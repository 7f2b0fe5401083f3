import type { Report } from './report.ts';

const HEADINGS = ['SEVERITY', 'ID', 'PACKAGE', 'VERSION', 'FIXED IN', 'SUMMARY'];
const MAX_CELL = 60;

/** A report for people: a line for each finding, what was counted, and what could not be read. */
export function table(report: Report): string {
  const rows = report.findings.map(({ severity, score, id, aliases, package: item, fixedIn, summary }) => [
    score === undefined ? severity : `${severity} ${score.toFixed(1)}`,
    idWithCve(id, aliases),
    item.name,
    item.version,
    fixedIn ?? '',
    summary,
  ]);
  const lines = rows.length === 0 ? [] : [...aligned([HEADINGS, ...rows]), ''];
  return [...lines, ...closing(report)].map((line) => `${line}\n`).join('');
}

function idWithCve(id: string, aliases: readonly string[]): string {
  const cve = id.startsWith('CVE-') ? undefined : aliases.find((alias) => alias.startsWith('CVE-'));
  return cve === undefined ? id : `${id} (${cve})`;
}

/** Names come from bills that anybody may have written: no control characters reach the terminal. */
function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const cells = rows.map((row) => row.map(shortened));
  const widths = HEADINGS.map((_heading, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function shortened(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
  return plain.length > MAX_CELL ? `${plain.slice(0, MAX_CELL - 1)}…` : plain;
}

function closing({ packages, findings, counts, uncovered, unread, attached, advisories }: Report): readonly string[] {
  const parts = Object.entries(counts)
    .filter(([name, count]) => count > 0 && name !== 'fixable')
    .map(([name, count]) => `${count} ${name}`);
  const found = findings.length === 0 ? 'no findings' : `${findings.length} findings: ${parts.join(', ')}`;
  const fixable = counts.fixable > 0 ? `; ${counts.fixable} can be fixed by an update` : '';
  return [
    `${found} in ${packages} packages, by ${advisories.records} advisories${fixable}`,
    ...uncovered.map((ecosystem) => `not covered: no advisory speaks of packages of ${shortened(ecosystem)}`),
    ...[...unread, ...(attached?.unread ?? [])].map(
      ({ what, why }) => `not read: ${shortened(what)} ${shortened(why)}`,
    ),
    ...advisories.unread.map(({ what, why }) => `not read: advisory ${shortened(what)} ${shortened(why)}`),
    ...(advisories.unreadCount > advisories.unread.length
      ? [`not read: ${advisories.unreadCount - advisories.unread.length} more advisories`]
      : []),
  ];
}
