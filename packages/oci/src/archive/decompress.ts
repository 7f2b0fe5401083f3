import { Buffer } from 'node:buffer';
import { pipeline, Readable } from 'node:stream';
import { createGunzip, createZstdDecompress, type ZstdDecompress } from 'node:zlib';
import { ArchiveError } from './archive-error.ts';

/** Bounds of what is decompressed, so that a small stream cannot keep a reader busy for ever. */
export type DecompressLimits = {
  readonly maxCompressedBytes: number;
  readonly maxBytes: number;
  /** How many bytes one compressed byte may become, on the whole; the first 64 MiB are free. */
  readonly maxRatio: number;
};

/** Generous for layers of images: those with models in them have several GiB. */
export const defaultDecompressLimits: DecompressLimits = {
  maxCompressedBytes: 8 * 1024 ** 3,
  maxBytes: 32 * 1024 ** 3,
  maxRatio: 200,
};

const FREE_BYTES = 64 * 1024 ** 2;
/** The longest of the marks that compressed streams begin with. */
const MARK_BYTES = 4;
/** Node's 16 KiB make a third more work. */
const CHUNK_BYTES = 128 * 1024;
const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Decompresses a stream of gzip or zstd, and passes on what is neither. The first bytes decide, as in container runtimes:
 * what a stream is called is often wrong.
 *
 * @throws ArchiveError when it is damaged or beyond a limit. What the stream itself throws is passed on.
 */
export async function* decompress(
  chunks: AsyncIterable<Buffer>,
  limits: DecompressLimits = defaultDecompressLimits,
): AsyncGenerator<Buffer, void, undefined> {
  const { maxCompressedBytes, maxBytes, maxRatio } = limits;
  let taken = 0;
  let given = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      taken += chunk.length;
      if (taken > maxCompressedBytes) throw new ArchiveError(`the archive has more than ${maxCompressedBytes} bytes`);
      yield chunk;
    }
  }
  const { mark, whole } = await peek(counted());
  const format = formatOf(mark);
  for await (const chunk of inflated(whole, format)) {
    given += chunk.length;
    if (given > maxBytes) throw new ArchiveError(`the archive holds more than ${maxBytes} bytes`);
    if (format !== 'plain' && given > FREE_BYTES && given > taken * maxRatio) {
      throw new ArchiveError(`the archive grows to more than ${maxRatio} times its size`);
    }
    yield chunk;
  }
}

/** Begins to read, and gives the beginning and all of it, the beginning included. */
async function peek(
  chunks: AsyncGenerator<Buffer>,
): Promise<{ readonly mark: Buffer; readonly whole: AsyncGenerator<Buffer> }> {
  let head = NOTHING;
  while (head.length < MARK_BYTES) {
    const next = await chunks.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  async function* whole(): AsyncGenerator<Buffer> {
    try {
      if (head.length > 0) yield head;
      yield* chunks;
    } finally {
      await chunks.return(undefined);
    }
  }
  return { mark: head.subarray(0, MARK_BYTES), whole: whole() };
}

type Format = 'gzip' | 'zstd' | 'plain';

function formatOf(mark: Buffer): Format {
  if (mark[0] === 0x1f && mark[1] === 0x8b) return 'gzip';
  const number = mark.length < MARK_BYTES ? 0 : mark.readUInt32LE();
  // A frame, or one that readers skip, as seekable archives have them.
  return number === 0xfd2fb528 || (number & 0xfffffff0) >>> 0 === 0x184d2a50 ? 'zstd' : 'plain';
}

async function* inflated(chunks: AsyncGenerator<Buffer>, format: Format): AsyncGenerator<Buffer> {
  if (format === 'plain') return yield* chunks;
  try {
    yield* format === 'gzip' ? gunzip(chunks) : unzstd(chunks);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (!/^(Z_|ZSTD_|ERR_ZLIB)/.test(code)) throw error;
    throw new ArchiveError(`the archive is no whole gzip or zstd stream: ${message}`, error);
  }
}

async function* gunzip(chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const engine = createGunzip({ chunkSize: CHUNK_BYTES });
  pipeline(Readable.from(chunks, { objectMode: false }), engine, () => undefined); // the next line throws what fails
  yield* engine as AsyncIterable<Buffer>;
}

/** Node's engine ends with the frame that ends inside of a chunk, and says nothing of what follows: a new one reads on. */
async function* unzstd(chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    for (let rest: Buffer = await nextOf(chunks); rest.length > 0; ) {
      const engine = createZstdDecompress({ chunkSize: CHUNK_BYTES });
      const left = feed(engine, rest, chunks);
      yield* engine as AsyncIterable<Buffer>;
      rest = await left;
    }
  } finally {
    // Not waited for: who stops in the middle need not wait for a chunk that is still to come.
    chunks.return(undefined).catch(() => undefined);
  }
}

/** Writes chunks into an engine until it wants no more, one at a time; answers with what it left of the last one. */
async function feed(engine: ZstdDecompress, first: Buffer, chunks: AsyncGenerator<Buffer>): Promise<Buffer> {
  let fed = 0;
  try {
    for (let chunk = first; chunk.length > 0; chunk = await nextOf(chunks)) {
      fed += chunk.length;
      await new Promise<void>((resolve, reject) => {
        engine.write(chunk, (error) => (error ? reject(error) : resolve()));
      });
      const left = fed - engine.bytesWritten;
      if (left > 0) return chunk.subarray(chunk.length - left);
    }
    engine.end();
  } catch (error) {
    engine.destroy(error as Error); // whoever reads from it gets it
  }
  return NOTHING;
}

/** The next chunk that holds something; nothing at the end. */
async function nextOf(chunks: AsyncGenerator<Buffer>): Promise<Buffer> {
  for (;;) {
    const next = await chunks.next();
    if (next.done === true) return NOTHING;
    if (next.value.length > 0) return next.value;
  }
}
