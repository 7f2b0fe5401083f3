import { type Clock, orAborted } from '@cartographer/machinery';
import type { Session } from '../../frame/session.ts';

/** Changes that come together are drawn together. */
const REDRAW_MS = 100;
/** Ages go on while nothing happens. */
const AGE_MS = 1_000;

const [HIDE_CURSOR, SHOW_CURSOR] = ['\u001B[?25l', '\u001B[?25h'];
/** Without wrapping, a line takes one row however narrow the terminal is. */
const [NO_WRAP, WRAP] = ['\u001B[?7l', '\u001B[?7h'];

/** Lines as they are at this moment: ages go on. */
export type Lines = () => readonly string[];

/** Begins to look; it is given what to call when what was looked at is no longer so. What it gives looks anew. */
export type Drawing = (changed: () => void) => () => Promise<Lines>;

/**
 * Draws lines in place until the signal is aborted: at once, whenever they change, and each second for the ages. What is
 * longer than the terminal is cut at its end. The terminal is left as it was. Without a terminal each screen that differs
 * is printed, with a blank line between.
 */
export async function redrawn(session: Session, signal: AbortSignal, begin: Drawing): Promise<void> {
  const { terminal, clock } = session;
  let changes = Promise.withResolvers<void>();
  const look = begin(() => changes.resolve());
  const isTerminal = terminal.columns !== undefined;
  const draw = isTerminal ? inPlace(session) : oneBelowTheOther(session);
  if (isTerminal) terminal.out(HIDE_CURSOR + NO_WRAP);
  try {
    while (!signal.aborted) {
      changes = Promise.withResolvers();
      const lines = await orAborted(look(), signal);
      draw(lines());
      // Without a terminal nobody reads how ages go on.
      const cancel = isTerminal ? eachSecond(clock, () => draw(lines())) : () => undefined;
      try {
        await orAborted(changes.promise, signal);
      } finally {
        cancel();
      }
      await clock.sleep(REDRAW_MS, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    if (isTerminal) terminal.out(WRAP + SHOW_CURSOR);
  }
}

function eachSecond(clock: Clock, task: () => void): () => void {
  const next = (): void => {
    task();
    cancel = clock.schedule(AGE_MS, next);
  };
  let cancel = clock.schedule(AGE_MS, next);
  return () => cancel();
}

function inPlace({ terminal }: Session): (lines: readonly string[]) => void {
  let drawn = 0;
  return (all) => {
    const room = Math.max(1, (terminal.rows ?? 24) - 1);
    const lines = all.length > room ? [...all.slice(0, room - 1), `… ${all.length - room + 1} more lines`] : all;
    const up = drawn > 0 ? `\u001B[${drawn}A` : '';
    terminal.out(`${up}${lines.map((line) => `\u001B[2K${line}\n`).join('')}\u001B[J`);
    drawn = lines.length;
  };
}

function oneBelowTheOther({ print }: Session): (lines: readonly string[]) => void {
  let last: string | undefined;
  return (lines) => {
    const text = lines.join('\n');
    if (text === last) return;
    print(last === undefined ? lines : ['', ...lines]);
    last = text;
  };
}
