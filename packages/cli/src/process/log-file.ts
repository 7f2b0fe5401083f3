import { type FileHandle, open, rename, stat } from 'node:fs/promises';
import { CartoError } from '@cartographer/machinery';

/** A file that lines are appended to. Writing never fails and never blocks: what cannot be stored is counted and left out. */
export interface LogFile {
  /** Takes whole lines, each with its line end. */
  write(lines: string): void;
  /** Stores what is left, as far as the disk takes it. */
  close(): Promise<void>;
}

/** What waits to be stored, at most; more than that means a disk that takes nothing. */
const BUFFER_CHARS = 4 * 1024 * 1024;

/**
 * Opens a file to append to, readable by its user alone. Beyond `maxBytes` it is set aside as `FILE.1` and begun anew.
 * A full disk loses lines, never the process; a line in the file says how many, once there is room.
 * @throws CartoError `CARTO_FILE` when the file cannot be opened.
 */
export async function openLogFile(file: string, options: { readonly maxBytes?: number } = {}): Promise<LogFile> {
  let handle = await openToAppend(file);
  const maxBytes = options.maxBytes ?? Number.POSITIVE_INFINITY;
  let waiting: string[] = [];
  let chars = 0;
  let lost = 0;
  let lostBecause = '';
  let isTorn = false;
  let storing: Promise<void> | undefined;

  async function store(): Promise<void> {
    while (waiting.length > 0) {
      const lines = waiting;
      waiting = [];
      chars = 0;
      try {
        handle = await rotated(file, handle, maxBytes);
        await append(lines.join(''));
      } catch (error) {
        lose(lines, (error as Error).message);
      }
    }
    storing = undefined;
  }

  async function append(text: string): Promise<void> {
    const missing =
      lost === 0 ? '' : `${JSON.stringify({ level: 'warn', msg: `${lost} lines are missing here: ${lostBecause}` })}\n`;
    const torn = isTorn ? '\n' : '';
    isTorn = true;
    await handle.appendFile(`${torn}${missing}${text}`);
    isTorn = false;
    lost = 0;
  }

  function lose(lines: readonly string[], because: string): void {
    lost += lines.length;
    lostBecause = because;
  }

  return {
    write(lines) {
      if (chars + lines.length > BUFFER_CHARS) return lose([lines], 'the disk is too slow');
      waiting.push(lines);
      chars += lines.length;
      storing ??= store();
    },
    async close() {
      await storing;
      await handle.close().catch(() => undefined);
    },
  };
}

async function openToAppend(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'a', 0o600);
  } catch (cause) {
    throw new CartoError(
      'CARTO_FILE',
      `cannot write ${file}: ${(cause as Error).message}; check the path and its rights`,
      { cause, retry: 'never' },
    );
  }
}

async function rotated(file: string, handle: FileHandle, maxBytes: number): Promise<FileHandle> {
  if (maxBytes === Number.POSITIVE_INFINITY || (await stat(file)).size < maxBytes) return handle;
  await rename(file, `${file}.1`);
  const next = await openToAppend(file);
  await handle.close();
  return next;
}
