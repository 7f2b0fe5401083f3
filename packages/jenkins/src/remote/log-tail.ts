import { StringDecoder } from 'node:string_decoder';

/** No line of a log is kept longer. */
const MOST_LINE = 500;

/** The last lines of a text, each cut; line ends of all systems, and colours of terminals taken away. */
export function lastLines(text: string, count: number): readonly string[] {
  if (count === 0) return [];
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === '') lines.pop();
  return lines.slice(-count).map((line) => {
    const plain = line.replaceAll(ESCAPES, '').replaceAll(/[\p{Cc}]/gu, ' ');
    return (plain.length > MOST_LINE ? `${plain.slice(0, MOST_LINE)}…` : plain).toWellFormed();
  });
}

/** What terminals take for colours, and what Jenkins hides in its logs for its own pages. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const ESCAPES = /\u001B\[8mha:[^\u001B]*\u001B\[0m|\u001B\[[0-9;]*[A-Za-z]/g;

/** Text of a piece of bytes that may begin in the middle of a character. */
export function textOfPiece(bytes: Buffer): string {
  return new StringDecoder('utf8').write(bytes);
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', '#39': "'" };

/** The text of a log that is marked up for a page. */
export function textOfMarkup(markup: string): string {
  return markup
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/&(lt|gt|amp|quot|#39);/g, (whole, name: string) => ENTITIES[name] ?? whole);
}
