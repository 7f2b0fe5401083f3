import { createHash } from 'node:crypto';
import { type Condition, deepEqual, findCondition, goJson, rfc3339, setCondition } from '@cartographer/machinery';
import type { ImageScanStatus, SourceScanStatus } from '../kinds/scans.ts';
import { phaseOf, scanConditions } from './conditions.ts';
import { cut } from './cut.ts';
import { findingKey, type ScanFacts } from './facts.ts';
import type { Verdict, VerdictFinding } from './verdict.ts';

/** A whole status is smaller than this, as JSON: the store has the rest. */
export const STATUS_BYTES = 16 * 1024;
/** So many findings stand in it. */
const FINDINGS = 10;
/** So many policies, sources, platforms and ecosystems. */
const NAMES = 10;
const ALIASES = 4;

/** The artifact of a scan: `registry` for an image, `blob` for a source. */
export type Artifact =
  | { readonly registry: { readonly image: string } }
  | { readonly blob: { readonly url: string; readonly revision: string } };

/** What a scan's status is made of. */
export type ScanReport = {
  readonly generation: number;
  readonly artifact: Artifact;
  readonly facts: ScanFacts;
  readonly verdict: Verdict;
  /** What passed before this artifact, since when, and what the policies say of it now. */
  readonly lastCompliant?: { readonly artifact: Artifact; readonly since: string; readonly verdict: Verdict };
};

/** `status` of either scan. */
export type ScanStatus = Omit<ImageScanStatus, 'artifact' | 'compliantArtifact' | 'lastCompliant'> & {
  readonly artifact?: Artifact;
  readonly compliantArtifact?: Artifact;
  readonly lastCompliant?: NonNullable<ImageScanStatus['lastCompliant'] | SourceScanStatus['lastCompliant']>;
};

/**
 * The status of a scan. What says the same as before comes back as it was: no time ticks in it, and advisories stand
 * there as of the last change.
 */
export function scanStatus(report: ScanReport, previous: ScanStatus | undefined, nowMs: number): ScanStatus {
  const status = fitting(report, previous, nowMs);
  if (status === previous) return previous;
  const { verdict } = status;
  const isNew = previous === undefined || verdictDigest(previous) !== verdictDigest(status);
  const number = (previous?.verdict?.number ?? 0) + (isNew ? 1 : 0);
  return verdict === undefined ? status : { ...status, verdict: { ...verdict, number } };
}

/** Digest of what a scan says of its artifact, whatever the number: an event is named by it. */
export function verdictDigest(status: ScanStatus): string {
  const { artifact, compliantArtifact, lastCompliant, counts, findings, message, verdict } = status;
  const { result, policies } = verdict ?? {};
  const said = { artifact, compliantArtifact, lastCompliant, counts, findings, message, result, policies };
  return createHash('sha256')
    .update(goJson(JSON.parse(JSON.stringify(said))))
    .digest('hex');
}

/** With as many findings as there is room for; the one before itself where that says the same, which had room. */
function fitting(report: ScanReport, previous: ScanStatus | undefined, nowMs: number): ScanStatus {
  const { advisories } = previous ?? {};
  for (let count = FINDINGS; ; count -= 1) {
    const status = statusOf(report, { previous, nowMs, count });
    const unmoved = advisories === undefined ? status : { ...status, advisories };
    if (previous !== undefined && deepEqual(unmoved, previous)) return previous;
    if (count === 0 || Buffer.byteLength(JSON.stringify(status)) < STATUS_BYTES - ROOM_FOR_NUMBER) return status;
  }
}

/** The number of a verdict is set last. */
const ROOM_FOR_NUMBER = 16;

