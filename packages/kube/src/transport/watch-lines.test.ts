import type { WatchEvent } from '@cartographer/machinery';
import { stepsOf } from '@cartographer/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { watchEvents } from './watch-stream.ts';

const MAX_LINE_BYTES = 200;
const line = (n: unknown): string => JSON.stringify({ type: 'ADDED', object: { n } });

/** A stream over these chunks; an error among them breaks the source there. */
function setUp(chunks: readonly (string | Uint8Array | Error)[], signal?: AbortSignal) {
  let closed = 0;
  let read = 0;
  async function* source(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) {
      read += 1;
      if (chunk instanceof Error) throw chunk;
      yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    }
  }
  const events = watchEvents(source(), {
    maxLineBytes: MAX_LINE_BYTES,
    close: () => (closed += 1),
    signal,
    wrap: (error) => new Error(`wrapped: ${(error as Error).message}`, { cause: error }),
  });
  /** What comes until the end: the number in each event, and the text or code of the error that ends them. */
  const all = async (): Promise<unknown[]> => {
    const seen: unknown[] = [];
    try {
      for await (const { object } of events) seen.push((object as { readonly n?: unknown }).n);
    } catch (error) {
      const { message, cause } = error as Error & { cause?: { code?: string } };
      seen.push(cause?.code ?? message);
    }
    return seen;
  };
  return { events, all, closed: () => closed, read: () => read };
}

describe('a stream of watch events', () => {
  it('gives the same events however its bytes are cut', async () => {
    const numbers = fc.array(fc.oneof(fc.integer(), fc.string({ unit: 'grapheme', maxLength: 5 })), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(numbers, stepsOf(fc.nat(60), { max: 30 }), fc.boolean(), async (each, cuts, isWhole) => {
        const text = Buffer.from(each.map((n) => `${line(n)}\n`).join(''));
        const bytes = isWhole ? text : text.subarray(0, Math.max(0, text.length - 1));
        const chunks: Uint8Array[] = [];
        let from = 0;
        for (const size of cuts) {
          chunks.push(bytes.subarray(from, from + size));
          from += size;
        }
        if (from < bytes.length) chunks.push(new Uint8Array(bytes.subarray(from)));
        expect(await setUp(chunks).all()).toEqual(each);
      }),
    );
  });

  it.each([
    ['nothing', []],
    ['an empty line', ['\n']],
    ['several', ['\n\r\n', '\n']],
    ['a blank rest', ['  ']],
  ])('takes %s for no event', async (_what, chunks) => {
    const { all, closed } = setUp([...chunks]);
    expect([await all(), closed()]).toEqual([[], 1]);
  });

  it('reads lines that end as on Windows', async () => {
    expect(await setUp([`${line(1)}\r\n${line(2)}\r\n`]).all()).toEqual([1, 2]);
  });

  it.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['a text', '"ADDED"'],
    ['no type', '{"object":{}}'],
    ['a type that is no text', '{"type":1,"object":{}}'],
    ['no object', '{"type":"ADDED"}'],
  ])('fails at a line that is %s, after what came before it', async (_what, bad) => {
    const { all, closed } = setUp([`${line(1)}\n${bad}\n${line(2)}\n`]);
    expect([await all(), closed()]).toEqual([[1, 'CARTO_ANSWER_MALFORMED'], 1]);
    expect(await setUp([`${line(1)}\n${bad}`]).all()).toEqual([1, 'CARTO_ANSWER_MALFORMED']);
  });

  describe('has a bound for each line', () => {
    const ofLength = (bytes: number): string => line('x'.repeat(bytes - line('').length));
    const longest = ofLength(MAX_LINE_BYTES);
    const longer = ofLength(MAX_LINE_BYTES + 1);

    it.each([
      ['in one piece', (text: string) => [`${text}\n`]],
      ['cut in the middle', (text: string) => [text.slice(0, 100), `${text.slice(100)}\n`]],
      ['cut before its end', (text: string) => [text, '\n']],
      ['behind another line', (text: string) => [`${line(1)}\n${text}`, '\n']],
    ])('%s', async (_how, cut) => {
      expect((await setUp(cut(longest)).all()).at(-1)).toBe('x'.repeat(MAX_LINE_BYTES - line('').length));
      const { all, closed } = setUp(cut(longer));
      expect([(await all()).at(-1), closed()]).toEqual(['CARTO_ANSWER_TOO_LARGE', 1]);
    });

    it('and counts each line anew', async () => {
      const text = longest.slice(0, 150);
      const rest = longest.slice(150);
      const seen = await setUp([text, `${rest}\n${text}`, `${rest}\n${text}`, `${rest}\n`]).all();
      expect(seen).toHaveLength(3);
      expect(new Set(seen)).toEqual(new Set(['x'.repeat(MAX_LINE_BYTES - line('').length)]));
    });

    it('and does not wait for the end of one that is longer', async () => {
      const { all, read } = setUp(['x'.repeat(150), 'x'.repeat(51), 'x'.repeat(150), 'x\n']);
      expect([await all(), read()]).toEqual([['CARTO_ANSWER_TOO_LARGE'], 2]);
    });
  });

  it('tells what breaks it as the caller wants it told, closes once, and has ended then', async () => {
    const { events, closed } = setUp([`${line(1)}\n`, new Error('reset')]);
    expect((await events.next()).done).toBe(false);
    await expect(events.next()).rejects.toThrow('wrapped: reset');
    expect(await events.next()).toEqual({ done: true, value: undefined });
    expect(closed()).toBe(1);
  });

  it('asks its source for nothing once its signal has fired, and closes it', async () => {
    const abort = new AbortController();
    const { events, closed, read } = setUp([`${line(1)}\n${line(2)}\n`, `${line(3)}\n`], abort.signal);
    await events.next();
    abort.abort();
    expect(await events.next()).toEqual({ done: true, value: undefined });
    await events.next();
    expect([closed(), read()]).toEqual([1, 1]);
  });

  it('ends quietly when what breaks it is its signal', async () => {
    const abort = new AbortController();
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      abort.abort();
      yield await Promise.reject<Uint8Array>(new Error('aborted'));
    };
    let closed = 0;
    const events = watchEvents(broken(), {
      maxLineBytes: MAX_LINE_BYTES,
      close: () => (closed += 1),
      signal: abort.signal,
      wrap: (error) => error,
    });
    const end: IteratorResult<WatchEvent> = await events.next();
    expect([end.done, closed]).toEqual([true, 1]);
  });

  it('closes its source once when the reader leaves', async () => {
    const { events, closed } = setUp([`${line(1)}\n${line(2)}\n`]);
    await events.next();
    expect(await events.return?.()).toEqual({ done: true, value: undefined });
    await events.return?.();
    expect([await events.next(), closed()]).toEqual([{ done: true, value: undefined }, 1]);
  });
});
