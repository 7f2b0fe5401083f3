import { labelSelectorOf } from '@cartographer/machinery';
import type { ScanException, ScanPolicy } from '../kinds/read.ts';
import type { SCAN_REASONS } from '../kinds/reasons.ts';
import { type Counts, countsOf } from '../match/counts.ts';
import type { Finding } from '../match/finding.ts';
import { type ExceptionIndex, exceptionName, exceptionsFor, type Hindrance } from './exceptions.ts';
import type { ScanFacts } from './facts.ts';
import { type JudgedPolicy, judge, OUTCOMES } from './judged-policy.ts';
import { passedMessage, refusedMessage, warnedMessage } from './message.ts';
import { compareTexts, worstFirst } from './order.ts';

/** What the policies say of an artifact; anything but the first two holds it back. */
export type VerdictResult = 'Passed' | 'Warned' | 'Refused' | 'Unknown';

/** Why; the reason of the condition PolicySucceeded. */
export type VerdictReason = keyof (typeof SCAN_REASONS)['PolicySucceeded'];

/** A finding with what all policies together make of it. */
export type VerdictFinding = {
  readonly finding: Finding;
  /** `counted`: no rule holds for it. */
  readonly outcome: (typeof OUTCOMES)[number];
  /** The policy whose rule holds, and the index of the rule in `deny`, or in `warn` if that only warns. */
  readonly policy?: string;
  readonly rule?: number;
  /** Name of the exception that excuses it, by every policy. */
  readonly exception?: string;
};

/** Findings by severity; one that is excepted is counted as that alone. */
export type VerdictCounts = Counts & { readonly excepted: number };

/** What an exception does in this verdict. */
export type ExceptionUse = {
  /** `VulnerabilityException shop/log4j`. */
  readonly exception: string;
  /** Findings that it is for. */
  readonly matches: number;
  /** Those of them that it excuses by at least one policy. */
  readonly excuses: number;
  /** Why it does not excuse some of them, sorted. */
  readonly hindrances: readonly Hindrance[];
};

/** What the policies say of an artifact, and what made them. */
export type Verdict = {
  readonly result: VerdictResult;
  readonly reason: VerdictReason;
  readonly message: string;
  /** Every policy that was asked, `web-gate@4`, sorted. */
  readonly policies: readonly string[];
  readonly counts: VerdictCounts;
  /** Those that count most come first: refused, warned, others, excepted; within them the worst. */
  readonly findings: readonly VerdictFinding[];
  readonly exceptions: readonly ExceptionUse[];
  /** The next time at which the answer could change with nothing else changing, in milliseconds since 1970. */
  readonly recheckAt?: number;
  /** The same without the age of advisories, which moves with each fetch and is therefore no part of a status. */
  readonly ownRecheckAt?: number;
};

/**
 * Judges an artifact: every policy that selects its namespace, and the one that its scan names. Depends on no order.
 * Nothing passes because something is missing: an exception or a finding less never lets less through, and a policy,
 * source or inventory that is not there lets nothing through.
 */
export function verdict(
  findings: readonly Finding[],
  policies: readonly ScanPolicy[],
  exceptions: readonly ScanException[],
  facts: ScanFacts,
  nowMs: number,
): Verdict {
  const sorted = findings.toSorted(worstFirst);
  const index = exceptionsFor(exceptions, facts, nowMs);
  const asked = policies.filter((policy) => applies(policy, facts)).toSorted((a, b) => compareTexts(a.name, b.name));
  const judged = asked.flatMap((policy) =>
    'spec' in policy ? [judge(policy, sorted, { facts, exceptions: index, nowMs })] : [],
  );
  const together = sorted.map((finding, i) => joined(finding, judged, i));
  const turns = judged.flatMap((each) => each.turns);
  const staleTurns = judged.flatMap((each) => each.staleTurns);
  return {
    ...answer(asked, judged, { facts, findings: together }),
    policies: asked.map(({ name, generation }) => `${name}@${generation}`),
    counts: judgedCounts(together),
    findings: OUTCOMES.flatMap((outcome) => together.filter((each) => each.outcome === outcome)),
    exceptions: usesOf(index, judged),
    ...next('recheckAt', [...turns, ...staleTurns], nowMs),
    ...next('ownRecheckAt', turns, nowMs),
  };
}

function next<Key extends string>(key: Key, turns: readonly number[], nowMs: number): { readonly [K in Key]?: number } {
  const first = Math.min(...turns.filter((turn) => turn > nowMs));
  return (Number.isFinite(first) ? { [key]: first } : {}) as { readonly [K in Key]?: number };
}

/** Whether a policy is asked for a scan. One that cannot be read might be for every namespace. */
export function applies(policy: ScanPolicy, facts: Pick<ScanFacts, 'policy' | 'namespaceLabels'>): boolean {
  if (policy.name === facts.policy || !('spec' in policy)) return true;
  try {
    return labelSelectorOf(policy.spec.namespaceSelector).matches(facts.namespaceLabels);
  } catch {
    return true;
  }
}

