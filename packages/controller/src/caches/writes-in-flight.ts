import type { KubeObject } from '@cartographer/machinery';

/** Told once it is known whether an event is the echo of an own write. */
type Tell = (isEcho: boolean) => void;
type Held = { readonly resourceVersion: string | undefined; readonly tell: Tell };
type Flight = { writers: number; held: Held[] };

/** An object that changes faster than this while we write it is no longer waited for. */
const MAX_HELD = 16;

/**
 * Events of objects that are being written right now. A watch may tell of a write before the write's own answer
 * arrives; only the answer says whether an event is nothing but the write's echo, so it is held back until then.
 */
export class WritesInFlight {
  readonly #flights = new Map<string, Flight>();

  begin(key: string): void {
    const flight = this.#flights.get(key) ?? { writers: 0, held: [] };
    flight.writers += 1;
    this.#flights.set(key, flight);
  }

  /** Keeps what an event tells until the write is answered; false when the object is not being written. */
  hold(key: string, { metadata: { resourceVersion } }: KubeObject, tell: Tell): boolean {
    const flight = this.#flights.get(key);
    if (flight === undefined || flight.held.length >= MAX_HELD) return false;
    flight.held.push({ resourceVersion, tell });
    return true;
  }

  /** The write was answered with this object, or with none. */
  end(key: string, answer: KubeObject | undefined): void {
    const flight = this.#flights.get(key);
    if (flight === undefined) return;
    flight.writers -= 1;
    const isEcho = ({ resourceVersion }: Held): boolean =>
      answer !== undefined && resourceVersion === answer.metadata.resourceVersion;
    const { held, writers } = flight;
    flight.held = held.filter((event) => !isEcho(event));
    if (writers === 0) this.#flights.delete(key);
    for (const event of held) if (writers === 0 || isEcho(event)) event.tell(isEcho(event));
  }
}
