import type { ServerResponse } from 'node:http';

import { type Room, stringifyJson, type WatchEvent, type WireResponse } from '@cartographer/machinery';

/** Bytes of documents (discovery, OpenAPI) that are answered again and again: recognised by their ETag. */
const documents = new WeakMap<object, Buffer>();

/** An answer's body as it goes out: text where it can be, which Node joins with the headers into one packet. */
export function serialize(answer: WireResponse, pretty: boolean): Uint8Array | string {
  const { body } = answer;
  if (body instanceof Uint8Array) return body;
  const keep = answer.headers['etag'] !== undefined && typeof body === 'object' && body !== null && !pretty;
  const known = keep ? documents.get(body) : undefined;
  if (known !== undefined) return known;
  const text = `${stringifyJson(body ?? null, pretty ? 2 : undefined)}\n`;
  if (keep) documents.set(body, Buffer.from(text));
  return text;
}

/** Lines of events that several watchers get: each is made once. */
const lines = new WeakMap<WatchEvent, string>();
let watchers = 0;

function lineOf(event: WatchEvent): string {
  const known = lines.get(event);
  if (known !== undefined) return known;
  const line = `${stringifyJson(event)}\n`;
  if (watchers > 1) lines.set(event, line);
  return line;
}

/**
 * Streams a watch: headers go out at once (kubectl waits for them, even past its timeout), then one line an
 * event. When the client does not keep up, the source is not asked for more, and its own limit ends the watch.
 */
export async function streamEvents(
  response: ServerResponse,
  answer: WireResponse,
  events: AsyncIterable<WatchEvent>,
  answers: Room,
): Promise<void> {
  response.writeHead(answer.status, { ...answer.headers, 'cache-control': 'no-cache, private' });
  response.flushHeaders();
  watchers += 1;
  let corked = false;
  const uncork = (): void => {
    if (!corked) return;
    corked = false;
    response.uncork();
  };
  try {
    for await (const event of events) {
      if (response.destroyed) return;
      if (!corked) {
        corked = true;
        response.cork();
        setImmediate(uncork);
      }
      if (!response.write(lineOf(event))) await drained(response);
    }
  } finally {
    watchers -= 1;
    uncork(); // Node loses what is written between cork and end
    if (!response.destroyed) {
      response.end();
      awaitReader(answers, response, response.writableLength);
    }
  }
}

/** An answer that has ended takes up room until it is taken: who does not read in time, or while others wait, is cut off. */
export function awaitReader(answers: Room, response: ServerResponse, bytes: number): void {
  const place = answers.enter(() => response.destroy(), bytes);
  response.once('close', () => place.leave());
}

function drained(response: ServerResponse): Promise<void> {
  if (response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.once('drain', done);
    response.once('close', done);
  });
}
