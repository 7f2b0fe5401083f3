import type { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** What was written: digests of the bytes before and after compression, and the size after it. */
export type Compressed = { readonly digest: string; readonly diffId: string; readonly sizeBytes: number };

/** Compresses a stream into a file, the same bytes for the same content. */
export async function writeGzip(
  content: AsyncIterable<Buffer>,
  file: string,
  signal: AbortSignal,
): Promise<Compressed> {
  const plain = createHash('sha256');
  const packed = createHash('sha256');
  let sizeBytes = 0;
  const before = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      plain.update(chunk);
      done(null, chunk);
    },
  });
  const after = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      // Byte 9 of a gzip file names the operating system: "unknown", so that all machines write the same bytes.
      if (sizeBytes <= 9 && sizeBytes + chunk.length > 9) chunk[9 - sizeBytes] = 255;
      packed.update(chunk);
      sizeBytes += chunk.length;
      done(null, chunk);
    },
  });
  const target = createWriteStream(file, { mode: 0o600, flush: true });
  const source = Readable.from(content, { objectMode: false });
  await pipeline(source, before, createGzip({ level: 6 }), after, target, { signal });
  return { digest: `sha256:${packed.digest('hex')}`, diffId: `sha256:${plain.digest('hex')}`, sizeBytes };
}
