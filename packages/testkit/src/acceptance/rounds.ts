import type { AcceptanceCase } from './acceptance-case.ts';
import type { AcceptanceTarget } from './run-case.ts';
import { runCase } from './run-case.ts';

/** How a case ended: undefined when all held. */
export type Outcomes = ReadonlyMap<string, Error | undefined>;

/**
 * Runs cases side by side, at most `lanes` at a time. Those that wait for quiet wait together: quiet means the whole
 * cluster, so time moves on once all of them have done what they had to do.
 */
export async function runCases(
  cases: readonly AcceptanceCase[],
  target: AcceptanceTarget,
  { lanes, signal }: { readonly lanes: number; readonly signal: AbortSignal },
): Promise<Outcomes> {
  const outcomes = new Map<string, Error | undefined>();
  const rest = [...cases];
  const { waiting } = target;
  const meeting = waiting.kind === 'quiet' ? new Meeting(waiting.settled) : undefined;
  const own: AcceptanceTarget =
    meeting === undefined ? target : { ...target, waiting: { kind: 'quiet', settled: () => meeting.settled() } };
  const lane = async (): Promise<void> => {
    for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
      const { name } = next;
      outcomes.set(name, await runCase(next, own, signal).then(nothing, asError));
    }
    meeting?.leave();
  };
  const all = Array.from({ length: Math.min(lanes, cases.length) }, () => lane);
  meeting?.join(all.length);
  await Promise.all(all.map((run) => run()));
  return outcomes;
}

function nothing(): undefined {}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** Where lanes wait for each other, and then for quiet. */
class Meeting {
  #members = 0;
  #waiting: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = [];
  readonly #untilQuiet: () => Promise<void>;

  constructor(untilQuiet: () => Promise<void>) {
    this.#untilQuiet = untilQuiet;
  }

  join(members: number): void {
    this.#members += members;
  }

  leave(): void {
    this.#members -= 1;
    this.#meet();
  }

  settled(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#meet();
    });
  }

  #meet(): void {
    if (this.#waiting.length === 0 || this.#waiting.length < this.#members) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    void this.#untilQuiet().then(
      () => waiting.forEach(({ resolve }) => resolve()),
      (error: unknown) => waiting.forEach(({ reject }) => reject(error)),
    );
  }
}
