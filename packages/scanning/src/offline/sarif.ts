import { createHash } from 'node:crypto';
import type { BillPackage } from '@cartographer/bills';
import type { Finding } from '../match/finding.ts';
import type { Report } from './report.ts';

const LEVELS: Readonly<Record<Finding['severity'], string>> = {
  Critical: 'error',
  High: 'error',
  Medium: 'warning',
  Low: 'note',
  Unknown: 'warning',
};

/**
 * A report as SARIF 2.1.0, as code hosts take it: a rule for each vulnerability, a result for each package that has it,
 * at the file that names the package.
 */
export function sarif(report: Report, packages: readonly BillPackage[], version: string): object {
  return log([runOf(report, packages, version)]);
}

/** Several reports, a run for each; which files name the packages is not known. */
export function sarifRuns(reports: readonly SarifReport[], version: string): object {
  return log(reports.map((report) => runOf(report, [], version)));
}

/** What SARIF tells of a report. */
export type SarifReport = Pick<Report, 'scanned' | 'findings' | 'complete' | 'unread' | 'uncovered' | 'attached'> & {
  readonly advisories: Pick<Report['advisories'], 'unread'>;
};

function log(runs: readonly object[]): object {
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs,
  };
}

function runOf(report: SarifReport, packages: readonly BillPackage[], version: string): object {
  const ids = [...new Set(report.findings.map(({ id }) => id))];
  const places = new Map(packages.map((item) => [keyOf(item), item.places?.[0]]));
  return {
    tool: { driver: { name: 'carto', version, rules: ids.map((id) => ruleOf(id, report.findings)) } },
    invocations: [{ executionSuccessful: report.complete, toolExecutionNotifications: notifications(report) }],
    results: report.findings.map((finding) =>
      resultOf(finding, ids.indexOf(finding.id), places.get(keyOf(finding.package)) ?? report.scanned),
    ),
  };
}

function keyOf({ purl, ecosystem, name, version }: Finding['package']): string {
  return [purl, ecosystem, name, version].join('\n');
}

function ruleOf(id: string, findings: readonly Finding[]): object {
  const all = findings.filter((finding) => finding.id === id);
  const scores = all.flatMap(({ score }) => score ?? []);
  return {
    id,
    shortDescription: { text: all.find(({ summary }) => summary !== '')?.summary ?? id },
    properties: {
      tags: ['security'],
      ...(scores.length > 0 && { 'security-severity': Math.max(...scores).toFixed(1) }),
    },
  };
}

function resultOf(finding: Finding, ruleIndex: number, file: string): object {
  const { id, aliases, severity, package: item, fixedIn, summary } = finding;
  const fix = fixedIn === undefined ? 'no fix is known' : `fixed in ${fixedIn}`;
  const others = aliases.length === 0 ? '' : ` (${aliases.join(', ')})`;
  return {
    ruleId: id,
    ruleIndex,
    level: LEVELS[severity],
    message: { text: `${item.name} ${item.version}: ${summary === '' ? id : summary}${others}; ${fix}` },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: encodeURI(file) } },
        logicalLocations: [{ fullyQualifiedName: item.purl === '' ? `${item.name}@${item.version}` : item.purl }],
      },
    ],
    partialFingerprints: {
      'findingHash/v1': createHash('sha256')
        .update(`${id}\n${keyOf(item)}`)
        .digest('hex'),
    },
  };
}

function notifications({ unread, uncovered, attached, advisories }: SarifReport): readonly object[] {
  const texts = [
    ...[...unread, ...(attached?.unread ?? [])].map(({ what, why }) => `not read: ${what} ${why}`),
    ...advisories.unread.map(({ what, why }) => `not read: advisory ${what} ${why}`),
    ...uncovered.map((ecosystem) => `no advisory speaks of packages of ${ecosystem}`),
  ];
  return texts.map((text) => ({ level: 'warning', message: { text } }));
}
