import type { Place } from './words.ts';

/** A failure with the target that it happened at, for the words about it; never shown itself. */
export class PlacedError extends Error {
  readonly place: Place;
  override readonly cause: unknown;

  constructor(cause: unknown, place: Place) {
    super('a command failed', { cause });
    this.cause = cause;
    this.place = place;
  }
}
