import type { BillPackage } from '@cartographer/bills';
import type { AttachedFinding } from '../../match/attached-findings.ts';
import type { UnreadFindings } from './attached-findings.ts';

/**
 * Findings that name their package in words alone, as SARIF does, with the package of the inventory that is called so; of
 * each, where several are. One that names none of them stays as it is.
 */
export function placedFindings(
  findings: readonly AttachedFinding[],
  packages: readonly BillPackage[],
): readonly AttachedFinding[] {
  const known = Map.groupBy(packages, spelling);
  return findings.flatMap(({ finding, signedBy }) => {
    const found = finding.package.purl === '' ? (known.get(spelling(finding.package)) ?? []) : [];
    if (found.length === 0) return [{ finding, signedBy }];
    return found.map(({ name, version, purl, ecosystem }) => ({
      finding: { ...finding, package: { name, version, purl, ecosystem } },
      signedBy,
    }));
  });
}

/** Names those of no package of the inventory. They count, but rules and exceptions that ask for an ecosystem or a package URL cannot know whether they are meant. */
export function findingsWithoutPackage(findings: readonly AttachedFinding[]): readonly UnreadFindings[] {
  return findings
    .filter(({ finding }) => finding.package.purl === '')
    .map(({ finding: { id, package: found }, signedBy }) => ({
      what: `${id} in ${found.name} ${found.version}`.trim(),
      why: 'is of a package that is not in the inventory, and has no package URL',
      signedBy,
    }));
}

/** Scanners differ in case, in the signs between words, and in the `v` before a version. */
function spelling({ name, version }: Pick<BillPackage, 'name' | 'version'>): string {
  return JSON.stringify([name.toLowerCase().replaceAll(/[-_.]+/g, '-'), version.replace(/^v/, '')]);
}
