import { messageOf } from '@cartographer/machinery';
import { openFile, type ZipEntry, type ZipLimits, zipEntries } from '@cartographer/scanning';
import { MAX_BYTES, MAX_FILES } from './select-files.ts';
import { type SourceEntry, type SourceTree, unreadable } from './source-tree.ts';

const LIMITS: ZipLimits = { maxEntries: MAX_FILES, maxEntryBytes: 512 * 1024 * 1024, maxTotalBytes: MAX_BYTES };
const TYPE_BITS = 0o170000;
const LINK = 0o120000;
const EXECUTABLE = 0o111;

/**
 * A zip archive, jar or war as a folder of sources. Nothing of it is unpacked onto the disk.
 * @throws CartoError `CARTO_LOCAL_SOURCE` when it is broken, too large, or has a name that leads out of it.
 */
export async function zipTree(path: string): Promise<SourceTree> {
  const archive = await openFile(path).catch((error: unknown) => {
    throw unreadable(path, '', error);
  });
  try {
    const { folders, files } = await index(path, zipEntries(archive, LIMITS));
    return {
      path,
      entries: async (folder) => [...(folders.get(folder)?.values() ?? [])],
      async *read(file) {
        const entry = files.get(file);
        if (entry === undefined) throw unreadable(path, file, 'it is not there');
        yield await entry.read().catch((error: unknown) => {
          throw unreadable(path, file, `it ${messageOf(error)}`);
        });
      },
      [Symbol.asyncDispose]: () => archive[Symbol.asyncDispose](),
    };
  } catch (error) {
    await archive[Symbol.asyncDispose]();
    throw error;
  }
}

type Index = {
  /** What is in each folder, by name. */
  readonly folders: Map<string, Map<string, SourceEntry>>;
  readonly files: Map<string, ZipEntry>;
};

async function index(path: string, entries: AsyncIterable<ZipEntry>): Promise<Index> {
  const found: Index = { folders: new Map(), files: new Map() };
  try {
    for await (const entry of entries) {
      const why = refusal(entry.name);
      if (why !== undefined) throw unreadable(path, JSON.stringify(entry.name.slice(0, 200)).slice(1, -1), why);
      if (found.files.has(entry.name)) throw unreadable(path, entry.name, 'the archive has it twice');
      add(found, path, entry);
    }
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('--local-path')) throw error;
    throw unreadable(path, '', `it ${messageOf(error)}`);
  }
  return found;
}

/** Why no file of this name is taken: whoever unpacks it would write elsewhere. */
function refusal(name: string): string | undefined {
  if (/^(?:\/|[A-Za-z]:)/.test(name) || name.includes('\\') || name.includes('\0'))
    return 'its name is no path inside of the archive';
  if (name.split('/').some((part) => part === '' || part === '.' || part === '..'))
    return 'its name leads out of the archive';
  return undefined;
}

function add({ folders, files }: Index, path: string, entry: ZipEntry): void {
  const parts = entry.name.split('/');
  const put = (folder: string, child: SourceEntry): void => {
    const inside = folders.get(folder) ?? new Map<string, SourceEntry>();
    folders.set(folder, inside);
    const known = inside.get(child.name);
    if (known !== undefined && known.kind !== child.kind)
      throw unreadable(path, entry.name, 'the archive has a file and a folder of the same name');
    inside.set(child.name, child);
  };
  for (let depth = 1; depth < parts.length; depth += 1) {
    const name = parts[depth - 1] ?? '';
    put(parts.slice(0, depth - 1).join('/'), { name, kind: 'folder', executable: true, sizeBytes: 0 });
  }
  const { unixMode, sizeBytes } = entry;
  const kind = unixMode !== undefined && (unixMode & TYPE_BITS) === LINK ? 'link' : 'file';
  // Archives that were packed elsewhere do not say what is a program: each file may be one.
  const executable = unixMode === undefined || (unixMode & EXECUTABLE) !== 0;
  put(parts.slice(0, -1).join('/'), { name: parts.at(-1) ?? '', kind, executable, sizeBytes });
  files.set(entry.name, entry);
}
