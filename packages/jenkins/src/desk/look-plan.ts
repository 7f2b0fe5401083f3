import type { Follow, JobAsk, Seen } from './followed.ts';

/** Jobs of one look. The queue is read before each. */
const MOST_JOBS = 16;
const LONGEST_PAUSE_MS = 30_000;

/** The jobs of the next look: those of all namespaces in turn, the longest due first, as many as one look may have. */
export function dueJobs(
  entries: ReadonlyMap<string, { readonly follow: Follow; readonly dueMs: number }>,
  nowMs: number,
): readonly JobAsk[] {
  const byJob = new Map<string, { readonly namespace: string; oldestMs: number; keys: [string, Follow, boolean][] }>();
  for (const [key, { follow, dueMs }] of entries) {
    const entry = byJob.get(follow.job) ?? {
      namespace: follow.namespace,
      oldestMs: Number.POSITIVE_INFINITY,
      keys: [],
    };
    entry.oldestMs = Math.min(entry.oldestMs, dueMs);
    entry.keys.push([key, follow, dueMs <= nowMs]);
    byJob.set(follow.job, entry);
  }
  const due = [...byJob]
    .filter(([, { oldestMs }]) => oldestMs <= nowMs)
    .toSorted(([, a], [, b]) => a.oldestMs - b.oldestMs);
  const places = new Map<string, number>();
  const ranked = due.map(([job, { namespace, keys }]) => {
    const place = places.get(namespace) ?? 0;
    places.set(namespace, place + 1);
    return { place, ask: { job, builds: keys.map(([key, follow, isDue]) => ({ key, follow, isDue })) } };
  });
  return ranked
    .toSorted((a, b) => a.place - b.place)
    .slice(0, MOST_JOBS)
    .map(({ ask }) => ask);
}

/** How long a build is left alone: what waits for little, what runs the longer the longer it does, what is over for good. */
export function pauseAfter(
  { follow, seen }: { readonly follow: Follow; readonly seen: Seen },
  pollMs: number,
  nowMs: number,
): number {
  if (seen.kind === 'trouble') return LONGEST_PAUSE_MS;
  if (seen.kind !== 'seen') return Number.POSITIVE_INFINITY;
  const { sight } = seen;
  if (sight.kind !== 'run') {
    const isOver = follow.identity.attempt === undefined && sight.kind !== 'waiting';
    return isOver ? Number.POSITIVE_INFINITY : pollMs;
  }
  const { isBuilding, result, startedAtMs = nowMs, estimatedMs } = sight.run;
  if (!isBuilding && result !== undefined) return Number.POSITIVE_INFINITY;
  if (!isBuilding) return pollMs;
  const ranMs = Math.max(nowMs - startedAtMs, 0);
  const leftMs = estimatedMs === undefined ? LONGEST_PAUSE_MS : estimatedMs - ranMs;
  const pauseMs = Math.min(ranMs / 4, leftMs > 0 ? leftMs : pollMs, LONGEST_PAUSE_MS);
  return Math.max(pauseMs, pollMs);
}

/** Differs when there is something to tell. What is searched for is told of at each look. */
export function digestOf(seen: Seen, nowMs: number): string {
  if (seen.kind !== 'seen') return JSON.stringify(seen);
  const { sight, stages } = seen;
  if (sight.kind === 'absent') return `absent ${sight.beganMs}`;
  if (sight.kind === 'waiting') return `waiting ${sight.item?.id} ${sight.item?.why}`;
  if (sight.kind !== 'run') return sight.kind;
  const { number, isBuilding, result, startedAtMs = nowMs, estimatedMs = 0 } = sight.run;
  const progress = estimatedMs === 0 ? 0 : Math.floor(((nowMs - startedAtMs) / estimatedMs) * 10);
  const shown = stages?.map(({ name, status }) => [name, status]);
  return JSON.stringify([number, isBuilding, result, Math.min(progress, 9), shown, logStep(nowMs - startedAtMs)]);
}

/** Grows when the log of what runs is to be read anew: after 15, 30, 60, 120 and 240 s, and each five minutes from then on. */
export function logStep(ranMs: number): number {
  const steadyMs = ranMs - 240_000;
  return steadyMs < 0 ? Math.floor(Math.log2(Math.max(ranMs / 7_500, 1))) : 5 + Math.floor(steadyMs / 300_000);
}
