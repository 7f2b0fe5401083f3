import { Buffer, isUtf8 } from 'node:buffer';
import { posix } from 'node:path';
import { trimRight } from '@cartographer/machinery';
import { ArchiveError } from '../archive/archive-error.ts';
import { type DecompressLimits, decompress, defaultDecompressLimits } from '../archive/decompress.ts';
import { readTar, type TarItem } from '../archive/read-tar.ts';
import type { ContentReader, LayerContents, LayerEntry, LayerReader } from './layer-contents.ts';

/** Bounds of one layer. */
export type LayerLimits = DecompressLimits & {
  readonly maxEntries: number;
  /** Of all paths and targets of links together. */
  readonly maxNameBytes: number;
};

/** Generous for real images: the largest have a few hundred thousand files. */
export const defaultLayerLimits: LayerLimits = {
  ...defaultDecompressLimits,
  maxEntries: 1_000_000,
  maxNameBytes: 128 * 1024 ** 2,
};

/** Linux opens no longer path. */
const MAX_PATH_BYTES = 4_096;
/** How often a layer is read for contents that hard links want; once is enough where readers keep to their rule. */
const MAX_PASSES = 4;
const MAX_HOPS = 40;
const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

/** What is left to do for hard links: the targets, each with who wants to read it and for which entries. */
type Wanted<T> = Map<string, Map<ContentReader<T>, number[]>>;

/**
 * Reads a layer, compressed or not, as a stream: nothing is written anywhere, and links are not followed.
 *
 * @param open begins the layer anew each time it is called; more than once only where a hard link is to be read whose
 *   target was not.
 * @throws ArchiveError when the layer is broken or beyond a limit; what `open`, its stream or a reader throws.
 */
export async function visitLayer<T>(
  open: () => Promise<AsyncIterable<Buffer>>,
  reader: LayerReader<T>,
  { signal, limits = defaultLayerLimits }: { readonly signal: AbortSignal; readonly limits?: LayerLimits },
): Promise<LayerContents<T>> {
  const survey = createSurvey(reader, limits);
  await eachItem(open, { signal, limits }, (item, path) => survey.take(item, path));
  const { contents, wanted } = survey.end();
  for (let pass = 1; wanted.size > 0 && pass < MAX_PASSES; pass += 1) {
    let readAny = false;
    await eachItem(open, { signal, limits }, async (item, path) => {
      const readers = item.kind === 'file' ? wanted.get(path) : undefined;
      const [first] = readers ?? [];
      if (readers === undefined || first === undefined) return;
      readAny = true;
      const [read, entries] = first;
      readers.delete(read);
      if (readers.size === 0) wanted.delete(path);
      const value = await read(item.content, item.sizeBytes);
      for (const at of entries) setValue(contents.entries, at, value);
    });
    if (!readAny) break;
  }
  for (const [target, readers] of wanted) {
    for (const at of [...readers.values()].flat()) setUnread(contents.entries, at, target);
  }
  return contents;
}

type Survey<T> = {
  take(item: TarItem, path: string): Promise<void>;
  end(): { readonly contents: LayerContents<T> & { readonly entries: LayerEntry<T>[] }; readonly wanted: Wanted<T> };
};

