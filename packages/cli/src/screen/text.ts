import stringWidth from 'string-width';

/** Control characters, and what turns the direction of writing: a name could redraw the terminal. */
const UNSAFE = /[\p{Cc}\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

/** A text of a cluster or a file, safe on a terminal: escapes and other control characters are spelt out. */
export function plain(text: string): string {
  return text.replace(UNSAFE, (character) => {
    if (character === '\n') return character;
    if (character === '\t') return ' ';
    const code = character.charCodeAt(0);
    return code > 0xff ? `\\u${code.toString(16)}` : `\\x${code.toString(16).padStart(2, '0')}`;
  });
}

/** {@link plain}, in one line. */
export function plainLine(text: string): string {
  return plain(text.trim().replace(/\s*\n\s*/g, ' '));
}

/** Columns that a text takes on a terminal: wide characters take two, colours none. */
export function widthOf(text: string): number {
  return stringWidth(text);
}

/** A text without colours, cut so that it takes no more than `columns`; what is missing is shown as `…`. */
export function cut(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    width += widthOf(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return columns < 1 ? '' : `${kept}…`;
}

/** A text without colours in lines of no more than `columns`, broken between words; longer words are broken too. */
export function wrap(text: string, columns: number): readonly string[] {
  const room = Math.max(1, columns);
  return text.split('\n').flatMap((line) => wrapLine(line, room));
}

/** A terminal narrower than this is left to break lines by itself. */
const LEAST_ROOM = 20;

/** A text without colours in lines for what stands `indent` from the margin; all but the first bring that room with them. */
export function hanging(text: string, indent: number, columns: number | undefined): readonly string[] {
  const lines = columns === undefined ? [text] : wrap(text, Math.max(LEAST_ROOM, columns - indent));
  return lines.map((line, index) => (index === 0 ? line : `${' '.repeat(indent)}${line}`));
}

function wrapLine(line: string, room: number): readonly string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(' ')) {
    const longer = current === '' ? word : `${current} ${word}`;
    if (widthOf(longer) <= room) current = longer;
    else {
      if (current !== '') lines.push(current);
      const pieces = broken(word, room);
      lines.push(...pieces.slice(0, -1));
      current = pieces.at(-1) ?? '';
    }
  }
  return [...lines, current];
}

function broken(word: string, room: number): readonly string[] {
  if (widthOf(word) <= room) return [word];
  const pieces: string[] = [];
  let piece = '';
  for (const { segment } of new Intl.Segmenter().segment(word)) {
    if (piece !== '' && widthOf(piece + segment) > room) {
      pieces.push(piece);
      piece = '';
    }
    piece += segment;
  }
  return [...pieces, piece];
}
