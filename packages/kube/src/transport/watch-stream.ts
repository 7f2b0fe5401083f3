import type { WatchEvent } from '@cartographer/machinery';
import { parseJson } from '@cartographer/machinery';
import { TransportError } from './api-error.ts';

const NEWLINE = 0x0a;
const EXCERPT_CHARS = 80;

/** What a watch stream needs from its source. */
export type WatchStreamOptions = {
  /** Longest line accepted; a longer one breaks the stream. */
  readonly maxLineBytes: number;
  /** Gives up the source: closes the connection. */
  readonly close: () => void;
  /** Once aborted, the stream ends quietly. */
  readonly signal: AbortSignal | undefined;
  /** Turns an error of the source into one that names the server. */
  readonly wrap: (error: unknown) => unknown;
};

/**
 * Splits a byte stream into watch events, one JSON document a line. Written by hand rather than as a chain of
 * generators because each layer costs a promise per event; so nearly all of the time is JSON.parse.
 */
export function watchEvents(
  chunks: AsyncIterable<Uint8Array>,
  options: WatchStreamOptions,
): AsyncIterable<WatchEvent> & AsyncIterator<WatchEvent> {
  const source = chunks[Symbol.asyncIterator]();
  let chunk: Buffer = Buffer.alloc(0);
  let offset = 0;
  let finished = false;
  const pending: Buffer[] = [];
  let pendingBytes = 0;

  const aborted = (): boolean => options.signal?.aborted === true;

  const admit = (bytes: number): void => {
    if (bytes <= options.maxLineBytes) return;
    throw new TransportError('CARTO_ANSWER_TOO_LARGE', `a watch event is longer than ${options.maxLineBytes} bytes`);
  };

  const keep = (rest: Buffer): void => {
    if (rest.length === 0) return;
    pendingBytes += rest.length;
    admit(pendingBytes);
    pending.push(rest);
  };

  /** The next complete line of what has been read, or undefined when more bytes are needed. */
  const nextLine = (): string | undefined => {
    while (offset < chunk.length) {
      const end = chunk.indexOf(NEWLINE, offset);
      if (end < 0) break;
      admit(pendingBytes + end - offset);
      const line = joined(pending, chunk, offset, end);
      pending.length = 0;
      pendingBytes = 0;
      offset = end + 1;
      if (line !== '' && line !== '\r') return line;
    }
    keep(chunk.subarray(offset));
    offset = chunk.length;
    return undefined;
  };

  const stop = (): IteratorReturnResult<undefined> => {
    if (!finished) {
      finished = true;
      options.close();
    }
    return { done: true, value: undefined };
  };

  const read = async (): Promise<IteratorResult<WatchEvent, undefined>> => {
    for (;;) {
      const line = nextLine();
      if (line !== undefined) return { done: false, value: parseEvent(line) };
      const read = await source.next();
      if (read.done) {
        const rest = joined(pending, chunk, chunk.length, chunk.length);
        pending.length = 0;
        if (rest.trim() === '') return stop();
        finished = true; // The connection is gone; a line that was only robbed of its newline still parses.
        return { done: false, value: parseEvent(rest) };
      }
      chunk = Buffer.isBuffer(read.value) ? read.value : Buffer.from(read.value);
      offset = 0;
    }
  };

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      if (finished || aborted()) return stop();
      try {
        return await read();
      } catch (error) {
        stop();
        if (aborted()) return { done: true, value: undefined };
        throw options.wrap(error);
      }
    },
    return() {
      return Promise.resolve(stop());
    },
  };
}

function joined(pending: readonly Buffer[], chunk: Buffer, start: number, end: number): string {
  if (pending.length === 0) return chunk.toString('utf8', start, end);
  return Buffer.concat([...pending, chunk.subarray(start, end)]).toString('utf8');
}

function parseEvent(line: string): WatchEvent {
  try {
    const event = parseJson(line) as WatchEvent | null;
    if (typeof event === 'object' && event !== null && typeof event.type === 'string' && event.object !== undefined) {
      return event;
    }
  } catch (error) {
    throw malformed(line, error);
  }
  throw malformed(line, undefined);
}

function malformed(line: string, cause: unknown): TransportError {
  const excerpt = line.length > EXCERPT_CHARS ? `${line.length} characters` : 'a short line';
  return new TransportError('CARTO_ANSWER_MALFORMED', `the watch sent ${excerpt} that is not an event`, cause);
}
