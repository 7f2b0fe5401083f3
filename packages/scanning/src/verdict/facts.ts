import type { Unread } from '@cartographer/bills';
import type { UnreadFindings } from '../inventory/attached/attached-findings.ts';
import type { UnreadReason } from '../kinds/reasons.ts';
import { type Finding, UNREADABLE_VERSION } from '../match/finding.ts';

/** What is known of one scan besides its findings. All times are RFC 3339. */
export type ScanFacts = {
  readonly kind: 'ImageScan' | 'SourceScan';
  readonly namespace: string;
  readonly namespaceLabels: Readonly<Record<string, string>>;
  /** The ClusterScanPolicy that the scan names; empty for none. */
  readonly policy: string;
  /** Of the image, without tag and digest: `registry.example.com/team/app`; empty for a source. */
  readonly repository: string;
  /** Of what is scanned: `sha256:…`; empty where that is not known. */
  readonly digest: string;
  readonly inventory: InventoryFacts;
  /** Every ClusterVulnerabilitySource that there is. */
  readonly sources: readonly SourceFacts[];
  /** Whether its scan says already that it passes. */
  readonly passes?: true;
  /** When this digest passed here first, by the policies that apply to this scan; absent if it never did. */
  readonly passed?: string;
  /** When each finding was first there in this digest, by {@link findingKey}. */
  readonly since?: ReadonlyMap<string, string>;
  /** When each vulnerability was first seen in this namespace, by any of its names. */
  readonly sights?: ReadonlyMap<string, string>;
};

/** How far the inventory is. */
export type InventoryFacts =
  /** It is being read; or, with `trouble`, has to wait until the store works again. */
  | { readonly kind: 'pending'; readonly trouble?: string }
  /** Nothing could be read: `RegistryForbidden`, and what to do. */
  | { readonly kind: 'failed'; readonly reason: UnreadReason; readonly message: string }
  | {
      readonly kind: 'read';
      readonly digest: string;
      readonly packages: number;
      readonly from: readonly string[];
      readonly platforms: readonly string[];
      readonly unread: readonly Unread[];
      /** Ecosystems of the inventory that no ready source has advisories for. */
      readonly uncovered: readonly string[];
      /** How it stands with findings of the operator's scanners; absent where nobody looked for any. */
      readonly attached?: AttachedFacts;
    };

/** How it stands with findings that scanners of the operator attach. */
export type AttachedFacts = {
  /** Ids of the keys that signed some which were read, be they none. */
  readonly heard: readonly string[];
  /** What of signed ones could not be read, and by whose key they are signed where that is known. */
  readonly unread: readonly UnreadFindings[];
  /** What is attached and counts for nothing. */
  readonly ignored: readonly Unread[];
};

/** How far a source of advisories is. */
export type SourceFacts = {
  readonly name: string;
  /** Whether every scan was matched with it once. */
  readonly matched: boolean;
  readonly revision?: string;
  /** When it was last asked with success, whether or not something had changed. */
  readonly fetched?: string;
  /** Our own store failed while it was taken in: what it said then is not known here. */
  readonly behind?: true;
};

/** Tells a finding from the others of an artifact. */
export function findingKey({ id, package: { name, version, purl } }: Finding): string {
  return JSON.stringify([id, purl === '' ? `${name}@${version}` : purl]);
}

/** Whether a finding stands for a version that cannot be compared. */
export function isUnreadable(finding: Finding): boolean {
  return finding.id === UNREADABLE_VERSION;
}

/** All names of a finding's vulnerability. One that cannot be compared is not known to be any of those it lists. */
export function namesOf(finding: Finding): readonly string[] {
  return isUnreadable(finding) ? [finding.id] : [finding.id, ...finding.aliases];
}

const DAY_MS = 86_400_000;

/** When an advisory was published, and when that begins to count, in milliseconds since 1970. */
export type Publication = { readonly atMs?: number; readonly turnMs?: number };

/**
 * When an advisory was published, as far as that can be believed: a time more than a day ahead is a mistake, for it would
 * keep the advisory fresh for ever, and is as good as none until it comes near.
 */
export function publicationOf({ published }: Finding, nowMs: number): Publication {
  const atMs = timeOf(published);
  if (atMs === undefined) return {};
  return nowMs < atMs - DAY_MS ? { turnMs: atMs - DAY_MS } : { atMs };
}

/** Milliseconds since 1970 of a time; undefined for a text that is none. */
export function timeOf(text: string | undefined): number | undefined {
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}
