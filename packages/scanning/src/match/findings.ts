import type { BillPackage } from '@cartographer/bills';
import type { Advisory, AffectedPackage } from '../advisories/advisory.ts';
import type { AdvisoryLookup } from '../advisories/advisory-index.ts';
import { coversEcosystem, isDistribution, orderOf, packageKey } from '../versions/ecosystems.ts';
import { compareTexts } from '../versions/order.ts';
import { semverOrder } from '../versions/semver-order.ts';
import { affects, isCompared } from './affects.ts';
import { type Finding, SEVERITIES, UNREADABLE_VERSION } from './finding.ts';
import { joined, namesOf } from './joined.ts';
import { databaseRating, type Rating, ratingOf, worst } from './severity.ts';

/** What matching packages against advisories gives. */
export type Matches = {
  /** The worst first, then by package and id. */
  readonly findings: readonly Finding[];
  /** Ecosystems of the packages of which no record speaks at all, sorted; `unknown` for packages of none. */
  readonly uncovered: readonly string[];
  /** Ranges of the records looked at that are never matched: of commits, and of types that are not known. */
  readonly unmatchedRanges: { readonly git: number; readonly other: number };
};

/** The packages of a bill against what is known to be vulnerable. Pure: the same in, the same out, in any order. */
export function findings(packages: readonly BillPackage[], advisories: AdvisoryLookup): Matches {
  const found: Finding[] = [];
  const uncovered = new Set<string>();
  const unmatched = { git: 0, other: 0 };
  for (const item of packages) {
    if (!advisories.covers(item.ecosystem)) uncovered.add(item.ecosystem === '' ? 'unknown' : item.ecosystem);
    const { name, version } = matched(item);
    const candidates = advisories
      .of(item.ecosystem, name)
      .filter(({ withdrawn }) => withdrawn === undefined)
      .map((record) => ({ record, affected: entriesOf(record, item.ecosystem, name) }));
    for (const { type } of candidates.flatMap(({ affected }) => affected.flatMap(({ ranges }) => ranges))) {
      if (!isCompared(type)) unmatched[type === 'GIT' ? 'git' : 'other'] += 1;
    }
    found.push(...findingsOf(item, version, candidates));
  }
  return {
    findings: found.toSorted(compareFindings),
    uncovered: [...uncovered].toSorted(),
    unmatchedRanges: unmatched,
  };
}

/** The keys of the packages that findings of a bill look up: no other records are needed. */
export function lookedUp(packages: readonly BillPackage[]): ReadonlySet<string> {
  return new Set(packages.map((item) => packageKey(item.ecosystem, matched(item).name)));
}

/** What advisories name: of a distribution the source package that it was built from. */
function matched(item: BillPackage): { readonly name: string; readonly version: string } {
  return isDistribution(item.ecosystem) ? (item.source ?? item) : item;
}

/** A record that speaks of a package, and its entries that do. */
type Candidate = { readonly record: Advisory; readonly affected: readonly AffectedPackage[] };

function entriesOf({ affected }: Advisory, ecosystem: string, name: string): readonly AffectedPackage[] {
  const key = packageKey(ecosystem, name);
  return affected.filter(
    (entry) => coversEcosystem(entry.ecosystem, ecosystem) && packageKey(entry.ecosystem, entry.name) === key,
  );
}

function findingsOf(item: BillPackage, version: string, candidates: readonly Candidate[]): readonly Finding[] {
  const answered = candidates.map((candidate) => ({ ...candidate, answer: answerOf(candidate, version) }));
  const unreadable = answered.filter(({ answer }) => answer === 'unreadable').map(({ record }) => record.id);
  return [
    ...joined(answered.filter(({ answer }) => answer === 'yes')).map((group) => findingOf(item, version, group)),
    ...(unreadable.length > 0 ? [unreadableFinding(item, version, unreadable.toSorted())] : []),
  ];
}

function answerOf({ affected }: Candidate, version: string): ReturnType<typeof affects> {
  const answers = affected.map((entry) => affects(entry, version));
  return answers.find((answer) => answer === 'yes') ?? answers.find((answer) => answer === 'unreadable') ?? 'no';
}

