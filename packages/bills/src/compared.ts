import type { Bill, BillPackage } from './bill.ts';

/** A package of which one bill has other versions than the other. */
export type ChangedPackage = {
  readonly ecosystem: string;
  readonly name: string;
  /** Those that only the older bill has; never empty. */
  readonly from: readonly string[];
  /** Those that only the newer bill has; never empty. */
  readonly to: readonly string[];
};

/** What differs between two bills, each list in the order of the bills. */
export type BillDifference = {
  readonly added: readonly BillPackage[];
  readonly removed: readonly BillPackage[];
  readonly changed: readonly ChangedPackage[];
};

/**
 * What differs from an older bill to a newer one. A package of which versions came and others went has changed; one of
 * which versions only came or only went was added or removed. Package URLs, platforms and places are not compared.
 */
export function compareBills(older: Bill, newer: Bill): BillDifference {
  const [before, after] = [byName(older), byName(newer)];
  const names = [...new Set([...before.keys(), ...after.keys()])].map((key) => {
    const [old, now] = [before.get(key) ?? [], after.get(key) ?? []];
    return { gone: without(old, now), come: without(now, old) };
  });
  const changed = names.flatMap(({ gone, come }) => {
    const [first] = gone;
    if (first === undefined || come.length === 0) return [];
    return [{ ecosystem: first.ecosystem, name: first.name, from: versions(gone), to: versions(come) }];
  });
  const added = names.flatMap(({ gone, come }) => (gone.length === 0 ? come : []));
  const removed = names.flatMap(({ gone, come }) => (come.length === 0 ? gone : []));
  return { added: added.toSorted(inOrder), removed: removed.toSorted(inOrder), changed: changed.toSorted(inOrder) };
}

function byName(bill: Bill): ReadonlyMap<string, readonly BillPackage[]> {
  return Map.groupBy(bill.packages, ({ ecosystem, name }) => JSON.stringify([ecosystem, name]));
}

function without(packages: readonly BillPackage[], others: readonly BillPackage[]): readonly BillPackage[] {
  const known = new Set(others.map(({ version }) => version));
  return packages.filter(({ version }) => !known.has(version));
}

function versions(packages: readonly BillPackage[]): readonly string[] {
  return [...new Set(packages.map(({ version }) => version))];
}

type Named = { readonly ecosystem: string; readonly name: string; readonly version?: string };

function inOrder(left: Named, right: Named): number {
  const [first, second] = [left, right].map(({ ecosystem, name, version = '' }) =>
    JSON.stringify([ecosystem, name, version]),
  ) as [string, string];
  return first < second ? -1 : Number(first > second);
}
