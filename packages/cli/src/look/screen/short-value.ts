import { cut, plainLine } from '../../screen/text.ts';

const MOST_COLUMNS = 60;

/** An output in one line, its digests cut short, for tables and progress; `get -o` has the whole. */
export function shortValue(preview: string, columns: number = MOST_COLUMNS): string {
  return cut(shortDigests(plainLine(preview)), columns);
}

/** `sha256:` with the first twelve digits of each digest. */
export function shortDigests(text: string): string {
  return text.replace(/(sha\d+:[0-9a-f]{12})[0-9a-f]+/g, '$1');
}
