import type { Clock } from '@cartographer/machinery';
import { ageText } from '../screen/ages.ts';
import { changeLines, type Flow, noteText, viewLines } from './live-view.ts';
import type { Flows } from './watch-flows.ts';

/** Where the live view is drawn. */
export type Terminal = {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

const REDRAW_MS = 100;
const AGE_MS = 1_000;

/** Shows what flows until the returned function is called: redrawn in place on a terminal, line by line elsewhere. */
export function showFlows(flows: Flows, terminal: Terminal, clock: Clock): () => void {
  return terminal.isTTY === true ? draw(flows, terminal, clock) : tell(flows, terminal, clock);
}

function draw(flows: Flows, terminal: Terminal, clock: Clock): () => void {
  let drawn = 0;
  let cancel: (() => void) | undefined;
  let stopped = false;

  function redraw(): void {
    cancel = undefined;
    if (stopped) return;
    const view = { flows: flows.all(), urls: flows.urls(), notes: flows.notes(), nowMs: clock.now() };
    const room = Math.max(1, (terminal.rows ?? 24) - 1);
    const all = viewLines(view, terminal.columns ?? 80);
    const lines = all.length > room ? [...all.slice(0, room - 1), `… ${all.length - room + 1} more lines`] : all;
    const up = drawn > 0 ? `\u001B[${drawn}A` : '';
    terminal.write(`${up}${lines.map((line) => `\u001B[2K${line}\n`).join('')}\u001B[J`);
    drawn = lines.length;
    cancel = clock.schedule(AGE_MS, redraw);
  }
  redraw();
  flows.onChange(() => {
    cancel?.();
    cancel = clock.schedule(REDRAW_MS, redraw);
  });
  return () => {
    stopped = true;
    cancel?.();
  };
}

function tell(flows: Flows, terminal: Terminal, clock: Clock): () => void {
  const known = new Map<string, Flow>();
  const urls = new Map<string, string>();
  let notes: ReadonlyMap<string, string> = new Map();
  const startedMs = clock.now();
  let stopped = false;
  const line = (text: string): unknown => terminal.write(`[${ageText(clock.now() - startedMs)}] ${text}\n`);

  flows.onChange(() => {
    if (stopped) return;
    for (const flow of flows.all()) {
      changeLines(known.get(flow.key), flow).forEach(line);
      known.set(flow.key, flow);
    }
    for (const [key, url] of flows.urls()) {
      if (urls.get(key) !== url) line(`${key} serves at ${url}`);
      urls.set(key, url);
    }
    const now = flows.notes();
    for (const [name, note] of now) if (notes.get(name) !== note) line(noteText(name, note));
    for (const name of notes.keys()) if (!now.has(name)) line(noteText(name, 'read again'));
    notes = now;
  });
  return () => {
    stopped = true;
  };
}
