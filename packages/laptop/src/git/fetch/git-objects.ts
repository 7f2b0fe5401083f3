import { Buffer } from 'node:buffer';
import type { Readable } from 'node:stream';
import { GitError } from './git-error.ts';
import type { GitMirror } from './git-mirror.ts';
import type { GitProcess } from './git-process.ts';

/** An object as git gives it. `content` has to be read before the next object. */
export type GitObject = { readonly type: string; readonly sizeBytes: number; readonly content: AsyncIterable<Buffer> };

/** Reads objects of a mirror by one process, in the order in which they are asked for. */
export class GitObjects {
  readonly #process: GitProcess;
  readonly #reader: ChunkReader;
  readonly #signal: AbortSignal;
  #isRead = false;

  constructor(mirror: GitMirror, signal: AbortSignal) {
    this.#process = mirror.stream(['cat-file', '--batch'], signal);
    this.#process.finished.catch(() => undefined); // told by `end`, or by the stream that breaks off
    this.#reader = new ChunkReader(this.#process.stdout);
    this.#signal = signal;
  }

  /** Asks for objects by their hash, or by what git reads as a name of one. */
  ask(names: readonly string[]): void {
    this.#process.stdin.write(names.map((name) => `${name}\n`).join(''));
  }

  /** The next object; undefined when git does not have it. */
  async next(): Promise<GitObject | undefined> {
    if (this.#isRead) await this.#reader.line(); // the line end after each content
    const [, type = '', size] = (await this.#reader.line()).split(' ');
    this.#isRead = size !== undefined;
    if (size === undefined) return undefined;
    const sizeBytes = Number(size);
    return { type, sizeBytes, content: this.#reader.bytes(sizeBytes) };
  }

  /** Lets the process end, and fails if it does not end well. */
  async end(): Promise<void> {
    this.#process.stdin.end();
    if (this.#isRead) await this.#reader.line();
    const { code, stderr } = await this.#process.finished;
    this.#signal.throwIfAborted();
    if (code > 0) throw new GitError(`git cat-file failed: ${stderr.trim()}`);
  }

  /** Gives up; harmless after the end. */
  close(): void {
    this.#process.stdin.destroy();
    this.#process.stdout.destroy();
  }
}

/** Reads lines and counted bytes from a stream, holding no more than one chunk. */
class ChunkReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.#chunks = (stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    let end = this.#rest.indexOf(0x0a);
    while (end < 0) {
      this.#rest = Buffer.concat([this.#rest, await this.#more()]);
      end = this.#rest.indexOf(0x0a);
    }
    const line = this.#rest.toString('latin1', 0, end);
    this.#rest = this.#rest.subarray(end + 1);
    return line;
  }

  async *bytes(count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0; ) {
      const chunk = this.#rest.length > 0 ? this.#rest : await this.#more();
      const part = chunk.subarray(0, left);
      this.#rest = chunk.subarray(part.length);
      left -= part.length;
      yield part;
    }
  }

  async #more(): Promise<Buffer> {
    const next = await this.#chunks.next();
    if (next.done === true) throw new GitError('git ended before it had given all contents');
    return next.value;
  }
}
