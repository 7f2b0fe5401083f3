import type { Trouble } from '@cartographer/kube';
import type { Clock } from '@cartographer/machinery';

/** The parts of a process that go on trying when they fail, each with what is wrong with it now. */
export type PartTroubles = readonly (readonly [part: string, trouble: Trouble | undefined])[];

/** How long a list may be out of date before the controller counts as not ready: an API server may well restart. */
const LONGEST_OUTAGE_MS = 60_000;

/** How long each part has been failing, 0 when it works; the longest time where two parts have one name. */
export function failingMs(troubles: PartTroubles, clock: Pick<Clock, 'monotonicMs'>): ReadonlyMap<string, number> {
  const parts = new Map<string, number>();
  for (const [part, trouble] of troubles) {
    const ms = trouble === undefined ? 0 : clock.monotonicMs() - trouble.sinceMs;
    parts.set(part, Math.max(parts.get(part) ?? 0, ms));
  }
  return parts;
}

/** What is known of one kind that is watched from start to end. */
export type WatchedState = { readonly kind: string; readonly synced: boolean; readonly trouble: Trouble | undefined };

/** Names the kinds without a list, and those whose list has been out of date for long, with the reason of the first. */
export function withoutCurrentList(
  kinds: readonly WatchedState[],
  clock: Pick<Clock, 'monotonicMs'>,
): string | undefined {
  const now = clock.monotonicMs();
  const missing = kinds.filter(
    ({ synced, trouble }) => !synced || (trouble !== undefined && now - trouble.sinceMs >= LONGEST_OUTAGE_MS),
  );
  if (missing.length === 0) return undefined;
  const why = missing.find(({ trouble }) => trouble !== undefined)?.trouble?.message;
  return `no current list of ${missing.map(({ kind }) => kind).join(', ')}${why === undefined ? '' : `: ${why}`}`;
}
