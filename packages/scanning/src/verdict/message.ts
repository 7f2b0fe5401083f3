import type { Finding } from '../match/finding.ts';
import { cut, jsonBytes } from './cut.ts';
import { isUnreadable } from './facts.ts';
import type { JudgedFinding, JudgedPolicy } from './judged-policy.ts';
import { countsText, isAtLeast, severityFor, worstFirst } from './order.ts';

/** How many findings a message names. */
const NAMED = 5;
/** How many further policies it names. */
const MORE_POLICIES = 3;
const MOST_BYTES = 1024;

/** The name that people know a vulnerability by: its CVE where it has one. */
function shownName({ id, aliases }: Finding): string {
  return [id, ...aliases].find((name) => name.startsWith('CVE-')) ?? id;
}

/** Which policies refuse, for what, and what would open the gate. */
export function refusedMessage([first, ...others]: readonly JudgedPolicy[]): string {
  if (first === undefined) return '';
  const refused = judgedAs('refused', first);
  const told = [refusal(first, true), ...others.slice(0, MORE_POLICIES).map((other) => refusal(other, false))];
  const more = others.length > MORE_POLICIES ? `; and by ${others.length - MORE_POLICIES} more` : '';
  const opens = refused.length === 0 ? '' : `; ${opening(first, refused)}`;
  return cut(`refused by ${told.join('; and by ')}${more}`, MOST_BYTES - jsonBytes(opens)) + opens;
}

/** The worst first, as the policy sees them: it may not believe all that is said of a finding. */
function judgedAs(outcome: JudgedFinding['outcome'], { findings }: JudgedPolicy): readonly Finding[] {
  return findings
    .filter((judged) => judged.outcome === outcome)
    .map(({ finding }) => finding)
    .toSorted(worstFirst);
}

function refusal(judged: JudgedPolicy, isLong: boolean): string {
  const { name, objections, errors } = judged;
  const refused = judgedAs('refused', judged);
  const causes = [
    ...(refused.length === 0 ? [] : [isLong ? `${countsText(refused)} (${listed(refused)})` : countsText(refused)]),
    ...objections.filter(({ answer }) => answer === 'Refuse').map(({ message }) => cut(message, 200)),
    ...errors.slice(0, 1).map(({ message }) => cut(message, 200)),
  ];
  return `ClusterScanPolicy ${name}: ${causes.join('; ')}`;
}

/** What the policies warn of. */
export function warnedMessage(warning: readonly JudgedPolicy[]): string {
  const told = warning.slice(0, 1 + MORE_POLICIES).map((judged) => {
    const { name, objections } = judged;
    const warned = judgedAs('warned', judged);
    const causes = [
      ...(warned.length === 0 ? [] : [`${countsText(warned)} (${listed(warned)})`]),
      ...objections.map(({ message }) => cut(message, 200)),
    ];
    return `ClusterScanPolicy ${name}: ${causes.join('; ')}`;
  });
  return cut(`passed with a warning by ${told.join('; and by ')}`, MOST_BYTES);
}

/** That nothing stands against it. */
export function passedMessage(findings: readonly { readonly outcome: string; readonly finding: Finding }[]): string {
  const counted = findings.filter(({ outcome }) => outcome !== 'excepted').map(({ finding }) => finding);
  const excepted = findings.length - counted.length;
  const counts = counted.length === 0 ? 'no findings' : countsText(counted);
  return `passed: ${counts}${excepted === 0 ? '' : `, ${excepted} excepted`}`;
}

function listed(findings: readonly Finding[]): string {
  const named = findings.slice(0, NAMED).map((finding) => {
    const name = cut(`${finding.package.name} ${finding.package.version}`.trim(), 80);
    if (isUnreadable(finding)) return `the version of ${name}`;
    const fix = finding.fixedIn === undefined ? 'no fix yet' : `fixed in ${cut(finding.fixedIn, 40)}`;
    return `${cut(shownName(finding), 40)} in ${name}, ${fix}`;
  });
  return named.join('; ') + (findings.length > NAMED ? `; and ${findings.length - NAMED} more` : '');
}

/** The fixed versions, and who may write an exception. */
function opening({ spec }: JudgedPolicy, refused: readonly Finding[]): string {
  const fixed = refused.flatMap(({ package: found, fixedIn }) =>
    fixedIn === undefined ? [] : [`${cut(found.name, 60)} ${cut(fixedIn, 40)}`],
  );
  const versions = [...new Set(fixed)].slice(0, NAMED);
  const { namespaced, upTo } = spec.exceptions;
  const mayNamespace =
    namespaced === 'Allowed' &&
    refused.every((finding) => {
      const { severity } = severityFor(finding, spec.unknownSeverityIs);
      return severity === upTo || !isAtLeast(severity, upTo);
    });
  const exception = mayNamespace
    ? 'a VulnerabilityException by whoever has the role scan-exceptions here'
    : 'a ClusterVulnerabilityException by the operator';
  return versions.length === 0 ? `opens with ${exception}` : `opens with ${versions.join(', ')}, or with ${exception}`;
}
