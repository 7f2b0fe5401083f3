/** A kubelet takes the start of a log by the second, and two streams of a container may be written a little out of order. */
const WINDOW_SECONDS = 1;
/** Of a container that writes more lines than this in {@link WINDOW_SECONDS}, some may be shown twice after a cut. */
const MOST_MOMENTS = 200_000;

/** Remembers which lines of a log were shown, so that a stream which was cut goes on where it was. */
export interface SeenLines {
  /** Whether a line is new; from then on it is not. A time that cannot be read is always new. */
  take(time: string): boolean;
  /** The stream begins again: lines that were shown come once more. Gives from when on it has to be asked for. */
  again(): string | undefined;
}

/**
 * Makes a {@link SeenLines}; of a `limited` log only the last lines are wanted, so none from before the first. A log is asked for again from a whole second on, so the lines since then are counted by their
 * time: a log keeps its order, so as many lines of a time as were seen are the same lines.
 */
export function createSeenLines({ limited }: { readonly limited: boolean }): SeenLines {
  const counts = new Map<string, number>();
  let replayed = new Map<string, number>();
  /** Lines before it were left out on purpose, or were forgotten for their number. */
  let floor = '';
  let newest = '';

  const forgetBefore = (start: string): void => {
    for (const moment of counts.keys()) {
      const isSurplus = counts.size > MOST_MOMENTS;
      if (moment >= start && !isSurplus) return;
      counts.delete(moment);
      if (isSurplus && moment > floor) floor = moment;
    }
  };
  const record = (moment: string): void => {
    counts.set(moment, (counts.get(moment) ?? 0) + 1);
    if (limited && floor === '') floor = moment;
    if (moment <= newest) return;
    const isNextSecond = moment.slice(0, SECOND_DIGITS) !== newest.slice(0, SECOND_DIGITS);
    newest = moment;
    if (isNextSecond || counts.size > MOST_MOMENTS) forgetBefore(windowStart(newest));
  };

  return {
    take(time) {
      const moment = momentOf(time);
      if (moment === undefined) return true;
      const left = replayed.get(moment) ?? 0;
      if (left > 0) {
        replayed.set(moment, left - 1);
        return false;
      }
      if (replayed.size > 0 && moment < floor) return false;
      record(moment);
      return true;
    },
    again() {
      if (newest === '') return undefined;
      replayed = new Map(counts);
      return new Date(Number(windowStart(newest)) * 1000).toISOString().replace(/\.\d+Z/, 'Z');
    },
  };
}

const SECOND_DIGITS = 12;
const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

/** A time in RFC 3339 as a text that sorts by time: seconds since 1970 and nanoseconds. */
function momentOf(time: string): string | undefined {
  const [, clock = '', fraction = '', zone = ''] = TIME.exec(time) ?? [];
  const ms = Date.parse(`${clock}${zone}`);
  if (Number.isNaN(ms)) return undefined;
  return `${String(ms / 1000).padStart(SECOND_DIGITS, '0')}.${fraction.padEnd(9, '0')}`;
}

function windowStart(moment: string): string {
  return String(Number(moment.slice(0, SECOND_DIGITS)) - WINDOW_SECONDS).padStart(SECOND_DIGITS, '0');
}
