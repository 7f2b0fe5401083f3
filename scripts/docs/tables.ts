/** Tables of a page by their names. */
export type Tables = ReadonlyMap<string, string>;

/** What stands in a cell where there is nothing to say. */
export const NOTHING = '–';

/** A table in Markdown. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`.replaceAll('|  |', '| |');
  return [line(heads), `|${'---|'.repeat(heads.length)}`, ...rows.map(line)].join('\n');
}

/** A word as code. */
export function code(word: string): string {
  return `\`${word}\``;
}
