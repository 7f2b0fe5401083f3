import { Buffer } from 'node:buffer';
import { trimRight } from '@cartographer/machinery';
import { tarEnd, tarHeader, tarPadding } from '@cartographer/oci';
import { GitError } from '../fetch/git-error.ts';
import type { GitMirror } from '../fetch/git-mirror.ts';
import { GitObjects } from '../fetch/git-objects.ts';
import type { TreeEntry } from './list-tree.ts';
import { createSourceFilter, IGNORE_FILE, type IgnoreFile } from './source-ignore.ts';

/** An ignore file larger than this is refused. */
const MAX_IGNORE_FILE_BYTES = 1024 * 1024;

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
): AsyncGenerator<Blob, undefined, undefined> {
  const objects = new GitObjects(mirror, signal);
  try {
    objects.ask(entries.map(({ hash }) => hash));
    for (const entry of entries) {
      const object = await objects.next();
      if (object?.type !== 'blob') throw new GitError(`'${entry.path}' is missing in the mirror`);
      const { sizeBytes, content } = object;
      if (sizeBytes > maxBytes) throw new GitError(`'${entry.path}' is larger than ${maxBytes} bytes`);
      yield { entry, sizeBytes, content };
    }
    await objects.end();
  } finally {
    objects.close();
  }
}

function isFile(kind: TreeEntry['kind']): boolean {
  return kind === 'file' || kind === 'executable';
}

/** `spec.sparseCheckout`: only these folders; one that does not exist is an error, as in Flux. */
function sparseFilter(directories: readonly string[], entries: readonly TreeEntry[]): (entry: TreeEntry) => boolean {
  if (directories.length === 0) return () => true;
  const wanted = directories.map((directory) => trimRight(directory.replace(/^\.\//, ''), '/'));
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
