import type { Clock, KubeObject, ResourceType, WatchEvent } from '@cartographer/machinery';
import { qualifiedResource } from '@cartographer/machinery';
import type { Client, Selection } from '../client/client.ts';
import { isOlder } from '../client/resource-version.ts';
import { errorOfEvent, hasCause, isExpired, TransportError } from '../transport/api-error.ts';
import type { Deadline } from '../transport/deadline.ts';
import { createDeadline, noSignOfLife } from '../transport/deadline.ts';
import type { Change, ObjectMirror } from './object-mirror.ts';

/**
 * How a watch ended, other than by an error.
 * - `done`: the server closed it in time.
 * - `early`: the server closed it before that: a restart, perhaps with another past.
 * - `expired`: the history since our position is no longer there.
 * - `regressed`: the server's versions are behind ours: it was restored, or it lags.
 */
export type WatchEnd = 'done' | 'early' | 'expired' | 'regressed';

/** What {@link watchOnce} needs. */
export type WatchOnceOptions = {
  readonly client: Client;
  readonly type: ResourceType;
  readonly selection: Selection;
  /** Where the watch starts, and where its events go. */
  readonly mirror: ObjectMirror;
  readonly transform: (object: KubeObject) => KubeObject;
  readonly onChange: (change: Change) => void;
  /** The watch gave something: it works. */
  readonly progress: () => void;
  readonly watchSeconds: number;
  readonly stallGraceMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
};

const EARLY_MARGIN_MS = 3_000;
const CHANGES: ReadonlySet<string> = new Set(['ADDED', 'MODIFIED', 'DELETED']);

/**
 * Watches from the mirror's position until the watch ends.
 * @throws whatever broke it: no sign of life, a broken connection, a refusal, a malformed event.
 */
export async function watchOnce(options: WatchOnceOptions): Promise<WatchEnd> {
  const { clock, type } = options;
  const seconds = Math.round(options.watchSeconds * (1 + options.random() / 4));
  const startedMs = clock.monotonicMs();
  const limitMs = seconds * 1_000 + options.stallGraceMs;
  const expire = (): Error => noSignOfLife(`watching ${qualifiedResource(type)}`, limitMs);
  const deadline = createDeadline({ clock, limitMs, parent: options.signal, expire });
  try {
    const end = await follow(options, seconds, deadline);
    if (end !== undefined) return end;
  } catch (error) {
    return refusal(error);
  } finally {
    deadline.end();
  }
  if (deadline.expired !== undefined) throw deadline.expired;
  return clock.monotonicMs() - startedMs < seconds * 1_000 - EARLY_MARGIN_MS ? 'early' : 'done';
}

/** Takes events until the stream ends (undefined) or one of them ends the watch. */
async function follow(
  options: WatchOnceOptions,
  timeoutSeconds: number,
  deadline: Deadline,
): Promise<WatchEnd | undefined> {
  const start = options.mirror.position;
  const events = options.client.watch(options.type, {
    ...options.selection,
    resourceVersion: start,
    allowWatchBookmarks: true,
    timeoutSeconds,
    signal: deadline.signal,
  });
  for await (const event of events) {
    deadline.touch();
    const end = take(options, event, start);
    if (end !== undefined) return end;
    options.progress();
  }
  return undefined;
}

function take(options: WatchOnceOptions, event: WatchEvent, start: string | undefined): WatchEnd | undefined {
  if (event.type === 'ERROR') throw errorOfEvent(event.object);
  const object = event.object as KubeObject | null;
  const resourceVersion = object?.metadata?.resourceVersion;
  // A server never sends what is older than the version it was asked to start from.
  if (isOlder(resourceVersion, start)) return 'regressed';
  if (event.type === 'BOOKMARK') {
    options.mirror.advance(resourceVersion);
    return undefined;
  }
  if (typeof object?.metadata?.name !== 'string' || !CHANGES.has(event.type)) {
    const what = `watching ${qualifiedResource(options.type)}`;
    throw new TransportError('CARTO_ANSWER_MALFORMED', `${what}: an event of type "${event.type}" without an object`);
  }
  const change = options.mirror.apply(event.type, options.transform(object));
  if (change !== undefined) options.onChange(change);
  return undefined;
}

/** A version that is too old or in the future is answered by a new list; every other refusal by a retry. */
function refusal(error: unknown): WatchEnd {
  if (hasCause(error, 'ResourceVersionTooLarge')) return 'regressed';
  if (isExpired(error)) return 'expired';
  throw error;
}
