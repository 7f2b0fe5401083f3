import type { Cell } from '../screen/table.ts';
import { plainLine, widthOf, wrap } from '../screen/text.ts';

/** One line of a block: what it is about, and what there is to say; several lines may be about the same. */
export type Row = readonly [about: string, text: Cell];

/** A column in which texts are narrower than this is given up. */
const LEAST = 8;

/**
 * Rows below each other, texts aligned, `indent` columns in. Where `columns` is given, a long text goes on in the next
 * line, at its place. What rows are about is named once where it repeats.
 */
export function blockLines(rows: readonly Row[], indent: number, columns: number | undefined): readonly string[] {
  const margin = ' '.repeat(indent);
  const width = Math.max(0, ...rows.map(([about]) => widthOf(about))) + 2;
  const room = columns === undefined ? undefined : Math.max(LEAST, columns - indent - width);
  let last = '';
  return rows.flatMap(([about, cell]) => {
    const label = about === last ? '' : about;
    last = about;
    const { text, paint } = typeof cell === 'string' ? { text: cell, paint: (of: string) => of } : cell;
    const line = plainLine(text);
    const lines = room === undefined ? [line] : wrap(line, room);
    return lines.map((part, i) => `${margin}${(i === 0 ? label : '').padEnd(width)}${paint(part)}`.trimEnd());
  });
}
