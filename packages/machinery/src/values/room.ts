import type { Clock } from './ports.ts';

/** Room for what waits on others: halves of requests, answers that are not taken. Bounded in size and time. */
export interface Room {
  /** Takes a place of `amount`; `drop` is called when it is taken away again, for want of room or of time. */
  enter(drop: () => void, amount?: number): Place;
  /** The sum of all places. */
  readonly taken: number;
}

/** A place in a {@link Room}. */
export interface Place {
  grow(amount: number): void;
  /** Gives the place back; more than once does no harm. */
  leave(): void;
}

/** How much room there is. */
export type RoomOptions = {
  /** The sum that all places may have. A single place may be larger: nobody else would be served by its end. */
  readonly max: number;
  /** How long a place may be kept. */
  readonly limit?: { readonly ms: number; readonly clock: Clock };
};

/** A place, and how it is taken away. */
type Kept = Place & { takeAway(): void };

/**
 * Makes a {@link Room}. When it is full, those who have kept their place the longest lose it: the slow, not the new.
 *
 * A place that is left holds on to nothing. V8's sets and maps point from each table that they have outgrown to the next:
 * what the old ones reach survives until the next full collection, here all that belongs to a request.
 */
export function createRoom({ max, limit }: RoomOptions): Room {
  const places = new Set<Kept>();
  let taken = 0;

  function makeRoom(): void {
    for (const place of places) {
      if (taken <= max || places.size === 1) return;
      place.takeAway();
    }
  }

  return {
    get taken() {
      return taken;
    },
    enter(drop, amount = 0) {
      let own = 0;
      let onLeave: { readonly cancel?: (() => void) | undefined; readonly drop: () => void } | undefined;
      const place: Kept = {
        grow(more) {
          if (onLeave === undefined) return;
          own += more;
          taken += more;
          makeRoom();
        },
        leave() {
          if (onLeave === undefined) return;
          places.delete(place);
          taken -= own;
          onLeave.cancel?.();
          onLeave = undefined;
        },
        takeAway() {
          const tell = onLeave?.drop;
          place.leave();
          tell?.();
        },
      };
      onLeave = { drop, cancel: limit?.clock.schedule(limit.ms, place.takeAway) };
      places.add(place);
      place.grow(amount);
      return place;
    },
  };
}
