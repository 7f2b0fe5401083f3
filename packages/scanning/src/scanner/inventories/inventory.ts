import { createHash } from 'node:crypto';
import type { Bill, Unread } from '@cartographer/bills';
import type { UnreadReason } from '../../kinds/reasons.ts';
import type { Portfolio } from '../../portfolio/portfolio.ts';
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
    };

/** Whose scan it is, and what was given to it already. */
export type InventoryAsk = {
  readonly namespace: string;
  /** The digest of the bill that this very scan shows for this very target; it need not be allowed again. */
  readonly given?: string;
  readonly signal: AbortSignal;
};

/** Gives what is in an artifact; reads it where nobody has yet. Throws what is our own trouble: the store, the API server. */
export type Inventories<Target extends ScanTarget = ScanTarget> = (
  target: Target,
  ask: InventoryAsk,
) => Promise<Inventory>;

/** What the portfolio keeps the bill of a target by; a source belongs to its namespace. */
export function subjectOf(target: ScanTarget, namespace: string): string {
  if (target.kind === 'image') return target.digest;
  const place = JSON.stringify([namespace, target.url, target.revision, target.digest ?? '']);
  return `source:${createHash('sha256').update(place).digest('hex')}`;
}

/** What is kept of a target; undefined for nothing. */
export async function keptInventory(
  portfolio: Pick<Portfolio, 'billOf'>,
  target: ScanTarget,
  namespace: string,
): Promise<Extract<Inventory, { kind: 'read' }> | undefined> {
  const subject = subjectOf(target, namespace);
  const kept = await portfolio.billOf({ digest: subject });
  if (kept === undefined) return undefined;
  const from = target.kind === 'image' ? ['layers'] : ['files'];
  return { kind: 'read', subject, bill: kept.digest, from, ...factsOf(kept.bill) };
}

function factsOf({ packages, unread }: Bill): {
  readonly packages: number;
  readonly ecosystems: readonly string[];
  readonly platforms: readonly string[];
  readonly unread: readonly Unread[];
} {
  return {
    packages: packages.length,
    ecosystems: [...new Set(packages.map(({ ecosystem }) => ecosystem))].filter((name) => name !== '').toSorted(),
    platforms: [...new Set(packages.flatMap(({ platforms = [] }) => platforms))].toSorted(),
    unread,
  };
}
