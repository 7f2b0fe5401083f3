import { Buffer } from 'node:buffer';
import { type FolderRules, isIgnored, parseIgnoreRules } from './ignore-rules.ts';
import { type SourceEntry, type SourceTree, unreadable } from './source-tree.ts';

/** More files than this, or bytes in them, are taken for a mistake: builds unpack no more. */
export const MAX_FILES = 200_000;
export const MAX_BYTES = 2 * 1024 ** 3;

/** The files with rules, in any folder; those of a later one go before those of an earlier one. */
const IGNORE_FILES = ['.gitignore', '.tanzuignore', '.cartoignore'];
const MAX_IGNORE_FILE_BYTES = 1024 * 1024;

/** A file that goes into the archive. */
export type SourceFile = { readonly path: string; readonly executable: boolean; readonly sizeBytes: number };

/** What of a tree is packed. */
export type Selection = {
  /** In the order of the archive. */
  readonly files: readonly SourceFile[];
  /** Those that hold a file, in the order of the archive, and those that might: what is to be watched. */
  readonly folders: readonly string[];
  /** Symbolic links, sockets and the like, which are left out. */
  readonly leftOut: readonly string[];
};

/**
 * Chooses what of a tree is packed: all that no ignore file leaves out, and never what version control keeps for itself.
 * @throws CartoError `CARTO_LOCAL_SOURCE` when something cannot be read, or is too much.
 */
export async function selectFiles(tree: SourceTree, signal: AbortSignal): Promise<Selection> {
  const files: SourceFile[] = [];
  const folders: string[] = [];
  const leftOut: string[] = [];
  let bytes = 0;

  async function walk(folder: string, around: readonly FolderRules[]): Promise<void> {
    signal.throwIfAborted();
    const entries = (await tree.entries(folder)).filter(({ name }) => name !== '.git').toSorted(byName);
    const rules = [...around, { folder, rules: await rulesIn(tree, folder, entries) }];
    folders.push(folder);
    for (const { name, kind, executable, sizeBytes } of entries) {
      const path = folder === '' ? name : `${folder}/${name}`;
      if (isIgnored(rules, path, kind === 'folder')) continue;
      if (kind === 'folder') await walk(path, rules);
      else if (kind === 'file') {
        files.push({ path, executable, sizeBytes });
        bytes += sizeBytes;
        if (files.length > MAX_FILES) throw tooMuch(tree, `more than ${MAX_FILES} files`);
        if (bytes > MAX_BYTES) throw tooMuch(tree, `more than ${MAX_BYTES / 1024 ** 3} GiB`);
      } else leftOut.push(path);
    }
  }

  await walk('', []);
  return { files, folders, leftOut };
}

async function rulesIn(
  tree: SourceTree,
  folder: string,
  entries: readonly SourceEntry[],
): Promise<FolderRules['rules']> {
  const rules: FolderRules['rules'][number][] = [];
  for (const name of IGNORE_FILES) {
    const entry = entries.find((each) => each.name === name && each.kind === 'file');
    if (entry === undefined) continue;
    const path = folder === '' ? name : `${folder}/${name}`;
    if (entry.sizeBytes > MAX_IGNORE_FILE_BYTES) throw unreadable(tree.path, path, 'it is too large for ignore rules');
    const chunks: Buffer[] = [];
    for await (const chunk of tree.read(path)) chunks.push(chunk);
    rules.push(...parseIgnoreRules(Buffer.concat(chunks).toString('utf8')));
  }
  return rules;
}

function tooMuch({ path }: SourceTree, what: string): Error {
  return unreadable(path, '', `it has ${what}; let a .cartoignore leave out what no build needs`);
}

/** By bytes, so that all machines agree. */
function byName(left: SourceEntry, right: SourceEntry): number {
  return Buffer.compare(Buffer.from(left.name), Buffer.from(right.name));
}
