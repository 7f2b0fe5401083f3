import { Buffer } from 'node:buffer';
import { Readable } from 'node:stream';
import { GitError } from './git-error.ts';
import type { GitMirror } from './git-mirror.ts';
import { createSourceFilter, IGNORE_FILE, type IgnoreFile } from './source-ignore.ts';
import { tarEnd, tarHeader, tarPadding } from './tar.ts';

/** An entry of a commit's tree. Paths are binary strings, see {@link TarEntry}. */
export type TreeEntry = {
  /** Where its content is. */
  readonly mirror: GitMirror;
  readonly kind: 'folder' | 'file' | 'executable' | 'link' | 'submodule';
  readonly hash: string;
  readonly path: string;
};

/** An ignore file larger than this is refused. */
const MAX_IGNORE_FILE_BYTES = 1024 * 1024;

/** All entries of a commit, submodules as one entry each. */
export async function listTree(mirror: GitMirror, commit: string, signal: AbortSignal): Promise<readonly TreeEntry[]> {
  const output = await mirror.read(['ls-tree', '-r', '-t', '-z', '--full-tree', '--end-of-options', commit], signal);
  return output
    .toString('latin1')
    .split('\0')
    .flatMap((line) => parseEntry(mirror, line));
}

/** The order in which Go walks folders: siblings by name, a folder before what is in it. */
function inWalkOrder(entries: readonly TreeEntry[]): readonly TreeEntry[] {
  // A slash sorts before every other character, so `a/b` follows `a` and precedes `a.txt`.
  const keyed = entries.map((entry) => ({ entry, key: entry.path.replaceAll('/', '\0') }));
  return keyed.toSorted((left, right) => (left.key < right.key ? -1 : 1)).map(({ entry }) => entry);
}

/** What of a tree goes into the artifact. */
export async function selectSources(
  tree: readonly TreeEntry[],
  options: { readonly ignore?: string; readonly sparseCheckout: readonly string[]; readonly signal: AbortSignal },
): Promise<readonly TreeEntry[]> {
  const checkedOut = inWalkOrder(tree.filter(sparseFilter(options.sparseCheckout, tree)));
  const ignoreFiles = checkedOut.filter(({ kind, path }) => isFile(kind) && `/${path}`.endsWith(`/${IGNORE_FILE}`));
  const texts: IgnoreFile[] = [];
  for await (const { entry, content } of readBlobs(ignoreFiles, options.signal, MAX_IGNORE_FILE_BYTES)) {
    texts.push({ folder: entry.path.slice(0, -IGNORE_FILE.length - 1), text: await joined(content) });
  }
  // The rules are matched against binary strings, so they have to be some, too.
  const ignore = options.ignore === undefined ? undefined : Buffer.from(options.ignore).toString('latin1');
  const isLeftOut = createSourceFilter(texts, ignore);
  // Links are left out as in Flux: where they point need not exist for the reader.
  return checkedOut.filter(({ kind, path }) => kind !== 'link' && !isLeftOut(path, !isFile(kind)));
}

/** The tar archive of entries, as a stream of chunks. */
export async function* tarOfTree(entries: readonly TreeEntry[], signal: AbortSignal): AsyncGenerator<Buffer> {
  yield tarHeader({ kind: 'folder', path: '.' });
  const blobs = readBlobs(
    entries.filter(({ kind }) => isFile(kind)),
    signal,
  );
  for (const { kind, path } of entries) {
    if (!isFile(kind)) {
      yield tarHeader({ kind: 'folder', path });
      continue;
    }
    const { value: blob } = await blobs.next();
    if (blob === undefined) throw new GitError(`git gave no content for '${path}'`);
    yield tarHeader({ kind: 'file', path, executable: kind === 'executable', sizeBytes: blob.sizeBytes });
    yield* blob.content;
    yield tarPadding(blob.sizeBytes);
  }
  await blobs.next(); // lets the process end and be looked at
  yield tarEnd();
}

type Blob = { readonly entry: TreeEntry; readonly sizeBytes: number; readonly content: AsyncIterable<Buffer> };

/** The contents of entries, in their order. Each content has to be read before the next blob. */
async function* readBlobs(
  entries: readonly TreeEntry[],
  signal: AbortSignal,
  maxBytes = Number.MAX_SAFE_INTEGER,
): AsyncGenerator<Blob, undefined> {
  let start = 0;
  for (let end = 1; end <= entries.length; end += 1) {
    const { mirror } = entries[start] as TreeEntry;
    if (entries[end]?.mirror === mirror) continue;
    yield* readBlobsOf(mirror, entries.slice(start, end), signal, maxBytes);
    start = end;
  }
}

/** The same for entries of one mirror, by one `git cat-file`. */
async function* readBlobsOf(
  mirror: GitMirror,
  entries: readonly TreeEntry[],
  signal: AbortSignal,
  maxBytes: number,
): AsyncGenerator<Blob, undefined> {
  const process = mirror.stream(['cat-file', '--batch'], signal);
  process.finished.catch(() => undefined); // told below, or by the stream that breaks off
  Readable.from(entries.map(({ hash }) => `${hash}\n`)).pipe(process.stdin);
  const reader = new ChunkReader(process.stdout);
  try {
    for (const entry of entries) {
      const [, type, size] = (await reader.line()).split(' ');
      if (type !== 'blob') throw new GitError(`'${entry.path}' is missing in the mirror`);
      const sizeBytes = Number(size);
      if (sizeBytes > maxBytes) throw new GitError(`'${entry.path}' is larger than ${maxBytes} bytes`);
      yield { entry, sizeBytes, content: reader.bytes(sizeBytes) };
      await reader.line(); // the line end after each content
    }
  } finally {
    process.stdin.destroy();
    process.stdout.destroy();
  }
  const { code, stderr } = await process.finished;
  signal.throwIfAborted();
  if (code > 0) throw new GitError(`git cat-file failed: ${stderr.trim()}`);
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

function parseEntry(mirror: GitMirror, line: string): readonly TreeEntry[] {
  const match = /^(\d+) (\w+) ([0-9a-f]+)\t(.*)$/s.exec(line);
  if (match === null) return [];
  const [, mode = '', type, hash = '', path = ''] = match;
  if (type === 'tree') return [{ mirror, kind: 'folder', hash, path }];
  if (type === 'commit') return [{ mirror, kind: 'submodule', hash, path }];
  const kind = mode === '120000' ? 'link' : mode === '100755' ? 'executable' : 'file';
  return [{ mirror, kind, hash, path }];
}

function isFile(kind: TreeEntry['kind']): boolean {
  return kind === 'file' || kind === 'executable';
}

/** `spec.sparseCheckout`: only these folders; one that does not exist is an error, as in Flux. */
function sparseFilter(directories: readonly string[], entries: readonly TreeEntry[]): (entry: TreeEntry) => boolean {
  if (directories.length === 0) return () => true;
  const wanted = directories.map((directory) => directory.replace(/^\.\//, '').replace(/\/+$/, ''));
  for (const [index, path] of wanted.entries()) {
    if (!entries.some((entry) => entry.path === path)) {
      throw new GitError(`sparse checkout dir '${directories[index]}' does not exist in repository`);
    }
  }
  return ({ kind, path }) =>
    wanted.some(
      (folder) =>
        path === folder || path.startsWith(`${folder}/`) || (kind === 'folder' && folder.startsWith(`${path}/`)),
    );
}

async function joined(content: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}
