import type { Style } from './style.ts';
import { cut, plainLine, widthOf, wrap } from './text.ts';

/** One cell: a text, which is made safe and cut where it must be, and how it looks. */
export type Cell = string | { readonly text: string; readonly paint: (text: string) => string };

/** A table. */
export type Table = { readonly head: readonly string[]; readonly rows: readonly (readonly Cell[])[] };

/** Between two columns of a table. */
export const GAP = '   ';
/** A last column narrower than this says nothing any more: then lines are longer than the terminal. */
const LEAST_LAST = 8;

/** Columns that each column of a table takes, and no less than `least`: what keeps the next page of rows in line. */
export function columnWidths({ head, rows }: Table, least: readonly number[] = []): readonly number[] {
  const texts = [head, ...rows].map((row) => row.map((cell) => plainLine(textOf(cell))));
  return head.map((_, column) => Math.max(least[column] ?? 0, ...texts.map((row) => widthOf(row[column] ?? ''))));
}

/**
 * The lines of a table, columns as wide as their longest cell, and no less than `least`. Where `columns` is given, the last
 * column is cut so that no line is longer; without, as for a pipe, nothing is cut.
 */
export function tableLines(
  table: Table,
  style: Style,
  columns?: number,
  least: readonly number[] = [],
): readonly string[] {
  const { head, rows } = table;
  const painted = [head.map((text): Cell => ({ text, paint: style.bold })), ...rows];
  const texts = painted.map((row) => row.map((cell) => plainLine(textOf(cell))));
  const widths = columnWidths(table, least);
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

/**
 * Lines `name:  value`, values aligned; where `columns` is given, long values go on in the next line, and where names leave
 * too little room, values stand below them.
 */
export function keyValueLines(
  pairs: readonly (readonly [key: string, value: Cell])[],
  columns?: number,
): readonly string[] {
  const width = Math.max(0, ...pairs.map(([key]) => widthOf(key))) + 1;
  const room = columns === undefined ? Number.POSITIVE_INFINITY : columns - width - 2;
  if (columns !== undefined && room < LEAST_LAST) return pairs.flatMap((pair) => belowLines(pair, columns));
  return pairs.flatMap(([key, value]) => {
    const text = plainLine(textOf(value));
    const lines = room === Number.POSITIVE_INFINITY ? [text] : wrap(text, room);
    return lines.map((line, index) => {
      const label = (index === 0 ? `${key}:` : '').padEnd(width);
      return `${label}  ${paintOf(value)(line)}`.trimEnd();
    });
  });
}

function belowLines([key, value]: readonly [key: string, value: Cell], columns: number): readonly string[] {
  const lines = wrap(plainLine(textOf(value)), Math.max(1, columns - 2));
  return [`${key}:`, ...lines.map((line) => `  ${paintOf(value)(line)}`)];
}