/** Collects what the first pass over a layer finds. */
function createSurvey<T>(reader: LayerReader<T>, limits: LayerLimits): Survey<T> {
  const entries: LayerEntry<T>[] = [];
  const whiteouts: string[] = [];
  const opaque: string[] = [];
  const read = new Map<string, { readonly by: ContentReader<T>; readonly value: T | undefined }>();
  const targets = new Map<string, string>();
  const hardlinks: { readonly at: number; readonly path: string; readonly mode: number }[] = [];
  let count = 0;
  let nameBytes = 0;

  function checkBounds(item: TarItem): void {
    count += 1;
    nameBytes += item.path.length + item.target.length;
    if (count > limits.maxEntries) throw new ArchiveError(`the layer has more than ${limits.maxEntries} entries`);
    if (nameBytes > limits.maxNameBytes) throw new ArchiveError(`the layer has names of ${limits.maxNameBytes} bytes`);
    if (Math.max(item.path.length, item.target.length) > MAX_PATH_BYTES) {
      throw new ArchiveError(`the layer has a path of more than ${MAX_PATH_BYTES} bytes`);
    }
  }

  async function takeFile(item: TarItem, path: string): Promise<LayerEntry<T>> {
    const by = item.kind === 'device' ? undefined : reader(path, item.mode);
    if (by === undefined) return { path, kind: 'file' };
    if (item.kind === 'other')
      return { path, kind: 'file', unread: 'it is a sparse file or of a type that is not read' };
    const value = await by(item.content, item.sizeBytes);
    read.set(path, { by, value });
    return { path, kind: 'file', ...(value === undefined ? {} : { value }) };
  }

  return {
    async take(item, path) {
      checkBounds(item);
      if (takeWhiteout(path, whiteouts, opaque)) return;
      if (path === '') return; // the folder that all paths are in
      if (item.kind === 'folder') entries.push({ path, kind: 'folder' });
      else if (item.kind === 'link') entries.push({ path, kind: 'link', target: textOf(item.target) });
      else if (item.kind === 'hardlink') {
        targets.set(path, cleanPath(item.target));
        hardlinks.push({ at: entries.length, path, mode: item.mode });
        entries.push({ path, kind: 'file' });
      } else {
        targets.delete(path);
        entries.push(await takeFile(item, path));
      }
    },
    end() {
      const wanted: Wanted<T> = new Map();
      for (const { at, path, mode } of hardlinks) {
        const by = reader(path, mode);
        if (by === undefined) continue;
        const target = endOf(path, targets);
        const known = read.get(target);
        if (known?.by === by) {
          setValue(entries, at, known.value);
          continue;
        }
        const readers = wanted.get(target) ?? new Map<ContentReader<T>, number[]>();
        wanted.set(target, readers.set(by, [...(readers.get(by) ?? []), at]));
      }
      return { contents: { entries, whiteouts, opaque }, wanted };
    },
  };
}

/** Goes through a layer to its very end, so that a stream that checks its digest has seen all of it. */
async function eachItem(
  open: () => Promise<AsyncIterable<Buffer>>,
  { signal, limits }: { readonly signal: AbortSignal; readonly limits: LayerLimits },
  take: (item: TarItem, path: string) => Promise<void>,
): Promise<void> {
  const bytes = decompress(await open(), limits);
  try {
    for await (const item of readTar(bytes)) {
      signal.throwIfAborted();
      await take(item, cleanPath(item.path));
    }
    for await (const _rest of bytes) signal.throwIfAborted();
  } finally {
    await bytes.return();
  }
}

/** Whether a path says that something is gone: https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts */
function takeWhiteout(path: string, whiteouts: string[], opaque: string[]): boolean {
  const slash = path.lastIndexOf('/');
  const folder = slash < 0 ? '' : path.slice(0, slash);
  const name = path.slice(slash + 1);
  if (!name.startsWith(WHITEOUT)) return false;
  const gone = name.slice(WHITEOUT.length);
  if (name === OPAQUE) opaque.push(folder);
  // Other names of this kind are notes of a file system to itself; dots would take away more than they name.
  else if (!gone.startsWith(WHITEOUT) && !['', '.', '..'].includes(gone)) {
    whiteouts.push(folder === '' ? gone : `${folder}/${gone}`);
  }
  return true;
}

/** Where a chain of hard links ends. */
function endOf(path: string, targets: ReadonlyMap<string, string>): string {
  let end = path;
  for (let hops = 0; hops < MAX_HOPS; hops += 1) {
    const next = targets.get(end);
    if (next === undefined || next === path) return end;
    end = next;
  }
  return end;
}

/** A path from the root of the image; one that climbs above it stays there, as in a container. */
function cleanPath(binary: string): string {
  return textOf(trimRight(posix.normalize(`/${binary}`).slice(1), '/'));
}

/** Names are bytes; those that are UTF-8, which is nearly all, are shown as what they say. */
function textOf(binary: string): string {
  const bytes = Buffer.from(binary, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : binary;
}

function setValue<T>(entries: LayerEntry<T>[], at: number, value: T | undefined): void {
  const entry = entries[at];
  if (entry !== undefined && value !== undefined) entries[at] = { ...entry, value };
}

function setUnread<T>(entries: LayerEntry<T>[], at: number, target: string): void {
  const entry = entries[at];
  if (entry !== undefined) entries[at] = { ...entry, unread: `it is a hard link to '${target}', which cannot be read` };
}
