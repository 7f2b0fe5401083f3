import { spanMs } from '@cartographer/api';
import { memoByIdentity } from '@cartographer/machinery';
import type { ScanException, ScanPolicySpec } from '../kinds/read.ts';
import type { Finding } from '../match/finding.ts';
import { believed, missingFindings } from './claims.ts';
import type { ExceptionIndex, Hindrance } from './exceptions.ts';
import { exceptionName } from './exceptions.ts';
import { findingKey, isUnreadable, publicationOf, type ScanFacts, timeOf } from './facts.ts';
import { type ExpressionError, type RuleRound, ruleRound } from './rules.ts';

/** What becomes of findings, the worst first. */
export const OUTCOMES = ['refused', 'warned', 'counted', 'excepted'] as const;

/** What one policy makes of one finding. */
export type JudgedFinding = {
  readonly finding: Finding;
  readonly outcome: (typeof OUTCOMES)[number];
  /** Index of the rule, in `deny`; in `warn` where no rule of `deny` holds. */
  readonly rule?: number;
  /** Name of the exception that excuses it. */
  readonly exception?: string;
};

/** Something that a policy holds against the artifact besides its findings. */
type Objection = {
  readonly kind: 'stale' | 'uncovered' | 'incomplete' | 'unheard' | 'unread' | 'expression';
  readonly answer: 'Refuse' | 'Warn';
  readonly message: string;
};

/** What became of an exception that matches a finding. */
type ExceptionSighting = { readonly exception: string; readonly finding: string; readonly by?: Hindrance };

/** What one policy makes of an artifact. */
export type JudgedPolicy = {
  readonly name: string;
  readonly generation: number;
  readonly spec: ScanPolicySpec;
  /** Worst first. */
  readonly findings: readonly JudgedFinding[];
  readonly objections: readonly Objection[];
  readonly errors: readonly ExpressionError[];
  readonly sightings: readonly ExceptionSighting[];
  /** Times at which this could change, in milliseconds since 1970. */
  readonly turns: readonly number[];
  /** The same, for the age of advisories. */
  readonly staleTurns: readonly number[];
};

type Named = { readonly name: string; readonly generation: number; readonly spec: ScanPolicySpec };

/** Asks a policy; findings come worst first. */
export function judge(
  policy: Named,
  findings: readonly Finding[],
  { facts, exceptions, nowMs }: { facts: ScanFacts; exceptions: ExceptionIndex; nowMs: number },
): JudgedPolicy {
  const { name, generation, spec } = policy;
  const round = ruleRound(spec, nowMs);
  const turns: number[] = [];
  const sightings: ExceptionSighting[] = [];
  const judgeOne = (finding: Finding): JudgedFinding => {
    const excuse = excuseFor(finding, exceptions, { spec, turns, sightings });
    if (excuse !== undefined) return { finding, outcome: 'excepted', exception: exceptionName(excuse) };
    if (isUnreadable(finding)) return { finding, outcome: spec.onMissingInventory === 'Refuse' ? 'refused' : 'warned' };
    return byRules(finding, round, { spec, facts, nowMs, turns });
  };
  const judged = findings.map((finding): JudgedFinding => {
    // What is said by several is judged as each says it, and the worst counts.
    const each = believed(finding, spec).map((said) => judgeOne(said));
    const worst = OUTCOMES.flatMap((outcome) => each.find((one) => one.outcome === outcome) ?? [])[0];
    return worst ?? { finding, outcome: 'counted' };
  });
  const staleness = staleSources(spec, facts, nowMs);
  return {
    name,
    generation,
    spec,
    findings: judged,
    objections: [
      ...staleness.objections,
      ...inventoryObjections(spec, facts),
      ...missingFindings(spec, facts).map((message) => ({
        kind: 'unheard' as const,
        answer: spec.findings?.onMissing ?? 'Refuse',
        message,
      })),
    ],
    errors: round.errors,
    sightings,
    turns: [...turns, ...round.turns],
    staleTurns: staleness.turns,
  };
}

