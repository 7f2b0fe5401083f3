import { coversPurl } from '@cartographer/bills';
import { globMatches, type LabelSelectorSpec, labelSelectorOf } from '@cartographer/machinery';
import type { ScanException, ScanPolicySpec } from '../kinds/read.ts';
import type { EXCEPTION_REASONS } from '../kinds/reasons.ts';
import type { Finding } from '../match/finding.ts';
import { namesOf, type ScanFacts, timeOf } from './facts.ts';
import { compareTexts, isAtLeast, severityFor } from './order.ts';

const DAY_MS = 86_400_000;

/** Why an exception that matches a finding does not excuse it. */
export type Hindrance = Exclude<keyof typeof EXCEPTION_REASONS, 'Excuses' | 'MatchesNothing'>;

/** What an exception does for a finding under a policy; an excuse ends at some time. */
type Excuse =
  | { readonly kind: 'excuses'; readonly untilMs: number }
  | { readonly kind: 'hindered'; readonly by: Hindrance };

/** Names an exception in messages: `VulnerabilityException shop/log4j`. */
export function exceptionName({ kind, namespace, name }: ScanException): string {
  return `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`;
}

/** The exceptions that are for an artifact, by what they say of its findings. */
export interface ExceptionIndex {
  /** Those that are for a finding, in a fixed order. */
  for(finding: Finding): readonly ScanException[];
  /** What one of them does for it under a policy. */
  excuse(exception: ScanException, finding: Finding, policy: ScanPolicySpec): Excuse;
  /** All that are for the artifact. */
  readonly all: readonly ScanException[];
}

/** Picks the exceptions that are for an artifact. */
export function exceptionsFor(exceptions: readonly ScanException[], facts: ScanFacts, nowMs: number): ExceptionIndex {
  const all = exceptions.filter((exception) => isForArtifact(exception, facts)).toSorted(byName);
  const forArtifact = byVulnerability(all);
  const inNamespace = byVulnerability(exceptions.filter(({ namespace }) => namespace === facts.namespace));
  return {
    all,
    for: (finding) =>
      forArtifact(finding)
        .filter(({ spec }) => spec.package === undefined || coversPurl(spec.package, finding.package.purl))
        .toSorted(byName),
    excuse(exception, finding, policy) {
      const { spec, kind } = exception;
      const until = (untilMs: number, by: Hindrance): Excuse =>
        nowMs < untilMs ? { kind: 'excuses', untilMs } : { kind: 'hindered', by };
      const hindered = (by: Hindrance): Excuse => ({ kind: 'hindered', by });
      if (spec.status === 'under_investigation') return hindered('UnderInvestigation');
      const expires = timeOf(spec.expires) ?? Number.NEGATIVE_INFINITY;
      if (kind === 'ClusterVulnerabilityException') return until(expires, 'Expired');
      const { namespaced, upTo, maxDays } = policy.exceptions;
      if (namespaced !== 'Allowed') return hindered('NotAllowed');
      const { severity } = severityFor(finding, policy.unknownSeverityIs);
      if (severity !== upTo && isAtLeast(severity, upTo)) return hindered('BeyondUpTo');
      const ends = firstSight(finding, facts, inNamespace(finding)) + maxDays * DAY_MS;
      return ends < expires ? until(ends, 'BeyondMaxDays') : until(expires, 'Expired');
    },
  };
}

function byVulnerability(exceptions: readonly ScanException[]): (finding: Finding) => readonly ScanException[] {
  const groups = Map.groupBy(exceptions, ({ spec }) => spec.vulnerability.toUpperCase());
  return (finding) =>
    [...new Set(namesOf(finding).map((name) => name.toUpperCase()))].flatMap((name) => groups.get(name) ?? []);
}

const byName = (left: ScanException, right: ScanException) => compareTexts(exceptionName(left), exceptionName(right));

/** Labels of scans and their owners are never asked: their owners write them. */
function isForArtifact(exception: ScanException, facts: ScanFacts): boolean {
  const { kind, namespace, spec } = exception;
  if (kind === 'VulnerabilityException' ? namespace !== facts.namespace : !selects(spec.namespaceSelector, facts)) {
    return false;
  }
  if (spec.digests !== undefined) return facts.digest !== '' && spec.digests.includes(facts.digest);
  if (spec.images === undefined) return true;
  return facts.repository !== '' && spec.images.some((pattern) => globMatches(pattern, facts.repository));
}

/** Whether a selector takes the namespace of a scan; one that cannot be evaluated takes none. */
function selects(selector: LabelSelectorSpec | undefined, { namespaceLabels }: ScanFacts): boolean {
  try {
    return selector !== undefined && labelSelectorOf(selector).matches(namespaceLabels);
  } catch {
    return false;
  }
}

/**
 * When the vulnerability was first seen in the namespace; where nobody knows, when the oldest of its exceptions was
 * made. So one that is made anew does not begin anew.
 */
function firstSight(finding: Finding, facts: ScanFacts, exceptions: readonly ScanException[]): number {
  const sights = namesOf(finding).map((name) => timeOf(facts.sights?.get(name)));
  const made = exceptions.map(({ created }) => timeOf(created));
  const [known = []] = [sights, made]
    .map((times) => times.filter((time) => time !== undefined))
    .filter(({ length }) => length > 0);
  return known.length === 0 ? Number.NEGATIVE_INFINITY : Math.min(...known);
}
