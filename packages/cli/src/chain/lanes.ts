import type { Way } from './graph.ts';

/** A line of a drawing: a step with the rails beside it, or rails alone. */
export type LaneLine = { readonly rails: string; readonly step: string | undefined };

/** A rail that leads to a step, or room that is free. */
type Lane = string | undefined;

/**
 * Draws steps one below the other with a rail for each way between them, as `git log --graph` draws commits: a step that
 * several read from forks into rails, one that reads from several joins them.
 */
export function drawLanes(
  order: readonly string[],
  ways: readonly Way[],
  signOf: (step: string) => string,
): readonly LaneLine[] {
  const lines: LaneLine[] = [];
  const lanes: Lane[] = [];
  let ended = -1;
  for (const step of order) {
    const incoming = lanes.flatMap((to, index) => (to === step ? [index] : []));
    const at = incoming[0] ?? freeLane(lanes);
    if (incoming.length > 1) lines.push({ rails: bend(lanes, at, incoming.slice(1), '┘'), step: undefined });
    for (const index of incoming) lanes[index] = undefined;
    // What begins right below an end would look as if it went on from there.
    if (incoming.length === 0 && ended === at) lines.push({ rails: row(lanes, -1, ''), step: undefined });
    lines.push({ rails: row(lanes, at, signOf(step)), step });
    const readers = ways.filter(({ from }) => from === step).map(({ to }) => to);
    const forks: number[] = [];
    for (const [index, reader] of readers.entries()) {
      if (index === 0) lanes[at] = reader;
      else {
        const lane = freeLane(lanes, at);
        lanes[lane] = reader;
        forks.push(lane);
      }
    }
    if (forks.length > 0) lines.push({ rails: bend(lanes, at, forks, '┐'), step: undefined });
    ended = readers.length === 0 ? at : -1;
    while (lanes.length > 0 && lanes.at(-1) === undefined) lanes.pop();
  }
  return lines;
}

function freeLane(lanes: readonly Lane[], after = -1): number {
  const free = lanes.findIndex((lane, index) => index > after && lane === undefined);
  return free < 0 ? Math.max(lanes.length, after + 1) : free;
}

function row(lanes: readonly Lane[], at: number, sign: string): string {
  const width = Math.max(lanes.length, at + 1);
  const cells = Array.from({ length: width }, (_, index) =>
    index === at ? sign : lanes[index] === undefined ? ' ' : '│',
  );
  return cells.join(' ').trimEnd();
}

/** The line on which rails leave a lane to the right, or come to it; a rail between goes on under it. */
function bend(lanes: readonly Lane[], at: number, others: readonly number[], corner: '┐' | '┘'): string {
  const last = Math.max(...others);
  const middle = corner === '┐' ? '┬' : '┴';
  const cells = Array.from({ length: Math.max(lanes.length, last + 1) }, (_, index) => {
    const isRail = lanes[index] !== undefined;
    if (index < at || index > last) return isRail ? '│ ' : '  ';
    if (index === at) return '├─';
    if (index === last) return `${corner} `;
    if (others.includes(index)) return `${middle}─`;
    return isRail ? '┼─' : '──';
  });
  return cells.join('').trimEnd();
}
