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

/** Makes a {@link Room}. When it is full, those who have kept their place the longest lose it: the slow, not the new. */
export function createRoom({ max, limit }: RoomOptions): Room {
  const drops = new Map<Place, () => void>();
  let taken = 0;

  function makeRoom(): void {
    for (const [place, drop] of drops) {
      if (taken <= max || drops.size === 1) return;
      place.leave();
      drop();
    }
  }

  return {
    get taken() {
      return taken;
    },
    enter(drop, amount = 0) {
      let own = 0;
      const place: Place = {
        grow(more) {
          if (!drops.has(place)) return;
          own += more;
          taken += more;
          makeRoom();
        },
        leave() {
          if (!drops.delete(place)) return;
          taken -= own;
          cancel?.();
        },
      };
      const cancel = limit?.clock.schedule(limit.ms, () => {
        place.leave();
        drop();
      });
      drops.set(place, drop);
      place.grow(amount);
      return place;
    },
  };
}
