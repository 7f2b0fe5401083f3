import { type Bill, type BillPackage, MOST_PLACES, type Unread } from './bill.ts';

/**
 * One bill of all packages and all that was unread, each once, in a fixed order. Packages are one if ecosystem, name,
 * version and source are; their platforms and places are joined.
 */
export function billOf(packages: Iterable<BillPackage>, unread: Iterable<Unread> = []): Bill {
  const found = new Map<string, BillPackage>();
  for (const item of packages) {
    const key = keyOf(item);
    const before = found.get(key);
    found.set(key, before === undefined ? tidied(item) : merged(before, item));
  }
  const missing = new Map([...unread].map((item) => [JSON.stringify([item.what, item.why]), item]));
  return { packages: sorted(found), unread: sorted(missing) };
}

function keyOf({ ecosystem, name, version, source }: BillPackage): string {
  return JSON.stringify([ecosystem, name, version, source?.name ?? '', source?.version ?? '']);
}

/** By key, so that the order is that of ecosystem, name and version, on every machine. */
function sorted<T>(found: ReadonlyMap<string, T>): readonly T[] {
  return [...found].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, item]) => item);
}

function tidied(item: BillPackage): BillPackage {
  return item.platforms === undefined && item.places === undefined ? item : merged(item, item);
}

function merged(before: BillPackage, item: BillPackage): BillPackage {
  const platforms = union(before.platforms, item.platforms);
  const places = union(before.places, item.places).slice(0, MOST_PLACES);
  // Of several package URLs the first by text, whatever the order they came in.
  const [purl = ''] = [before.purl, item.purl].filter((text) => text !== '').toSorted();
  return {
    ...before,
    purl,
    ...(platforms.length > 0 && { platforms }),
    ...(places.length > 0 && { places }),
  };
}

function union(left: readonly string[] = [], right: readonly string[] = []): readonly string[] {
  return [...new Set([...left, ...right])].toSorted();
}
