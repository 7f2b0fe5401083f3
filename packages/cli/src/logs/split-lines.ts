const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** What is longer is cut, and says so: a program that never ends its line must not fill the memory. */
const LONGEST_LINE_BYTES = 1024 * 1024;

/** Takes bytes as they come and gives whole lines. */
export interface LineSplitter {
  /** The lines that end in this piece. */
  push(chunk: Uint8Array): readonly string[];
  /** What came after the last line break; undefined when nothing did. */
  rest(): string | undefined;
}

/** Makes a {@link LineSplitter}: text is UTF-8, other bytes become `�`; `\r` before a line break goes. */
export function createLineSplitter(longestBytes = LONGEST_LINE_BYTES): LineSplitter {
  let pending: Uint8Array[] = [];
  let keptBytes = 0;
  let droppedBytes = 0;

  const keep = (bytes: Uint8Array): void => {
    const part = bytes.subarray(0, longestBytes - keptBytes);
    if (part.length > 0) pending.push(part);
    keptBytes += part.length;
    droppedBytes += bytes.length - part.length;
  };
  const take = (): string => {
    const line = Buffer.concat(pending);
    const end = line.at(-1) === CARRIAGE_RETURN ? line.length - 1 : line.length;
    const more = droppedBytes === 0 ? '' : `… (${droppedBytes} bytes more)`;
    pending = [];
    keptBytes = 0;
    droppedBytes = 0;
    return `${line.toString('utf8', 0, end)}${more}`;
  };

  return {
    push(chunk) {
      const lines: string[] = [];
      let from = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
        keep(chunk.subarray(from, end));
        lines.push(take());
        from = end + 1;
      }
      keep(chunk.subarray(from));
      return lines;
    },
    rest: () => (keptBytes + droppedBytes === 0 ? undefined : take()),
  };
}