/** What is wrong with a policy, its selector included; rules say of their expressions themselves. */
export function wrongWith(policy: ScanPolicy): string | undefined {
  if (!('spec' in policy)) return policy.wrong.join('; ');
  try {
    labelSelectorOf(policy.spec.namespaceSelector);
    return undefined;
  } catch (error) {
    return `spec.namespaceSelector: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function joined(finding: Finding, judged: readonly JudgedPolicy[], i: number): VerdictFinding {
  const each = judged.map(({ name, findings }) => ({ name, judged: findings[i] }));
  const worst = (outcome: string) => each.find((one) => one.judged?.outcome === outcome);
  const found = worst('refused') ?? worst('warned') ?? worst('counted') ?? worst('excepted');
  const { outcome = 'counted', rule, exception } = found?.judged ?? {};
  const isRuled = outcome === 'refused' || outcome === 'warned';
  return {
    finding: found?.judged?.finding ?? finding,
    outcome,
    ...(isRuled && found !== undefined ? { policy: found.name } : {}),
    ...(rule === undefined ? {} : { rule }),
    ...(exception === undefined ? {} : { exception }),
  };
}

type Answer = Pick<Verdict, 'result' | 'reason' | 'message'>;

function answer(
  asked: readonly ScanPolicy[],
  judged: readonly JudgedPolicy[],
  { facts, findings }: { readonly facts: ScanFacts; readonly findings: readonly VerdictFinding[] },
): Answer {
  const pending = notYet(facts);
  if (pending !== undefined) return pending;
  const refusing = judged.filter(isRefusing);
  if (refusing.length > 0)
    return { result: 'Refused', reason: refusalReason(refusing), message: refusedMessage(refusing) };
  const unknown = policyMissing(asked, facts) ?? notTakenIn(facts);
  if (unknown !== undefined) return unknown;
  const warning = judged.filter(isWarning);
  return warning.length > 0
    ? { result: 'Warned', reason: 'Warned', message: warnedMessage(warning) }
    : { result: 'Passed', reason: 'Passed', message: passedMessage(findings) };
}

/** What must be there before any policy can be asked. */
function notYet({ inventory, sources }: ScanFacts): Answer | undefined {
  const unknown = (reason: VerdictReason, message: string): Answer => ({ result: 'Unknown', reason, message });
  if (inventory.kind === 'pending') {
    const { trouble } = inventory;
    return trouble === undefined ? unknown('Scanning', 'the packages are being read') : unknown('StoreFailed', trouble);
  }
  if (sources.length === 0) {
    return unknown('NoAdvisories', 'there are no advisories to match with: create a ClusterVulnerabilitySource');
  }
  const open = sources.filter(({ matched }) => !matched).map(({ name }) => name);
  if (open.length === 0) return undefined;
  const names = open.toSorted().join(', ');
  return unknown('SourcesNotMatched', `waiting for the first match with ClusterVulnerabilitySource ${names}`);
}

/** What passes already stands, until it is too old; nothing begins to pass by advisories of which some are missing. */
function notTakenIn({ sources, passes }: ScanFacts): Answer | undefined {
  const behind = sources.filter((source) => source.behind === true).map(({ name }) => name);
  if (behind.length === 0 || passes === true) return undefined;
  const message = `the store of the scanner failed while ClusterVulnerabilitySource ${behind.toSorted().join(', ')} was taken in; its condition Fetched says what to do`;
  return { result: 'Unknown', reason: 'StoreFailed', message };
}

function policyMissing(asked: readonly ScanPolicy[], facts: ScanFacts): Answer | undefined {
  const unknown = (reason: VerdictReason, message: string): Answer => ({ result: 'Unknown', reason, message });
  if (!asked.some(({ name }) => name === facts.policy)) {
    return unknown(
      'PolicyNotFound',
      `ClusterScanPolicy ${facts.policy} does not exist: create it, or name another one`,
    );
  }
  for (const policy of asked) {
    const wrong = wrongWith(policy);
    if (wrong !== undefined)
      return unknown('PolicyInvalid', `ClusterScanPolicy ${policy.name} cannot be read: ${wrong}`);
  }
  return undefined;
}

function isRefusing({ findings, objections, errors }: JudgedPolicy): boolean {
  return (
    errors.length > 0 ||
    findings.some(({ outcome }) => outcome === 'refused') ||
    objections.some((objection) => objection.answer === 'Refuse')
  );
}

function isWarning({ findings, objections }: JudgedPolicy): boolean {
  return objections.length > 0 || findings.some(({ outcome }) => outcome === 'warned');
}

/** A rule that was broken says more than an expression that failed, and that more than an inventory that is not there. */
function refusalReason(refusing: readonly JudgedPolicy[]): VerdictReason {
  const isViolated = refusing.some(
    ({ findings, objections }) =>
      findings.some(({ outcome }) => outcome === 'refused') ||
      objections.some(({ answer: is, kind }) => is === 'Refuse' && kind !== 'unread'),
  );
  if (isViolated) return 'PolicyViolation';
  const errors = refusing.flatMap((each) => each.errors);
  if (errors.length === 0) return 'InventoryMissing';
  return errors.some(({ reason }) => reason === 'ExpressionFailed') ? 'ExpressionFailed' : 'ExpressionTooCostly';
}

function judgedCounts(findings: readonly VerdictFinding[]): VerdictCounts {
  const counted = findings.filter(({ outcome }) => outcome !== 'excepted').map(({ finding }) => finding);
  return { ...countsOf(counted), excepted: findings.length - counted.length };
}

function usesOf({ all }: ExceptionIndex, judged: readonly JudgedPolicy[]): readonly ExceptionUse[] {
  const sightings = Map.groupBy(
    judged.flatMap((each) => each.sightings),
    ({ exception }) => exception,
  );
  return all.map((each) => {
    const exception = exceptionName(each);
    const seen = sightings.get(exception) ?? [];
    return {
      exception,
      matches: new Set(seen.map(({ finding }) => finding)).size,
      excuses: new Set(seen.filter(({ by }) => by === undefined).map(({ finding }) => finding)).size,
      hindrances: [...new Set(seen.flatMap(({ by }) => by ?? []))].toSorted(),
    };
  });
}
