import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CartoError, type Clock, messageOf } from '@cartographer/machinery';
import { RegistryError } from '@cartographer/oci';
import { openSource } from './open-source.ts';
import { selectFiles } from './select-files.ts';
import { unreadable } from './source-tree.ts';
import { type Uploaded, type UploadOptions, uploadSource } from './upload.ts';

/** What {@link followSource} needs. */
export type FollowOptions = UploadOptions & {
  /** The artifact that was uploaded last. */
  readonly known: string;
  /** Is told when all folders are watched: from then on no change is missed. */
  readonly onWatching?: () => void;
};

/** An editor writes, renames and writes again: this long nothing may happen before a change counts as whole. */
const SETTLE_MS = 100;
/** A registry that was away is tried again, though nothing changes. */
const AGAIN_MS = 5_000;
const MAX_FOLDERS = 5_000;

/**
 * Watches sources and uploads them again after each change that settles, until the signal ends it. What changes nothing of
 * what is packed, as a file that is ignored or saved as it was, asks the registry nothing. What cannot be packed or pushed
 * is told, and tried again with the next change.
 *
 * @throws CartoError `CARTO_LOCAL_SOURCE` when there is too much to watch.
 */
export async function followSource(options: FollowOptions): Promise<void> {
  const { path, signal, clock, say } = options;
  const changes = createChanges(clock, signal);
  const watchers = new Map<string, FSWatcher>();
  let { known } = options;
  let isTold = false;
  try {
    while (!signal.aborted) {
      await watchFolders(path, { watchers, onChange: changes.note, signal });
      // What changed before its folder was watched is found now.
      const outcome = await uploadAgain({ ...options, known });
      if (typeof outcome !== 'string') known = outcome.digest;
      else say(outcome);
      if (!isTold) options.onWatching?.();
      isTold = true;
      await changes.settled(typeof outcome === 'string' ? AGAIN_MS : undefined);
    }
  } finally {
    for (const watcher of watchers.values()) watcher.close();
  }
}

/** What was uploaded, or why nothing was. */
async function uploadAgain(options: UploadOptions & { readonly known: string }): Promise<Uploaded | string> {
  try {
    return await uploadSource(options);
  } catch (error) {
    if (options.signal.aborted) return messageOf(error);
    const passes =
      error instanceof RegistryError || (error instanceof CartoError && error.code === 'CARTO_LOCAL_SOURCE');
    if (!passes) throw error;
    return `not uploaded: ${error.message}`;
  }
}

type Watching = {
  readonly watchers: Map<string, FSWatcher>;
  readonly onChange: () => void;
  readonly signal: AbortSignal;
};

/** Watches each folder that is packed from by itself: a recursive watch would cover all that is ignored. */
async function watchFolders(path: string, { watchers, onChange, signal }: Watching): Promise<void> {
  const wanted = new Set(await foldersOf(path, signal));
  for (const [folder, watcher] of watchers) {
    // A folder that was removed and made again has the name of one whose watch is blind: all are opened anew.
    watcher.close();
    watchers.delete(folder);
  }
  for (const folder of wanted) {
    try {
      const watcher = watch(folder, { persistent: false }, onChange);
      watcher.on('error', onChange);
      watchers.set(folder, watcher);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unreadable(path, '', error);
    }
  }
}

async function foldersOf(path: string, signal: AbortSignal): Promise<readonly string[]> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() !== true) return [dirname(path)];
  try {
    await using tree = await openSource(path);
    const { folders } = await selectFiles(tree, signal);
    if (folders.length > MAX_FOLDERS) throw unreadable(path, '', `it has more than ${MAX_FOLDERS} folders to watch`);
    return folders.map((folder) => join(path, folder));
  } catch (error) {
    if (error instanceof CartoError && error.message.includes('to watch')) throw error;
    return [path]; // told where it is packed
  }
}

type Changes = { readonly note: () => void; settled(againMs: number | undefined): Promise<void> };

/** Collects changes until none comes any more. */
function createChanges(clock: Clock, signal: AbortSignal): Changes {
  let isDirty = false;
  let wake = (): void => undefined;
  const note = (): void => {
    isDirty = true;
    wake();
  };
  signal.addEventListener('abort', () => wake(), { once: true });
  const change = (): Promise<void> => new Promise((resolve) => (wake = resolve));
  return {
    note,
    async settled(againMs) {
      if (!isDirty && !signal.aborted) {
        const cancel = againMs === undefined ? undefined : clock.schedule(againMs, () => wake());
        await change();
        cancel?.();
      }
      while (isDirty && !signal.aborted) {
        isDirty = false;
        await clock.sleep(SETTLE_MS, signal).catch(() => undefined);
      }
    },
  };
}
