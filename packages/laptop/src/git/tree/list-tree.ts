import { Buffer } from 'node:buffer';
import { GitError } from '../fetch/git-error.ts';
import type { GitMirror } from '../fetch/git-mirror.ts';
import { type GitObject, GitObjects } from '../fetch/git-objects.ts';
import { refuseName } from './tree-name.ts';

/** An entry of a commit's tree. Paths are binary strings, see {@link TarEntry}. */
export type TreeEntry = {
  /** Where its content is. */
  readonly mirror: GitMirror;
  readonly kind: 'folder' | 'file' | 'executable' | 'link' | 'submodule';
  readonly hash: string;
  readonly path: string;
};

/** Bounds of a tree: a few objects can name each other into billions of entries. */
const MAX_ENTRIES = 500_000;
const MAX_PATH_BYTES = 64 * 1024 * 1024;
const MAX_TREE_BYTES = 16 * 1024 * 1024;

/**
 * All entries of a commit, submodules as one entry each. Trees are read as they are stored: what git prints of them
 * does not tell a name with a slash from a folder.
 * @throws GitError for an entry that no checkout may make: a name that leaves its folder or is git's own, or a name twice.
 */
export async function listTree(mirror: GitMirror, commit: string, signal: AbortSignal): Promise<readonly TreeEntry[]> {
  const objects = new GitObjects(mirror, signal);
  const all: TreeEntry[] = [];
  let pathBytes = 0;
  try {
    let level: readonly { readonly hash: string; readonly path: string }[] = [{ hash: `${commit}^{tree}`, path: '' }];
    while (level.length > 0) {
      objects.ask(level.map(({ hash }) => hash));
      const folders: TreeEntry[] = [];
      for (const { path } of level) {
        for (const entry of entriesOf(mirror, path, await treeBytes(await objects.next(), path), commit.length)) {
          all.push(entry);
          pathBytes += entry.path.length;
          if (entry.kind === 'folder') folders.push(entry);
        }
        if (all.length > MAX_ENTRIES || pathBytes > MAX_PATH_BYTES)
          throw new GitError(`the tree has more than ${MAX_ENTRIES} entries, or ${MAX_PATH_BYTES} bytes of paths`);
      }
      level = folders;
    }
    await objects.end();
  } finally {
    objects.close();
  }
  return all;
}

async function treeBytes(object: GitObject | undefined, path: string): Promise<Buffer> {
  if (object?.type !== 'tree') throw new GitError(`'${path}' is missing in the mirror`);
  if (object.sizeBytes > MAX_TREE_BYTES) throw new GitError(`folder '${path}' is larger than ${MAX_TREE_BYTES} bytes`);
  const chunks: Buffer[] = [];
  for await (const chunk of object.content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The entries of one tree object: `MODE NAME\0HASH`, with the hash in bytes. */
function* entriesOf(mirror: GitMirror, folder: string, tree: Buffer, hashDigits: number): Generator<TreeEntry> {
  const names = new Set<string>();
  for (let at = 0; at < tree.length; ) {
    const [blank, end] = [tree.indexOf(0x20, at), tree.indexOf(0, at)];
    const next = end + 1 + hashDigits / 2;
    if (blank < at || end < blank || next > tree.length) throw new GitError(`folder '${folder}' is damaged`);
    const name = tree.toString('latin1', blank + 1, end);
    const path = folder === '' ? name : `${folder}/${name}`;
    const why = names.has(name) ? 'its folder has that name twice' : refuseName(name);
    if (why !== undefined) throw new GitError(`entry '${printable(path)}' of the tree is refused: ${why}`);
    names.add(name);
    const kind = kindOf(Number.parseInt(tree.toString('latin1', at, blank), 8));
    yield { mirror, kind, hash: tree.toString('hex', end + 1, next), path };
    at = next;
  }
}

function kindOf(mode: number): TreeEntry['kind'] {
  const kind = KINDS.get(mode & 0o170000) ?? 'file';
  return kind === 'file' && (mode & 0o100) !== 0 ? 'executable' : kind;
}

/** By the type bits of a mode, as `stat` has them, and git's own for a submodule. */
const KINDS: ReadonlyMap<number, TreeEntry['kind']> = new Map([
  [0o040000, 'folder'],
  [0o100000, 'file'],
  [0o120000, 'link'],
  [0o160000, 'submodule'],
]);

/** Names are bytes, and may hold anything but zero. */
function printable(path: string): string {
  return JSON.stringify(Buffer.from(path, 'latin1').toString('utf8').slice(0, 300)).slice(1, -1);
}
