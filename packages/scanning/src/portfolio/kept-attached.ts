import { createHash } from 'node:crypto';
import type { Unread } from '@cartographer/bills';
import type { AttachedFindings, UnreadFindings } from '../inventory/attached/attached-findings.ts';
import type { AttachedFinding } from '../match/attached-findings.ts';
import { worst } from '../match/severity.ts';
import type { KeptFinding } from './kept-findings.ts';
import { rowOf } from './keys.ts';

/** What was seen at the last look by one set of keys. */
export type AttachedLook = {
  /** Digests of documents that need not be read again. */
  readonly known: readonly string[];
  readonly unread: readonly UnreadFindings[];
  readonly ignored: readonly Unread[];
};

/** What scanners of the operator have said of an image since it is known here. */
export type KeptAttached = {
  /** Ids of keys that signed findings which were read, be they none. */
  readonly heard: readonly string[];
  /** Once for each key that signed it. */
  readonly findings: readonly AttachedFinding<KeptFinding>[];
  /** By the {@link keySet} that was looked by; those that were used last come last. */
  readonly looks: Readonly<Record<string, AttachedLook>>;
};

const MOST_KNOWN = 1_000;
const MOST_NAMED = 100;
/** Namespaces may have policies with different keys. */
const MOST_LOOKS = 16;

/** What a look by these keys is kept by. */
export function keySet(keys: readonly string[]): string {
  return createHash('sha256').update(keys.toSorted().join()).digest('hex').slice(0, 16);
}

/**
 * What is known after a look. What was said once stays said, also where the document is gone: whoever may push may take it
 * away, or put an older one in its place. Of what is said twice, the worst counts, since the first time.
 */
export function keptAttached(
  before: KeptAttached | undefined,
  { heard, findings, known, unread, ignored }: AttachedFindings,
  { keys, now }: { readonly keys: readonly string[]; readonly now: string },
): KeptAttached {
  const all = new Map(before?.findings.map((each) => [placeOf(each), each]));
  for (const { finding, signedBy } of findings) {
    for (const key of signedBy) {
      const place = placeOf({ finding, signedBy: [key] });
      const said = all.get(place)?.finding;
      all.set(place, {
        finding: said === undefined ? { ...finding, since: now } : both(said, finding),
        signedBy: [key],
      });
    }
  }
  const { [keySet(keys)]: last, ...others } = before?.looks ?? {};
  const look = {
    known: [...new Set([...(last?.known ?? []), ...known])].slice(-MOST_KNOWN),
    unread: unread.slice(0, MOST_NAMED),
    ignored: ignored.slice(0, MOST_NAMED),
  };
  return {
    heard: [...new Set([...(before?.heard ?? []), ...heard])].toSorted(),
    findings: [...all.values()],
    looks: Object.fromEntries([...Object.entries(others).slice(1 - MOST_LOOKS), [keySet(keys), look]]),
  };
}

function placeOf({ finding, signedBy }: AttachedFinding): string {
  return JSON.stringify([rowOf(finding), signedBy]);
}

function both(said: KeptFinding, again: AttachedFinding['finding']): KeptFinding {
  const rated = worst([said, again]) ?? said;
  const aliases = [...new Set([...said.aliases, ...again.aliases])].toSorted();
  return { ...said, ...again, ...rated, aliases, since: said.since };
}
