import type { Style } from './style.ts';
import { cut, plainLine, widthOf, wrap } from './text.ts';

/** One cell: a text, which is made safe and cut where it must be, and how it looks. */
export type Cell = string | { readonly text: string; readonly paint: (text: string) => string };

/** A table. */
export type Table = { readonly head: readonly string[]; readonly rows: readonly (readonly Cell[])[] };

const GAP = '   ';
/** A last column narrower than this says nothing any more: then lines are longer than the terminal. */
const LEAST_LAST = 8;

/**
 * The lines of a table, columns as wide as their longest cell. Where `columns` is given, the last column is cut so that no
 * line is longer; without, as for a pipe, nothing is cut.
 */
export function tableLines({ head, rows }: Table, style: Style, columns?: number): readonly string[] {
  const painted = [head.map((text): Cell => ({ text, paint: style.bold })), ...rows];
  const texts = painted.map((row) => row.map((cell) => plainLine(textOf(cell))));
  const widths = head.map((_, column) => Math.max(...texts.map((row) => widthOf(row[column] ?? ''))));
  const before = widths.slice(0, -1).reduce((total, width) => total + width + GAP.length, 0);
  const lastRoom = columns === undefined ? Number.POSITIVE_INFINITY : Math.max(LEAST_LAST, columns - before);
  return texts.map((row, index) => {
    const cells = row.map((text, column) => {
      const isLast = column === row.length - 1;
      const shown = isLast ? cut(text, lastRoom) : text;
      const pad = isLast ? '' : ' '.repeat(Math.max(0, (widths[column] ?? 0) - widthOf(shown)));
      return `${paintOf(painted[index]?.[column])(shown)}${pad}`;
    });
    return cells.join(GAP).trimEnd();
  });
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}

function paintOf(cell: Cell | undefined): (text: string) => string {
  return cell === undefined || typeof cell === 'string' ? (text) => text : cell.paint;
}

/** Lines `name:  value`, values aligned; where `columns` is given, long values go on in the next line. */
export function keyValueLines(
  pairs: readonly (readonly [key: string, value: Cell])[],
  columns?: number,
): readonly string[] {
  const width = Math.max(0, ...pairs.map(([key]) => widthOf(key))) + 1;
  return pairs.flatMap(([key, value]) => {
    const room = columns === undefined ? Number.POSITIVE_INFINITY : Math.max(LEAST_LAST, columns - width - 2);
    const text = plainLine(textOf(value));
    const lines = room === Number.POSITIVE_INFINITY ? [text] : wrap(text, room);
    return lines.map((line, index) => {
      const label = (index === 0 ? `${key}:` : '').padEnd(width);
      return `${label}  ${paintOf(value)(line)}`.trimEnd();
    });
  });
}
