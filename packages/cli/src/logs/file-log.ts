import { type FileHandle, open, readFile, stat } from 'node:fs/promises';
import type { Session } from '../frame/session.ts';
import type { LogLine } from './log-line.ts';
import { createLineSplitter, type LineSplitter } from './split-lines.ts';

/** Which file, and how much of it. */
export type FileLog = {
  readonly file: string;
  /** Whether it is read on at its end. */
  readonly goesOn: () => boolean;
  /** Only so many of the last lines of what is there; undefined: all. */
  readonly lines: number | undefined;
  /** Nothing of what is there, if it was written to before this time (milliseconds since 1970). */
  readonly notBefore: number | undefined;
};

const POLL_MS = 200;
const PIECE_BYTES = 64 * 1024;

/**
 * The lines of a log that a program of the laptop writes: what is there, then what comes. When the file is full it becomes
 * `FILE.1` and another is begun: the old one is read to its end first. Lines that come while it is followed carry the time at
 * which they were read.
 */
export async function* fileLog(
  { clock, signal }: Pick<Session, 'clock' | 'signal'>,
  { file, goesOn, lines, notBefore }: FileLog,
): AsyncGenerator<LogLine, void, undefined> {
  const splitter = createLineSplitter();
  let handle = await openIfThere(file);
  try {
    const there = await linesThere(file, handle, splitter);
    const isOld = notBefore !== undefined && (await changedAt(handle)) < notBefore;
    for (const text of isOld ? [] : last(there, lines)) yield { text };
    while (goesOn() && !signal.aborted) {
      await clock.sleep(POLL_MS, signal).catch(() => undefined);
      const isReplaced = await hasSuccessor(file, handle);
      for await (const text of newLines(handle, splitter)) yield { time: new Date(clock.now()).toISOString(), text };
      if (!isReplaced) continue;
      await handle?.close();
      handle = await openIfThere(file);
    }
    const rest = splitter.rest();
    if (rest !== undefined && !signal.aborted) yield { text: rest };
  } finally {
    await handle?.close();
  }
}

async function openIfThere(file: string): Promise<FileHandle | undefined> {
  return open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

async function linesThere(
  file: string,
  handle: FileHandle | undefined,
  splitter: LineSplitter,
): Promise<readonly string[]> {
  const older = await readFile(`${file}.1`).catch(() => undefined);
  const lines = older === undefined ? [] : [...splitter.push(older)];
  for await (const line of newLines(handle, splitter)) lines.push(line);
  return lines;
}

async function* newLines(handle: FileHandle | undefined, splitter: LineSplitter): AsyncGenerator<string> {
  if (handle === undefined) return;
  const piece = new Uint8Array(PIECE_BYTES);
  for (;;) {
    const { bytesRead } = await handle.read(piece, 0, PIECE_BYTES);
    if (bytesRead === 0) return;
    yield* splitter.push(piece.slice(0, bytesRead));
  }
}

async function changedAt(handle: FileHandle | undefined): Promise<number> {
  return handle === undefined ? 0 : (await handle.stat()).mtimeMs;
}

/** Whether another file stands where this one was; while none does, this one is read on. */
async function hasSuccessor(file: string, handle: FileHandle | undefined): Promise<boolean> {
  const now = await stat(file).catch(() => undefined);
  if (now === undefined) return false;
  return handle === undefined || (await handle.stat()).ino !== now.ino;
}

function last(lines: readonly string[], count: number | undefined): readonly string[] {
  if (count === undefined) return lines;
  return count === 0 ? [] : lines.slice(-count);
}