function statusOf(
  report: ScanReport,
  {
    previous,
    nowMs,
    count,
  }: { readonly previous: ScanStatus | undefined; readonly nowMs: number; readonly count: number },
): ScanStatus {
  const { generation, artifact, facts, verdict: judged, lastCompliant } = report;
  const { result, policies, counts, ownRecheckAt } = judged;
  const isCompliant = result === 'Passed' || result === 'Warned';
  return {
    observedGeneration: generation,
    phase: phaseOf(facts, judged),
    conditions: conditionsOf(report, previous, nowMs),
    artifact,
    ...(isCompliant ? { compliantArtifact: artifact } : {}),
    ...(lastCompliant === undefined ? {} : { lastCompliant: lastCompliantOf(lastCompliant) }),
    ...inventoryOf(facts),
    advisories: facts.sources
      .toSorted((left, right) => (left.name < right.name ? -1 : 1))
      .slice(0, NAMES)
      .map(({ name, revision }) => ({
        source: cut(name, 80),
        ...(revision === undefined ? {} : { revision: cut(revision, 80) }),
      })),
    counts,
    findings: judged.findings.slice(0, count).map((finding) => findingOf(finding, facts)),
    verdict: {
      number: previous?.verdict?.number ?? 0,
      result,
      policies: named(policies, 80),
      ...(ownRecheckAt === undefined ? {} : { recheckAt: rfc3339(ownRecheckAt) }),
    },
    message: cut(judged.message, 1024),
  };
}

function conditionsOf(
  { facts, verdict, lastCompliant }: ScanReport,
  previous: ScanStatus | undefined,
  nowMs: number,
): readonly Condition[] {
  const earlier =
    lastCompliant === undefined ? undefined : { name: nameOf(lastCompliant.artifact), verdict: lastCompliant.verdict };
  const before = previous?.conditions;
  const lastTransitionTime = rfc3339(nowMs);
  return scanConditions(facts, verdict, earlier).map((draft) => {
    const longest = draft.type === 'Ready' || draft.type === 'PolicySucceeded' ? 1024 : 320;
    const message = cut(draft.message, longest);
    const condition = { ...draft, reason: cut(draft.reason, 64), message, lastTransitionTime };
    return findCondition(setCondition(before, condition), draft.type) ?? condition;
  });
}

function nameOf(artifact: Artifact): string {
  const name = 'registry' in artifact ? artifact.registry.image : `${artifact.blob.url} ${artifact.blob.revision}`;
  return cut(name, 256);
}

function lastCompliantOf({
  artifact,
  since,
  verdict,
}: NonNullable<ScanReport['lastCompliant']>): NonNullable<ScanStatus['lastCompliant']> {
  return { ...('registry' in artifact ? artifact.registry : artifact.blob), since, verdict: verdict.result };
}

/** Texts, sorted and cut; if there are too many, how many are left out. */
function named(texts: readonly string[], maxBytes: number): readonly string[] {
  const shown = texts.length > NAMES ? NAMES - 1 : NAMES;
  const more = texts.length > NAMES ? [`and ${texts.length - shown} more`] : [];
  return [
    ...texts
      .toSorted()
      .slice(0, shown)
      .map((text) => cut(text, maxBytes)),
    ...more,
  ];
}

function inventoryOf({ inventory }: ScanFacts): Pick<ScanStatus, 'inventory'> {
  if (inventory.kind !== 'read') return {};
  const { digest, packages, from, platforms, unread, uncovered } = inventory;
  return {
    inventory: {
      digest: cut(digest, 80),
      packages,
      from: named(from, 48),
      platforms: named(platforms, 48),
      complete: unread.length === 0,
      uncovered: named(uncovered, 48),
    },
  };
}

type StatusFinding = NonNullable<ScanStatus['findings']>[number];

function findingOf({ finding, policy, rule, exception }: VerdictFinding, facts: ScanFacts): StatusFinding {
  const { id, aliases, severity, score, fixedIn, package: found } = finding;
  const since = facts.since?.get(findingKey(finding));
  const named = found.purl === '' ? `${found.name} ${found.version}`.trim() : found.purl;
  return {
    id: cut(id, 64),
    aliases: aliases.slice(0, ALIASES).map((alias) => cut(alias, 64)),
    severity,
    ...(score === undefined ? {} : { score }),
    package: cut(named, 200),
    ...(fixedIn === undefined ? {} : { fixedIn: cut(fixedIn, 64) }),
    ...(since === undefined ? {} : { since }),
    ...(policy === undefined ? {} : { policy: cut(policy, 80) }),
    ...(rule === undefined ? {} : { rule }),
    ...(exception === undefined ? {} : { exception: cut(exception, 128) }),
  };
}
