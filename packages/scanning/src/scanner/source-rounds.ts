type Pause = { readonly fromMs: number; readonly untilMs: number; readonly generation: number };

/**
 * When each source was asked for all that it has, and until when it does not want to be asked; times in milliseconds since
 * 1970. Times that are still to come say that the clock was set back: nothing is waited for then.
 */
export class SourceRounds {
  readonly #asked = new Map<string, { readonly atMs: number; readonly generation: number }>();
  readonly #pauses = new Map<string, Pause>();

  /** It has answered for everything. */
  asked(name: string, generation: number, atMs: number): void {
    this.#asked.set(name, { atMs, generation });
    this.#pauses.delete(name);
  }

  /** It does not want to be asked between these times. */
  paused(name: string, generation: number, { fromMs, untilMs }: Omit<Pause, 'generation'>): void {
    this.#pauses.set(name, { fromMs, untilMs, generation });
  }

  forget(name: string): void {
    this.#asked.delete(name);
    this.#pauses.delete(name);
  }

  /** How long until it is due to be asked for everything again: 0 now, and after an edit of its object. */
  dueInMs(name: string, generation: number, intervalMs: number, nowMs: number): number {
    const last = this.#asked.get(name);
    const isKnown = last?.generation === generation && last.atMs <= nowMs;
    return isKnown ? Math.max(0, last.atMs + intervalMs - nowMs) : 0;
  }

  /** How long it is still to be left alone; an edit of its object may have helped. */
  pauseMs(name: string, generation: number, nowMs: number): number {
    const pause = this.#pauses.get(name);
    const isKnown = pause?.generation === generation && pause.fromMs <= nowMs;
    return isKnown ? Math.max(0, pause.untilMs - nowMs) : 0;
  }
}
