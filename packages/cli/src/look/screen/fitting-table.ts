import type { Style } from '../../screen/style.ts';
import { type Cell, keyValueLines, type Table, tableLines } from '../../screen/table.ts';
import { widthOf } from '../../screen/text.ts';

/** A table where it fits; on a narrow terminal each row below the other, with the names of the columns. */
export function fittingTable(table: Table, style: Style, columns: number | undefined): readonly string[] {
  const lines = tableLines(table, style, columns);
  if (columns === undefined || lines.every((line) => widthOf(line) <= columns)) return lines;
  const { head, rows } = table;
  return rows.flatMap(([first, ...others]) => {
    const pairs = others.map((cell, index) => [(head[index + 1] ?? '').toLowerCase(), cell] as const);
    const shown = pairs.filter(([, cell]) => textOf(cell) !== '');
    const title = keyValueLines([[(head[0] ?? '').toLowerCase(), first ?? '']], columns);
    return [...title, ...keyValueLines(shown, columns - INDENT).map((line) => `${' '.repeat(INDENT)}${line}`)];
  });
}

const INDENT = 2;

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}
