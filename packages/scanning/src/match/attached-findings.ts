import { type Finding, UNREADABLE_VERSION } from './finding.ts';
import { joined } from './joined.ts';
import { packageIdentity } from './package-identity.ts';
import { worst } from './severity.ts';

type Dated = Finding & { readonly since?: string };

/** A finding that a scanner of the operator attached to an image, and the ids of the keys that signed it. */
export type AttachedFinding<F extends Dated = Finding> = {
  readonly finding: F;
  readonly signedBy: readonly string[];
};

/**
 * Findings that were matched here together with those that others attached: the same vulnerability of the same package, by
 * any of its names, is one finding with several claims. None is taken away, and what ours says stays as it is: each policy
 * judges the claims that it believes, and the worst counts.
 */
export function withAttachedFindings<F extends Dated>(
  own: readonly F[],
  attached: readonly AttachedFinding<F>[],
): readonly F[] {
  if (attached.length === 0) return own;
  const said: readonly Said<F>[] = [...own.map((finding) => ({ finding })), ...attached];
  const byPackage = Map.groupBy(said, ({ finding }) => packageIdentity(finding.package));
  return [...byPackage.values()].flatMap((all) =>
    joined(all.map((each) => ({ ...each, record: namesIn(each.finding) }))).flatMap((group) => together(group)),
  );
}

type Said<F extends Dated> = { readonly finding: F; readonly signedBy?: readonly string[] };

/** What cannot be compared is not known to be any of what it lists. */
function namesIn({ id, aliases }: Finding) {
  return { id, aliases: id === UNREADABLE_VERSION ? [] : aliases, upstream: [] };
}

/** Each of ours in a group with all that others say of it; where none is ours, one of what they say. */
function together<F extends Dated>(group: readonly Said<F>[]): readonly F[] {
  const theirs = group.filter(({ signedBy }) => signedBy !== undefined);
  const ours = group.filter(({ signedBy }) => signedBy === undefined);
  if (theirs.length === 0) return ours.map(({ finding }) => finding);
  const names = new Set(group.flatMap(({ finding }) => [finding.id, ...finding.aliases]));
  const leads = ours.length > 0 ? ours : theirs.slice(0, 1);
  return leads.map((lead) => {
    const { id, package: found } = lead.finding;
    // An exception for any name of ours is one for what they say of it, too.
    const called = { id, aliases: [...names].filter((name) => name !== id).toSorted(), package: found };
    const said = [
      ...(ours.length > 0 ? [lead] : []),
      ...theirs.map(({ finding, signedBy = [] }) => ({ finding: { ...finding, ...called }, signedBy })),
    ];
    const shown = worst(said.map(({ finding }) => finding)) ?? lead.finding;
    return { ...shown, ...called, ...sinceOf(group), claims: said };
  });
}

/** The first of them counts: what is said twice is no news. */
function sinceOf(group: readonly Said<Dated>[]): { readonly since?: string } {
  const [first] = group.flatMap(({ finding: { since } }) => since ?? []).toSorted();
  return first === undefined ? {} : { since: first };
}
