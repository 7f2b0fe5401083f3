import { deepEqual, rfc3339 } from '@cartographer/machinery';
import { formatReference } from '@cartographer/oci';
import type { ScanException, ScanPolicy } from '../kinds/read.ts';
import type { KeptFinding } from '../portfolio/kept-findings.ts';
import { findingKey, type InventoryFacts, type ScanFacts, type SourceFacts } from '../verdict/facts.ts';
import { type Artifact, type ScanStatus, scanStatus } from '../verdict/scan-status.ts';
import { type Verdict, type VerdictFinding, verdict } from '../verdict/verdict.ts';
import { earlierTarget, lastCompliantIn, type ScanRequest } from './scan-request.ts';

/** What a verdict depends on besides the scan itself. */
export type World = {
  readonly policies: readonly ScanPolicy[];
  readonly exceptions: readonly ScanException[];
  readonly sources: readonly SourceFacts[];
  readonly namespaceLabels: Readonly<Record<string, string>>;
  /** When each vulnerability was first seen in the namespace. */
  readonly sights: ReadonlyMap<string, string>;
};

/** What is known of one artifact. */
export type Material = {
  readonly target: ScanRequest['target'];
  readonly inventory: InventoryFacts;
  readonly findings: readonly KeptFinding[];
  /** Sources that have not answered for all of its packages yet: they count as never matched. */
  readonly unasked: readonly string[];
};

/** A scan to judge. */
export type Judging = {
  readonly request: ScanRequest;
  readonly namespace: string;
  readonly generation: number;
  readonly previous: ScanStatus | undefined;
  readonly current: Material;
  /** Of the artifact that passed last, where that is another one. */
  readonly earlier?: { readonly artifact: Artifact; readonly since: string; readonly material: Material };
};

/** What comes of it. `status` is `previous` itself where nothing is to be written. */
export type Judged = {
  readonly status: ScanStatus;
  readonly verdict: Verdict;
  /** When time alone can change it next, in milliseconds since 1970. */
  readonly recheckAt?: number;
};

/** Judges a scan, and what passed before it; pure. */
export function judgeScan(judging: Judging, world: World, nowMs: number): Judged {
  const { request, generation, previous, current, earlier } = judging;
  const { artifact } = request;
  const passes = previous?.compliantArtifact !== undefined && deepEqual(previous.compliantArtifact, artifact);
  const facts = factsOf(judging, current, world, { passed: passedSince(previous, artifact), passes });
  const judged = verdict(current.findings, world.policies, world.exceptions, facts, nowMs);
  const before =
    earlier &&
    verdict(
      earlier.material.findings,
      world.policies,
      world.exceptions,
      factsOf(judging, earlier.material, world, { passed: earlier.since, passes: true }),
      nowMs,
    );
  const lastCompliant = last(judging, judged, before, nowMs);
  const status = scanStatus(
    { generation, artifact, facts, verdict: judged, ...(lastCompliant === undefined ? {} : { lastCompliant }) },
    previous,
    nowMs,
  );
  const recheckAt = Math.min(...[judged, before].flatMap((each) => each?.recheckAt ?? []));
  return { status, verdict: judged, ...(Number.isFinite(recheckAt) ? { recheckAt } : {}) };
}

/**
 * What the policies make of each finding of what a scan shows. Whether all could be read, and how fresh advisories are, is
 * left aside: the scan's verdict says that.
 */
export function judgeFindings(
  {
    request,
    namespace,
    previous,
    findings,
  }: Pick<Judging, 'request' | 'namespace' | 'previous'> & Pick<Material, 'findings'>,
  world: World,
  nowMs: number,
): readonly VerdictFinding[] {
  const artifact = previous?.artifact ?? request.artifact;
  const target = earlierTarget(artifact, request);
  const current: Material = { target, inventory: { kind: 'pending' }, findings, unasked: [] };
  const judging = { request, namespace, previous };
  const facts = factsOf(judging, current, world, { passed: passedSince(previous, artifact), passes: false });
  return verdict(findings, world.policies, world.exceptions, facts, nowMs).findings;
}

/** When an artifact passed first, as far as its scan remembers. */
function passedSince(previous: ScanStatus | undefined, artifact: Artifact): string | undefined {
  const known = lastCompliantIn(previous);
  return known !== undefined && deepEqual(known.artifact, artifact) ? known.since : undefined;
}

/**
 * What passes now is what passed last; while something newer does not, what passed before it stays. One that passed itself
 * and is refused now is watched as what is scanned.
 */
function last(
  { request, previous, earlier }: Judging,
  judged: Verdict,
  before: Verdict | undefined,
  nowMs: number,
): { artifact: Artifact; since: string; verdict: Verdict } | undefined {
  const { artifact } = request;
  const since = passedSince(previous, artifact);
  if (judged.result === 'Passed' || judged.result === 'Warned') {
    return { artifact, since: since ?? rfc3339(nowMs), verdict: judged };
  }
  if (since !== undefined) return judged.result === 'Unknown' ? { artifact, since, verdict: judged } : undefined;
  return earlier && before && { artifact: earlier.artifact, since: earlier.since, verdict: before };
}

function factsOf(
  { request, namespace, previous }: Pick<Judging, 'request' | 'namespace' | 'previous'>,
  { target, inventory, findings, unasked }: Material,
  world: World,
  { passed, passes }: { readonly passed: string | undefined; readonly passes: boolean },
): ScanFacts {
  const { namespaceLabels, sights } = world;
  const sources = world.sources.map((each) => (unasked.includes(each.name) ? notMatched(each) : each));
  return {
    kind: request.kind,
    namespace,
    namespaceLabels,
    policy: request.policy,
    ...placeOf(target),
    inventory,
    sources,
    ...(passes ? { passes } : {}),
    ...(passed === undefined || passed === '' ? {} : { passed }),
    since: sinceOf(findings, previous),
    sights,
  };
}

function notMatched({ name }: SourceFacts): SourceFacts {
  return { name, matched: false };
}

function placeOf(target: ScanRequest['target']): Pick<ScanFacts, 'repository' | 'digest'> {
  switch (target.kind) {
    case 'image': {
      const { registry, repository } = target.reference;
      return { repository: formatReference({ registry, repository }), digest: target.digest };
    }
    case 'source':
      return { repository: '', digest: target.digest ?? '' };
    case 'wrong':
      return { repository: '', digest: '' };
  }
}

/** Since when findings stand. A store that was lost knows less than what the scan shows already. */
function sinceOf(findings: readonly KeptFinding[], previous: ScanStatus | undefined): ReadonlyMap<string, string> {
  const shown = new Map(
    (previous?.findings ?? []).flatMap(({ id, package: named, since }) =>
      since === undefined ? [] : [[JSON.stringify([id, named]), since] as const],
    ),
  );
  return new Map(
    findings.map((finding) => {
      const key = findingKey(finding);
      const before = shown.get(key);
      return [key, before !== undefined && before < finding.since ? before : finding.since];
    }),
  );
}
