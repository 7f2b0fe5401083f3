import { BoundedMap, type Clock, messageOf } from '@cartographer/machinery';
import { type ImageError, RegistryError } from '@cartographer/oci';
import type { FindingsTrust, UnreadFindings } from '../../inventory/attached/attached-findings.ts';
import { findingsWithoutPackage } from '../../inventory/attached/placed-findings.ts';
import { keyId, type TrustedKeys, trustedKeys } from '../../inventory/attached/signatures.ts';
import { type KeptAttached, keySet } from '../../portfolio/kept-attached.ts';
import type { AttachedSaid, FindingsAsk, Inventory, KeptInventory } from './inventory.ts';

type ReadInventory = Extract<Inventory, { kind: 'read' }>;

/** When it is looked whether scanners of the operator have attached more to an image. */
export interface FindingLooks {
  /** Whether it is time for that. */
  isDue(place: string, kept: KeptInventory, ask: FindingsAsk | undefined): boolean;
  /** It was looked: the next time is after the interval, or sooner as long as something is missing. */
  looked(place: string, attached: KeptAttached, ask: FindingsAsk): void;
  /** It could not be looked; what was known stays. */
  failed(
    place: string,
    kept: KeptInventory,
    ask: FindingsAsk | undefined,
    error: RegistryError | ImageError,
  ): ReadInventory;
  /** An inventory as those are told of it who ask for findings, or do not. */
  told(place: string, kept: KeptInventory, ask: FindingsAsk | undefined): ReadInventory;
}

/** Findings mostly come a little after the image: at first it is looked often, then after growing pauses. */
const FIRST_PAUSE_MS = 5_000;
const MOST_PLACES = 100_000;
const LEAST_INTERVAL_MS = 1_000;

/** Makes {@link FindingLooks}; after a start, images that were looked at before are spread over an interval. */
export function createFindingLooks({
  clock,
  random,
}: {
  readonly clock: Clock;
  readonly random: () => number;
}): FindingLooks {
  const places = new BoundedMap<Place>(MOST_PLACES);

  function nextOf(place: string, attached: KeptAttached | undefined, ask: FindingsAsk): number {
    const key = placeOf(place, ask);
    const now = clock.monotonicMs();
    const intervalMs = intervalOf(ask);
    const first = attached !== undefined && isSettled(attached, ask) ? random() * intervalMs : 0;
    const known = places.get(key) ?? { dueMs: now + first, pauseMs: FIRST_PAUSE_MS };
    // The interval may have become shorter.
    const dueMs = Math.min(known.dueMs, now + intervalMs);
    places.set(key, { ...known, dueMs });
    return dueMs;
  }

  function pause(place: string, ask: FindingsAsk, leastMs: number, trouble?: string): void {
    const key = placeOf(place, ask);
    const { pauseMs } = places.get(key) ?? { pauseMs: FIRST_PAUSE_MS };
    const waitMs = Math.min(pauseMs, intervalOf(ask));
    places.set(key, {
      dueMs: clock.monotonicMs() + Math.max(waitMs, leastMs),
      pauseMs: Math.min(pauseMs * 2, intervalOf(ask)),
      ...(trouble === undefined ? {} : { trouble }),
    });
  }

  function told(place: string, kept: KeptInventory, ask: FindingsAsk | undefined): ReadInventory {
    const { everAttached, ...rest } = kept;
    if (ask === undefined) return rest;
    const lookInMs = Math.max(nextOf(place, everAttached, ask) - clock.monotonicMs(), 0);
    const said = saidOf(everAttached, keysOf(ask));
    const { trouble } = places.get(placeOf(place, ask)) ?? {};
    if (trouble === undefined) return { ...rest, attached: said, lookInMs };
    const ignored = [...said.ignored, { what: 'what is attached', why: `could not be looked at again: ${trouble}` }];
    return { ...rest, attached: { ...said, ignored }, lookInMs };
  }

  return {
    told,
    isDue: (place, { everAttached }, ask) =>
      ask !== undefined && nextOf(place, everAttached, ask) <= clock.monotonicMs(),
    looked(place, attached, ask) {
      if (isSettled(attached, ask))
        places.set(placeOf(place, ask), { dueMs: clock.monotonicMs() + intervalOf(ask), pauseMs: FIRST_PAUSE_MS });
      else pause(place, ask, 0);
    },
    failed(place, kept, ask, error) {
      const afterMs = error instanceof RegistryError ? (error.afterMs ?? 0) : 0;
      if (ask !== undefined) pause(place, ask, afterMs, messageOf(error));
      return told(place, kept, ask);
    },
  };
}

/** When an image is looked at next by a set of keys, how long the pause after that is, and why it could not be looked last. */
type Place = { readonly dueMs: number; readonly pauseMs: number; readonly trouble?: string };

function placeOf(place: string, ask: FindingsAsk): string {
  return JSON.stringify([place, keysOf(ask)]);
}

function intervalOf({ intervalMs }: FindingsAsk): number {
  return Math.max(intervalMs, LEAST_INTERVAL_MS);
}

/** The keys of each policy, and what need not be read again: by another set of keys a document may count that did not. */
export function findingsTrustOf(ask: FindingsAsk, attached: KeptAttached | undefined): FindingsTrust {
  return { trust: trustOf(ask), known: new Set(attached?.looks[keySet(keysOf(ask))]?.known) };
}

function trustOf({ trust }: FindingsAsk): readonly TrustedKeys[] {
  return trust.map(({ policy, keys }) => trustedKeys(`ClusterScanPolicy ${policy}`, keys));
}

/** Ids of all keys that are asked for, sorted. */
export function keysOf(ask: FindingsAsk): readonly string[] {
  return [...new Set(trustOf(ask).flatMap(({ keys }) => keys.map(keyId)))].toSorted();
}

/** Whether every policy has heard somebody whom it believes, and nothing is missing. */
function isSettled(attached: KeptAttached, ask: FindingsAsk): boolean {
  return (
    attached.looks[keySet(keysOf(ask))]?.unread.length === 0 &&
    trustOf(ask).every(({ keys }) => keys.some((key) => attached.heard.includes(keyId(key))))
  );
}

function saidOf(attached: KeptAttached | undefined, keys: readonly string[]): AttachedSaid {
  const { heard = [], findings = [], looks = {} } = attached ?? {};
  const { unread = NOT_LOOKED, ignored = [] } = looks[keySet(keys)] ?? {};
  const isBelieved = (key: string): boolean => keys.includes(key);
  const believed = findings.filter(({ signedBy }) => signedBy.some(isBelieved));
  return {
    heard: heard.filter(isBelieved),
    findings: believed,
    unread: [...unread, ...findingsWithoutPackage(believed)],
    ignored,
  };
}

const NOT_LOOKED: readonly UnreadFindings[] = [{ what: 'what is attached', why: 'was not looked at yet' }];
