import { createHash } from 'node:crypto';
import { canonicalJson } from '@cartographer/machinery';
import { type Finding, UNREADABLE_VERSION } from '../match/finding.ts';
import type { Report } from './report.ts';

/**
 * A report as an OpenVEX 0.2.0 document: each vulnerability with the packages that have it, and what to do. Versions that
 * cannot be compared are under investigation. Its id is made from what it says.
 */
export function openvex(report: Report, now: Date): object {
  const statements = report.findings.flatMap((finding) => statementsOf(finding));
  const digest = createHash('sha256').update(canonicalJson(statements)).digest('hex');
  return {
    '@context': 'https://openvex.dev/ns/v0.2.0',
    '@id': `urn:carto:scan:${digest}`,
    author: 'carto scan',
    timestamp: now.toISOString(),
    version: 1,
    statements,
  };
}

function statementsOf(finding: Finding): readonly object[] {
  const { id, aliases, package: item, fixedIn } = finding;
  const product =
    item.purl === '' ? `urn:carto:package:${encodeURIComponent(`${item.name}@${item.version}`)}` : item.purl;
  const products = [{ '@id': product }];
  if (id === UNREADABLE_VERSION) {
    return aliases.map((name) => ({ vulnerability: { name }, products, status: 'under_investigation' }));
  }
  const action = fixedIn === undefined ? 'no fixed version is known yet' : `update ${item.name} to ${fixedIn}`;
  const vulnerability = aliases.length === 0 ? { name: id } : { name: id, aliases };
  return [{ vulnerability, products, status: 'affected', action_statement: action }];
}
