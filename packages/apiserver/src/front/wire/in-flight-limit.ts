import type { StatusError } from '../../status-error.ts';
import { tooManyRequests } from './wire-errors.ts';

/** A cap on what is carried out at the same time. */
export interface InFlightLimit {
  /** Takes a place and returns the function that gives it back; undefined when none is free. */
  enter(): (() => void) | undefined;
  /** What those get who find no place: 429 with a time to come again. */
  readonly refusal: StatusError;
}

/** Creates a cap of `max` places. */
export function createInFlightLimit(max: number): InFlightLimit {
  let taken = 0;
  const leave = (): void => {
    taken -= 1;
  };
  return {
    get refusal() {
      return tooManyRequests();
    },
    enter() {
      if (taken >= max) return undefined;
      taken += 1;
      return leave;
    },
  };
}
