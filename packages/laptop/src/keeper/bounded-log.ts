import { Buffer } from 'node:buffer';
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** A log file that stays small: when it is full it becomes `FILE.1`, and a new one is begun. */
export interface BoundedLog {
  /** Never fails: output that cannot be written, on a full disk say, is dropped. */
  write(chunk: Buffer): void;
  /** The last bytes that were written, as text. */
  tail(): string;
  close(): void;
}

const TAIL_BYTES = 4 * 1024;

/** Opens a log to append to it. */
export function openBoundedLog(file: string, maxBytes: number): BoundedLog {
  let fd: number | undefined;
  let sizeBytes = 0;
  let tail: Buffer = Buffer.alloc(0);

  function open(): void {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    fd = openSync(file, 'a', 0o600);
    sizeBytes = fstatSync(fd).size;
  }
  function close(): void {
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
  }
  function append(chunk: Buffer): void {
    if (fd === undefined) open();
    if (sizeBytes > 0 && sizeBytes + chunk.length > maxBytes) {
      close();
      renameSync(file, `${file}.1`);
      open();
    }
    const part = chunk.length > maxBytes ? chunk.subarray(-maxBytes) : chunk;
    writeSync(fd as number, part);
    sizeBytes += part.length;
  }

  return {
    write(chunk) {
      tail = Buffer.concat([tail, chunk.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES);
      try {
        append(chunk);
      } catch {
        close(); // opened again with the next chunk: the disk may have room by then
      }
    },
    tail: () => tail.toString('utf8'),
    close,
  };
}
