import type { Advisory } from '../advisories/advisory.ts';

/** What a record is called, and what it was made from. */
type NamedRecord = Pick<Advisory, 'id' | 'aliases' | 'upstream'>;

/**
 * Records of one vulnerability together: those that share an id, an alias or what they were made from. `related` never
 * joins. Records keep their order, groups that of their first record.
 */
export function joined<T extends { readonly record: NamedRecord }>(matches: readonly T[]): readonly (readonly T[])[] {
  const groupOf = new Map<string, T[]>();
  for (const match of matches) {
    const names = namesOf(match.record);
    const group = [...new Set(names.flatMap((name) => groupOf.get(name) ?? []))];
    group.push(match);
    const allNames = new Set(group.flatMap(({ record }) => namesOf(record)));
    for (const name of allNames) groupOf.set(name, group);
  }
  const place = new Map(matches.map((match, at) => [match, at]));
  return [...new Set(groupOf.values())].map((group) =>
    group.toSorted((left, right) => (place.get(left) ?? 0) - (place.get(right) ?? 0)),
  );
}

/** All names of a record, its id first. */
export function namesOf({ id, aliases, upstream }: NamedRecord): readonly string[] {
  return [id, ...aliases, ...upstream];
}
