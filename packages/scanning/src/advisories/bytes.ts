import { type FileHandle, open } from 'node:fs/promises';
import type { RandomAccess } from './zip.ts';

const WINDOW_BYTES = 4 * 1024 * 1024;

/** A buffer as an archive. */
export function bytesOf(buffer: Buffer): RandomAccess {
  return {
    sizeBytes: buffer.length,
    read: (offset, length) => Promise.resolve(buffer.subarray(offset, offset + length)),
  };
}

/** A file as an archive: {@link bytesOfFile}. */
export async function openFile(path: string): Promise<RandomAccess & AsyncDisposable> {
  return await bytesOfFile(await open(path, 'r'));
}

/**
 * An open file as an archive, read ahead by windows, since the files of an archive mostly follow each other. The file is
 * closed with it.
 */
export async function bytesOfFile(file: FileHandle): Promise<RandomAccess & AsyncDisposable> {
  let window: Buffer = Buffer.alloc(0);
  let start = 0;
  let sizeBytes = 0;
  try {
    sizeBytes = (await file.stat()).size;
  } catch (error) {
    await file.close();
    throw error;
  }
  const fill = async (offset: number, length: number): Promise<void> => {
    const buffer = Buffer.alloc(Math.min(Math.max(length, WINDOW_BYTES), Math.max(0, sizeBytes - offset)));
    let filled = 0;
    while (filled < buffer.length) {
      const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    window = buffer;
    start = offset;
  };
  return {
    sizeBytes,
    read: async (offset, length) => {
      if (offset < start || offset + length > start + window.length) await fill(offset, length);
      return window.subarray(offset - start, offset - start + length);
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}
