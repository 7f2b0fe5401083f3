import cvss from 'ae-cvss-calculator';
import type { Advisory, AffectedPackage, SeverityScore } from '../advisories/advisory.ts';
import { SEVERITIES, type Severity } from './finding.ts';

/** A severity, and the CVSS base score that gave it where one did. */
export type Rating = { readonly severity: Severity; readonly score?: number };

/** Types of vectors, the better one first; the lowest score of each severity. Source: the specifications of CVSS. */
const CVSS = new Map<string, readonly (readonly [Severity, number])[]>([
  [
    'CVSS_V4',
    [
      ['Critical', 9],
      ['High', 7],
      ['Medium', 4],
      ['Low', 0],
    ],
  ],
  [
    'CVSS_V3',
    [
      ['Critical', 9],
      ['High', 7],
      ['Medium', 4],
      ['Low', 0],
    ],
  ],
  [
    'CVSS_V2',
    [
      ['High', 7],
      ['Medium', 4],
      ['Low', 0],
    ],
  ],
]);
const PREFIXES: Readonly<Record<string, RegExp>> = {
  CVSS_V4: /^CVSS:4\.0\//,
  CVSS_V3: /^CVSS:3\.[01]\//,
  CVSS_V2: /^(?!CVSS:[34])/,
};
const MAX_VECTOR = 512;

/** Words of Ubuntu, GitHub and Red Hat. */
const WORDS: Readonly<Record<string, Severity>> = {
  critical: 'Critical',
  high: 'High',
  important: 'High',
  medium: 'Medium',
  moderate: 'Medium',
  low: 'Low',
  negligible: 'Low',
};

/**
 * The severity that a record gives a package: that of its affected packages, else its own; of several the one of the
 * highest CVSS version. Undefined where there is none that can be read.
 */
export function ratingOf(record: Advisory, affected: readonly AffectedPackage[]): Rating | undefined {
  return best(affected.flatMap(({ severity }) => severity)) ?? best(record.severity);
}

/** The severity that the database of a record gives it in a word. */
export function databaseRating({ databaseSeverity }: Advisory): Rating | undefined {
  return ratingOfWord(databaseSeverity ?? '');
}

/** The worst of several, by severity and then by score. */
export function worst<Rated extends Rating>(ratings: readonly Rated[]): Rated | undefined {
  return ratings.toSorted(
    (left, right) =>
      SEVERITIES.indexOf(left.severity) - SEVERITIES.indexOf(right.severity) || (right.score ?? 0) - (left.score ?? 0),
  )[0];
}

/** The severity of a base score: that of CVSS 3, whose bands those who show scores use. Undefined for what is no score. */
export function ratingOfScore(score: number): Rating | undefined {
  const severity = score >= 0 && score <= 10 ? severityOf('CVSS_V3', score) : undefined;
  return severity === undefined ? undefined : { severity, score };
}

function best(scores: readonly SeverityScore[]): Rating | undefined {
  for (const type of CVSS.keys()) {
    const rated = worst(scores.filter((score) => score.type === type).flatMap((score) => ratingOfVector(score) ?? []));
    if (rated !== undefined) return rated;
  }
  return worst(scores.filter(({ type }) => type === 'Ubuntu').flatMap(({ score }) => ratingOfWord(score) ?? []));
}

/** The severity that a word of a database stands for; undefined for a word that none uses. */
export function ratingOfWord(text: string): Rating | undefined {
  const lower = text.toLowerCase();
  const severity = Object.hasOwn(WORDS, lower) ? WORDS[lower] : undefined;
  return severity === undefined ? undefined : { severity };
}

/** The severity that a CVSS vector gives; undefined for one that cannot be read. */
export function ratingOfVector({ type, score: vector }: SeverityScore): Rating | undefined {
  if (vector.length > MAX_VECTOR || PREFIXES[type]?.test(vector) !== true) return undefined;
  const score = baseScore(vector);
  if (score === undefined) return undefined;
  return { severity: severityOf(type, score) ?? 'Unknown', score };
}

function severityOf(type: string, score: number): Severity | undefined {
  return CVSS.get(type)?.find(([, from]) => score >= from)?.[0];
}

/** What is behind the base metrics (exploits known, the own environment) is not the record's to say. */
function baseScore(vector: string): number | undefined {
  const read = cvss.fromVector(vector) as
    | { isBaseFullyDefined: () => boolean; calculateScores: () => { base?: number; baseMetricsOnly?: number } }
    | undefined;
  if (read?.isBaseFullyDefined() !== true) return undefined;
  const { base, baseMetricsOnly = base } = read.calculateScores();
  return baseMetricsOnly !== undefined && Number.isFinite(baseMetricsOnly) ? baseMetricsOnly : undefined;
}