function unreadableFinding(item: BillPackage, version: string, records: readonly string[]): Finding {
  const what = version.trim() === '' ? 'the package has no version' : `version ${version} cannot be compared`;
  return {
    id: UNREADABLE_VERSION,
    aliases: records,
    records,
    severity: 'Unknown',
    package: shown(item),
    summary: `${what} with what ${records.length} records name`,
  };
}

function findingOf(item: BillPackage, version: string, group: readonly Candidate[]): Finding {
  const fixedIn = lowestFixed(group, item.ecosystem, version);
  const [lead, ...others] = group.toSorted(compareCandidates) as [Candidate, ...Candidate[]];
  const { severity, score } = rated(lead, others);
  const published = group.flatMap(({ record }) => record.published ?? []).toSorted(compareTimes)[0];
  const names = new Set(group.flatMap(({ record }) => namesOf(record)));
  return {
    id: lead.record.id,
    aliases: [...names].filter((name) => name !== lead.record.id).toSorted(),
    records: group.map(({ record }) => record.id).toSorted(),
    severity,
    ...(score !== undefined && { score }),
    package: shown(item),
    ...(fixedIn !== undefined && { fixedIn }),
    ...(published !== undefined && { published }),
    summary: [lead, ...others].map(({ record }) => record.summary).find((summary) => summary !== '') ?? '',
  };
}

function shown({ name, version, purl, ecosystem }: BillPackage): Finding['package'] {
  return { name, version, purl, ecosystem };
}

/** The record with the better data first: a severity, a fix, a summary, a date; of equal ones by id. */
function compareCandidates(left: Candidate, right: Candidate): number {
  const quality = ({ record, affected }: Candidate): readonly boolean[] => [
    ratingOf(record, affected) !== undefined,
    databaseRating(record) !== undefined,
    affected.some(({ ranges }) => ranges.some(({ events }) => events.some((event) => 'fixed' in event))),
    record.summary !== '',
    record.published !== undefined,
  ];
  const other = quality(right);
  const differs = quality(left).findIndex((has, at) => has !== other[at]);
  return differs === -1 ? compareTexts(left.record.id, right.record.id) : Number(other[differs]) * 2 - 1;
}

function rated(lead: Candidate, others: readonly Candidate[]): Rating {
  return (
    ratingOf(lead.record, lead.affected) ??
    worst(others.flatMap(({ record, affected }) => ratingOf(record, affected) ?? [])) ??
    databaseRating(lead.record) ??
    worst(others.flatMap(({ record }) => databaseRating(record) ?? [])) ?? { severity: 'Unknown' }
  );
}

/** The lowest `fixed` above the version that no record of the group affects. */
function lowestFixed(group: readonly Candidate[], ecosystem: string, version: string): string | undefined {
  const order = orderOf(ecosystem) ?? semverOrder;
  const ranges = group.flatMap(({ affected }) => affected.flatMap((entry) => entry.ranges));
  const fixes = ranges
    .filter(({ type }) => isCompared(type))
    .flatMap(({ events }) => events.flatMap((event) => ('fixed' in event ? [event.fixed] : [])))
    .filter((fixed) => (order.compare(fixed, version) ?? 0) > 0)
    .toSorted((left, right) => order.compare(left, right) ?? 0);
  return fixes.find((fixed) => group.every((candidate) => answerOf(candidate, fixed) === 'no'));
}

function compareTimes(left: string, right: string): number {
  return Date.parse(left) - Date.parse(right);
}

function compareFindings(left: Finding, right: Finding): number {
  return (
    SEVERITIES.indexOf(left.severity) - SEVERITIES.indexOf(right.severity) ||
    compareTexts(left.package.ecosystem, right.package.ecosystem) ||
    compareTexts(left.package.name, right.package.name) ||
    compareTexts(left.package.version, right.package.version) ||
    compareTexts(left.package.purl, right.package.purl) ||
    compareTexts(left.id, right.id)
  );
}
