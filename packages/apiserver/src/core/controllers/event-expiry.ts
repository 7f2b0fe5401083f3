import { getPath, type KubeObject } from '@cartographer/machinery';

import { commitDeletion } from '../pipeline/commit.ts';
import type { WriteContext } from '../pipeline/write-context.ts';

/** Like --event-ttl of a real server. */
const EVENT_TTL_MS = 60 * 60_000;
/** Changes older than this are no longer replayed to watches. */
const WINDOW_MS = 10 * 60_000;
const SWEEP_EVERY_MS = 60_000;

/** Forgets old Events and old changes, once a minute. Returns the function that stops it. */
export function startExpiry(context: WriteContext): () => void {
  let cancel: () => void;
  const sweep = (): void => {
    const now = context.clock.now();
    const events = context.registry.find('', 'v1', 'events');
    for (const event of events?.table.snapshot() ?? []) {
      if (events !== undefined && now - lastTouched(event) > EVENT_TTL_MS) {
        commitDeletion(context, events, event, event);
      }
    }
    for (const { table } of context.registry.preferred()) table.window.expire(now - WINDOW_MS);
    cancel = context.clock.schedule(SWEEP_EVERY_MS, sweep);
  };
  cancel = context.clock.schedule(SWEEP_EVERY_MS, sweep);
  return () => cancel();
}

function lastTouched(event: KubeObject): number {
  const times = [
    event.metadata.creationTimestamp,
    getPath(event, 'lastTimestamp'),
    getPath(event, 'eventTime'),
    getPath(event, 'series', 'lastObservedTime'),
  ];
  return Math.max(...times.map((time) => (typeof time === 'string' ? Date.parse(time) || 0 : 0)));
}
