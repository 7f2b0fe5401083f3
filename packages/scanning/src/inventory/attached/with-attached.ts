import { type Bill, billOf } from '@cartographer/bills';
import { packageIdentity } from '../../match/package-identity.ts';
import type { AttachedBills } from './read-attached.ts';

/** What is in an image in the end, and what says so. */
export type JoinedBill = { readonly bill: Bill; readonly from: readonly ('layers' | 'referrer')[] };

/**
 * Our own reading with the packages that attached bills add. A package that was read stays as it was read, and an attached
 * bill that names nothing else changes nothing.
 */
export function withAttached(read: Bill, { bills, unread }: AttachedBills): JoinedBill {
  const known = new Set(read.packages.map(packageIdentity));
  const added = bills.flatMap(({ bill }) => bill.packages).filter((item) => !known.has(packageIdentity(item)));
  const missing = [
    ...unread,
    ...bills.flatMap(({ what, bill }) => bill.unread.map((each) => ({ ...each, what: `${what}: ${each.what}` }))),
  ];
  return {
    bill: billOf([...read.packages, ...added], [...read.unread, ...missing]),
    from: added.length > 0 ? ['layers', 'referrer'] : ['layers'],
  };
}

/** The bills that every policy trusts, which then count alone; undefined where there is none. */
export function trustedBill({ bills }: AttachedBills): JoinedBill | undefined {
  const trusted = bills.filter(({ isTrusted }) => isTrusted).map(({ bill }) => bill);
  if (trusted.length === 0) return undefined;
  return {
    bill: billOf(
      trusted.flatMap(({ packages }) => packages),
      trusted.flatMap(({ unread }) => unread),
    ),
    from: ['referrer'],
  };
}
