import { type FSWatcher, watch } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import type { Clock, Log } from '@cartographer/machinery';

/** Watches the refs of repositories on this machine. */
export interface LocalRepositoryWatch {
  /** Calls back for the key when refs of the repository at `path` may have moved. A second call replaces the first. */
  watch(key: string, path: string): void;
  unwatch(key: string): void;
  close(): void;
}

/** Events come in bursts (lock, write, rename): one call back for each burst. */
const SETTLE_MS = 20;
/** More folders of refs than this are left to the interval. */
const MAX_FOLDERS = 500;

/**
 * @param options.onChange gets the key. It may be called without need, never too seldom as long as
 * the system reports changes; where it does not (network drives), the interval is the safety net.
 */
export function createLocalRepositoryWatch(options: {
  readonly onChange: (key: string) => void;
  readonly clock: Clock;
  readonly log: Log;
}): LocalRepositoryWatch {
  const watches = new Map<string, { readonly path: string; readonly refs: RefsWatch }>();
  const unwatch = (key: string): void => {
    watches.get(key)?.refs.close();
    watches.delete(key);
  };
  return {
    watch(key, path) {
      if (watches.get(key)?.path === path) return;
      unwatch(key);
      const refs = new RefsWatch(path, () => options.onChange(key), options.clock, options.log.child({ key }));
      watches.set(key, { path, refs });
    },
    unwatch,
    close() {
      for (const key of watches.keys()) unwatch(key);
    },
  };
}

/**
 * Watches the few folders that hold refs, each by itself: a recursive watch would cover every object
 * of the repository. What is watched is worked out anew after each burst of events, so folders that
 * are renamed over, removed and made again are followed. While the repository is missing, the nearest
 * folder that exists is watched for its return.
 */
class RefsWatch {
  readonly #path: string;
  readonly #onChange: () => void;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #watchers = new Map<string, { readonly watcher: FSWatcher; readonly inode: number }>();
  #cancelSettle: (() => void) | undefined;
  #closed = false;

  constructor(path: string, onChange: () => void, clock: Clock, log: Log) {
    this.#path = path;
    this.#onChange = onChange;
    this.#clock = clock;
    this.#log = log;
    this.#rescan(false);
  }

  close(): void {
    this.#closed = true;
    this.#cancelSettle?.();
    for (const { watcher } of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #rescan(tell: boolean): void {
    this.#follow().then(
      (grown) => {
        // A ref may have moved between the event and the new watch.
        if (!this.#closed && (tell || grown)) this.#onChange();
      },
      (error: unknown) => this.#log.warn({ err: error, path: this.#path }, 'cannot watch repository; its interval still counts'),
    );
  }

  /** Watches what there is to watch now; true when a folder came that was not watched before. */
  async #follow(): Promise<boolean> {
    const folders = await foldersToWatch(this.#path);
    if (this.#closed) return false;
    for (const [folder, { watcher, inode }] of this.#watchers) {
      if (folders.get(folder) === inode) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    const isFirst = this.#watchers.size === 0;
    let grown = false;
    for (const [folder, inode] of folders) {
      if (this.#watchers.has(folder)) continue;
      const watcher = this.#open(folder);
      if (watcher === undefined) continue;
      this.#watchers.set(folder, { watcher, inode });
      grown = true;
    }
    return grown && !isFirst;
  }

  #open(folder: string): FSWatcher | undefined {
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        if (isOfInterest(name)) this.#settle();
      });
      watcher.on('error', () => this.#settle()); // the folder went away: look again
      return watcher;
    } catch (error) {
      this.#log.warn({ err: error, folder }, 'cannot watch folder; the interval of the repository still counts');
      return undefined;
    }
  }

  #settle(): void {
    if (this.#closed || this.#cancelSettle !== undefined) return;
    this.#cancelSettle = this.#clock.schedule(SETTLE_MS, () => {
      this.#cancelSettle = undefined;
      this.#rescan(true);
    });
  }
}

/** git writes `X.lock` and renames it to X: only the second matters. Its index, logs and objects never do. */
function isOfInterest(name: string | null): boolean {
  if (name === null) return true;
  return !name.endsWith('.lock') && !IGNORED.has(name);
}

const IGNORED = new Set(['index', 'objects', 'logs', 'COMMIT_EDITMSG', 'ORIG_HEAD', 'FETCH_HEAD', 'config', 'hooks', 'info']);

/** The folders whose entries are refs, each with its inode: a folder that was replaced has another. */
async function foldersToWatch(path: string): Promise<ReadonlyMap<string, number>> {
  const folders = new Map<string, number>();
  const gitFolder = await findGitFolder(path);
  if (gitFolder === undefined) {
    await add(folders, await nearestFolder(path));
    return folders;
  }
  // The folder around is watched as well: when `.git` is removed and made again, its own watch is blind.
  await add(folders, dirname(gitFolder));
  await add(folders, gitFolder);
  const common = (await readFile(join(gitFolder, 'commondir'), 'utf8').catch(() => '')).trim();
  const shared = common === '' ? gitFolder : isAbsolute(common) ? common : join(gitFolder, common);
  await add(folders, shared);
  await add(folders, join(shared, 'reftable'));
  await addTree(folders, join(shared, 'refs'));
  return folders;
}

async function findGitFolder(path: string): Promise<string | undefined> {
  const inside = join(path, '.git');
  const found = await stat(inside).catch(() => undefined);
  if (found?.isDirectory() === true) return inside;
  if (found?.isFile() === true) {
    const link = /^gitdir: (.*)$/m.exec(await readFile(inside, 'utf8').catch(() => ''))?.[1]?.trim();
    if (link !== undefined) return isAbsolute(link) ? link : join(path, link);
  }
  const bare = await stat(join(path, 'HEAD')).catch(() => undefined);
  return bare === undefined ? undefined : path;
}

async function nearestFolder(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  const parent = dirname(path);
  return found?.isDirectory() === true || parent === path ? path : nearestFolder(parent);
}

async function addTree(folders: Map<string, number>, folder: string): Promise<void> {
  if (folders.size >= MAX_FOLDERS || !(await add(folders, folder))) return;
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (entry.isDirectory()) await addTree(folders, join(folder, entry.name));
  }
}

async function add(folders: Map<string, number>, folder: string): Promise<boolean> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() !== true) return false;
  folders.set(folder, found.ino);
  return true;
}
