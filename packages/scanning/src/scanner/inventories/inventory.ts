import { createHash } from 'node:crypto';
import { spanMs } from '@cartographer/api';
import type { Unread } from '@cartographer/bills';
import { formatReference } from '@cartographer/oci';
import type { ScanPolicy } from '../../kinds/read.ts';
import type { UnreadReason } from '../../kinds/reasons.ts';
import type { AttachedLook, KeptAttached } from '../../portfolio/kept-attached.ts';
import type { Subject } from '../../portfolio/kept-bills.ts';
import type { Portfolio } from '../../portfolio/portfolio.ts';
import type { ScanFacts } from '../../verdict/facts.ts';
import { applies } from '../../verdict/verdict.ts';
import type { ScanTarget } from '../scan-request.ts';

/** What is in an artifact, or why that cannot be told; what may be otherwise the next time is tried again. */
export type Inventory =
  | {
      readonly kind: 'failed';
      readonly reason: UnreadReason;
      readonly message: string;
      /** So long whoever was asked does not want to be asked again, in milliseconds. */
      readonly afterMs?: number;
    }
  | {
      readonly kind: 'read';
      /** What the portfolio keeps it by. */
      readonly subject: string;
      /** Digest of the bill of material. */
      readonly bill: string;
      readonly packages: number;
      readonly ecosystems: readonly string[];
      readonly platforms: readonly string[];
      readonly from: readonly string[];
      readonly unread: readonly Unread[];
      /** What scanners of the operator say of it; absent where no policy asks for that. */
      readonly attached?: AttachedSaid;
      /** In how many milliseconds it is to be looked again whether they say more. */
      readonly lookInMs?: number;
    };

/** The keys that a policy trusts, in PEM. */
export type PolicyTrust = { readonly policy: string; readonly keys: readonly string[] };

/** What scanners of the operator say of an image, as far as policies that are asked believe them. */
export type AttachedSaid = Pick<KeptAttached, 'heard' | 'findings'> & Omit<AttachedLook, 'known'>;

/** Whose findings count, by policy, and how often they are looked for. */
export type FindingsAsk = { readonly trust: readonly PolicyTrust[]; readonly intervalMs: number };

/**
 * Whom the policies that are asked for a scan believe. Bills count alone where each of them names keys, and one of each
 * signed.
 */
export function trustAskOf(
  policies: readonly ScanPolicy[],
  scan: Pick<ScanFacts, 'policy' | 'namespaceLabels'>,
): Pick<InventoryAsk, 'trust' | 'findings'> {
  const asked = policies
    .filter((each) => applies(each, scan))
    .toSorted((left, right) => (left.name < right.name ? -1 : 1));
  const trust = asked.map((each) => ({
    policy: each.name,
    keys: 'spec' in each ? (each.spec.inventory?.trust ?? []) : [],
  }));
  return { ...(trust.every(({ keys }) => keys.length > 0) ? { trust } : {}), ...findingsAskOf(asked) };
}

/** Whose attached findings these policies believe; nothing where none believes any. */
function findingsAskOf(policies: readonly ScanPolicy[]): { readonly findings?: FindingsAsk } {
  const believing = policies.flatMap((policy) => {
    if (!('spec' in policy) || policy.spec.findings === undefined) return [];
    const { trust, interval } = policy.spec.findings;
    return [{ policy: policy.name, keys: trust, intervalMs: spanMs(interval) ?? 0 }];
  });
  const intervalMs = Math.min(...believing.map((each) => each.intervalMs));
  return believing.length === 0 ? {} : { findings: { trust: believing, intervalMs } };
}

/** Whose scan it is, and what was given to it already. */
export type InventoryAsk = {
  readonly namespace: string;
  /** Whose signature makes an attached bill count alone: that of each of these policies; nobody's, where it is left out. */
  readonly trust?: readonly PolicyTrust[];
  /** Whose attached findings count; they are not looked for where it is left out. */
  readonly findings?: FindingsAsk;
  /** The digest of the bill that this very scan shows for this very target; it need not be allowed again. */
  readonly given?: string;
  readonly signal: AbortSignal;
};

/** Gives what is in an artifact; reads it where nobody has yet. Throws what is our own trouble: the store, the API server. */
export type Inventories<Target extends ScanTarget = ScanTarget> = (
  target: Target,
  ask: InventoryAsk,
) => Promise<Inventory>;

/**
 * What the portfolio keeps the bill of a target by: a source belongs to its namespace, an image to its repository, and to
 * whom it trusts.
 */
export function subjectOf(target: ScanTarget, { namespace, trust = [] }: SubjectAsk): Required<Subject> {
  if (target.kind === 'image') {
    const { registry, repository } = target.reference;
    const by = trust.length === 0 ? '' : `#${hashOf(trust.map(({ keys }) => keys)).slice(0, 16)}`;
    return { digest: target.digest, repository: formatReference({ registry, repository }) + by };
  }
  const place = [namespace, target.url, target.revision, target.digest ?? ''];
  return { digest: `source:${hashOf(place)}`, repository: '' };
}

/** A subject by its artifact alone, whomever the policies trust to say what is in it. */
export function artifactKey({ digest, repository = '' }: Subject): string {
  const [place = ''] = repository.split('#');
  return JSON.stringify([digest, place]);
}

type SubjectAsk = Pick<InventoryAsk, 'namespace' | 'trust'>;

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

/** An inventory as it is kept, with all that was ever seen attached to its image. */
export type KeptInventory = Extract<Inventory, { kind: 'read' }> & { readonly everAttached?: KeptAttached };

/** What is kept of a target; undefined for nothing. */
export async function keptInventory(
  portfolio: Pick<Portfolio, 'factsOf'>,
  target: ScanTarget,
  ask: SubjectAsk,
): Promise<KeptInventory | undefined> {
  const subject = subjectOf(target, ask);
  const facts = await portfolio.factsOf(subject);
  if (facts === undefined) return undefined;
  const { digest, attached, ...said } = facts;
  const ever = attached === undefined ? {} : { everAttached: attached };
  return { kind: 'read', subject: subject.digest, bill: digest, ...said, ...ever };
}
