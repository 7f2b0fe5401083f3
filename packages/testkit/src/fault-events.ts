import { TransportError } from '@cartographer/kube';
import type { WatchEvent } from '@cartographer/machinery';
import { whenAborted } from '@cartographer/machinery';

/** What happens to the events of a watch. Events before `afterEvents` pass untouched. */
export type WatchFault = {
  readonly kind: 'watch';
  readonly afterEvents?: number;
  readonly effect: /** The server closes the stream as if it were done. */
    | 'eof'
    /** The connection breaks. */
    | 'reset'
    /** The connection ends in the middle of a line. */
    | 'truncated'
    /** A line comes that is no event. */
    | 'malformed'
    /** Nothing comes any more and nothing ends: a half-open connection. */
    | 'silence'
    /** Every further event is dropped, bookmarks pass: the server forgets to tell. */
    | 'drop'
    /** Every further event comes twice. */
    | 'duplicate'
    /** This event comes in between. */
    | { readonly insert: WatchEvent }
    /** Further events are held back until the promise resolves, then come all at once. */
    | { readonly holdUntil: Promise<void> };
};

/** Applies a {@link WatchFault} to a stream of events. */
export function faultyEvents(
  events: AsyncIterable<WatchEvent>,
  fault: WatchFault,
  signal: AbortSignal | undefined,
): AsyncIterable<WatchEvent> {
  return until(signal, suffering(events, fault, signal));
}

async function* suffering(
  events: AsyncIterable<WatchEvent>,
  { afterEvents = 0, effect }: WatchFault,
  signal: AbortSignal | undefined,
): AsyncGenerator<WatchEvent> {
  const source = events[Symbol.asyncIterator]();
  const rest = { [Symbol.asyncIterator]: () => source };
  try {
    for (let passed = 0; passed < afterEvents; passed++) {
      const next = await source.next();
      if (next.done === true) return;
      yield next.value;
    }
    if (typeof effect === 'object') {
      if ('insert' in effect) yield effect.insert;
      else await effect.holdUntil;
      yield* rest;
      return;
    }
    if (effect === 'eof') return;
    if (effect === 'silence') await whenAborted(signal);
    if (effect === 'drop' || effect === 'duplicate') yield* altered(rest, effect);
    else if (effect !== 'silence') throw BROKEN[effect]();
  } finally {
    await source.return?.();
  }
}

const BROKEN = {
  reset: () => new TransportError('CARTO_CONNECTION_LOST', 'read ECONNRESET'),
  truncated: () => new TransportError('CARTO_ANSWER_MALFORMED', 'the watch ended in the middle of an event'),
  malformed: () => new TransportError('CARTO_ANSWER_MALFORMED', 'the watch sent a line that is not an event'),
};

async function* altered(events: AsyncIterable<WatchEvent>, how: 'drop' | 'duplicate'): AsyncGenerator<WatchEvent> {
  for await (const event of events) {
    if (how === 'drop' && event.type !== 'BOOKMARK') continue;
    yield event;
    if (how === 'duplicate') yield event;
  }
}

/** Ends the stream when the signal fires, whatever it is waiting for: transports promise that. */
function until(signal: AbortSignal | undefined, events: AsyncGenerator<WatchEvent>): AsyncIterable<WatchEvent> {
  if (signal === undefined) return events;
  const ended = whenAborted(signal).then((): IteratorResult<WatchEvent> => ({ done: true, value: undefined }));
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.race([events.next(), ended]),
      return: () => {
        // Not awaited: a generator that waits inside would never come back, and its source ends with the signal.
        events.return(undefined).catch(() => undefined);
        return Promise.resolve({ done: true, value: undefined });
      },
    }),
  };
}