/** The exception that excuses a finding longest. */
function excuseFor(
  finding: Finding,
  exceptions: ExceptionIndex,
  { spec, turns, sightings }: { spec: ScanPolicySpec; turns: number[]; sightings: ExceptionSighting[] },
): ScanException | undefined {
  let longest: { exception: ScanException; untilMs: number } | undefined;
  for (const exception of exceptions.for(finding)) {
    const excuse = exceptions.excuse(exception, finding, spec);
    const sighting = { exception: exceptionName(exception), finding: findingKey(finding) };
    sightings.push(excuse.kind === 'hindered' ? { ...sighting, by: excuse.by } : sighting);
    if (excuse.kind === 'hindered') continue;
    turns.push(excuse.untilMs);
    if (longest === undefined || excuse.untilMs > longest.untilMs) longest = { exception, untilMs: excuse.untilMs };
  }
  return longest?.exception;
}

function byRules(
  finding: Finding,
  round: RuleRound,
  { spec, facts, nowMs, turns }: { spec: ScanPolicySpec; facts: ScanFacts; nowMs: number; turns: number[] },
): JudgedFinding {
  const denied = round.first('deny', finding);
  if (denied === undefined) {
    const warned = round.first('warn', finding);
    return warned === undefined ? { finding, outcome: 'counted' } : { finding, outcome: 'warned', rule: warned };
  }
  const graceMs = spanMs(spec.graceAfterPublication) ?? 0;
  if (graceMs > 0) {
    const { atMs = Number.NEGATIVE_INFINITY, turnMs } = publicationOf(finding, nowMs);
    turns.push(turnMs ?? atMs + graceMs);
    if (nowMs < atMs + graceMs) return { finding, outcome: 'warned', rule: denied };
  }
  const isTold = spec.onNewFinding === 'Notify' && isNew(finding, facts);
  return { finding, outcome: isTold ? 'warned' : 'refused', rule: denied };
}

/** Whether it came after the artifact had passed; what nobody knows the age of is not new. */
function isNew(finding: Finding, { passed, since }: ScanFacts): boolean {
  const [first, came] = [timeOf(passed), timeOf(since?.get(findingKey(finding)))];
  return first !== undefined && came !== undefined && came > first;
}

/** Every scan asks. */
const maxAgeOf = memoByIdentity<ScanPolicySpec['advisories'], { readonly ms: number }>(({ maxAge }) => ({
  ms: spanMs(maxAge) ?? 0,
}));

function staleSources(
  { advisories }: ScanPolicySpec,
  { sources }: ScanFacts,
  nowMs: number,
): { readonly objections: readonly Objection[]; readonly turns: readonly number[] } {
  const ends = sources.map(({ name, fetched }) => ({
    name,
    endsMs: (timeOf(fetched) ?? Number.NEGATIVE_INFINITY) + maxAgeOf(advisories).ms,
  }));
  const stale = ends.filter(({ endsMs }) => nowMs >= endsMs).map(({ name }) => name);
  const message = `advisories of ${stale.toSorted().join(', ')} were fetched more than ${advisories.maxAge} ago`;
  return {
    objections: stale.length === 0 ? [] : [{ kind: 'stale', answer: advisories.onStale, message }],
    turns: ends.map(({ endsMs }) => endsMs),
  };
}

function inventoryObjections(spec: ScanPolicySpec, { inventory }: ScanFacts): readonly Objection[] {
  const answer = spec.onMissingInventory;
  if (inventory.kind === 'pending') return [];
  if (inventory.kind === 'failed') return [{ kind: 'unread', answer, message: inventory.message }];
  const { unread, uncovered } = inventory;
  const [first] = unread.toSorted((left, right) => (left.what < right.what ? -1 : left.what > right.what ? 1 : 0));
  const more = unread.length > 1 ? `, and ${unread.length - 1} more` : '';
  return [
    ...(first === undefined
      ? []
      : [{ kind: 'incomplete' as const, answer, message: `not all could be read: ${first.what} ${first.why}${more}` }]),
    ...(uncovered.length === 0
      ? []
      : [
          {
            kind: 'uncovered' as const,
            answer: spec.advisories.onUncovered,
            message: `no source has advisories for ${uncovered.toSorted().join(', ')}`,
          },
        ]),
  ];
}
