import { type FSWatcher, watch } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import type { Clock, Log } from '@cartographer/machinery';

/** Watches the refs of repositories on this machine. */
export interface LocalRepositoryWatch {
  /**
   * Calls back for the key when refs of the repository at `path` may have moved. A second call
   * replaces the first. Resolves when every move from now on is noticed.
   */
  watch(key: string, path: string): Promise<void>;
  unwatch(key: string): void;
  close(): void;
}

/** Events come in bursts (lock, write, rename): one call back for each burst. */
const SETTLE_MS = 10;
/** A repository that changes while it is looked at is looked at again, but not for ever. */
const MAX_ROUNDS = 5;
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
    async watch(key, path) {
      const known = watches.get(key);
      if (known?.path === path) return known.refs.started;
      unwatch(key);
      const refs = new RefsWatch(path, () => options.onChange(key), options.clock, options.log.child({ key }));
      watches.set(key, { path, refs });
      return refs.started;
    },
    unwatch,
    close() {
      for (const key of watches.keys()) unwatch(key);
    },
  };
}

/**
 * Watches the few folders that hold refs, each by itself: a recursive watch would cover every object
 * of the repository. After each burst of events the folders are worked out and watched anew, so that
 * those which were renamed over or removed and made again are followed: a watch stays with the folder
 * that it began with, and not even its inode number tells. While the repository is missing, the
 * nearest folder that exists is watched for its return.
 */
class RefsWatch {
  /** Settles when the first watches are in place. */
  readonly started: Promise<void>;
  readonly #path: string;
  readonly #onChange: () => void;
  readonly #clock: Clock;
  readonly #log: Log;
  #watchers: readonly FSWatcher[] = [];
  #cancelSettle: (() => void) | undefined;
  #closed = false;

  constructor(path: string, onChange: () => void, clock: Clock, log: Log) {
    this.#path = path;
    this.#onChange = onChange;
    this.#clock = clock;
    this.#log = log;
    this.started = this.#follow();
  }

  close(): void {
    this.#closed = true;
    this.#cancelSettle?.();
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = [];
  }

  /** Watches what there is to watch now; looks again until nothing changed while the watches were opened. */
  async #follow(): Promise<void> {
    try {
      let folders = await foldersToWatch(this.#path);
      for (let round = 0; round < MAX_ROUNDS && !this.#closed; round += 1) {
        const old = this.#watchers;
        this.#watchers = [...folders.keys()].flatMap((folder) => this.#open(folder) ?? []);
        for (const watcher of old) watcher.close();
        const now = await foldersToWatch(this.#path);
        if (isSame(folders, now)) return;
        folders = now;
      }
    } catch (error) {
      this.#log.warn({ err: error, path: this.#path }, 'cannot watch repository; its interval still counts');
    }
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
      void this.#follow().then(() => {
        if (!this.#closed) this.#onChange();
      });
    });
  }
}

function isSame(left: ReadonlyMap<string, number>, right: ReadonlyMap<string, number>): boolean {
  return left.size === right.size && [...left].every(([folder, inode]) => right.get(folder) === inode);
}

/** git writes `X.lock` and renames it to X: only the second matters. Its index, logs and objects never do. */
function isOfInterest(name: string | null): boolean {
  if (name === null) return true;
  return !name.endsWith('.lock') && !IGNORED.has(name);
}

const IGNORED = new Set([
  'index',
  'objects',
  'logs',
  'COMMIT_EDITMSG',
  'ORIG_HEAD',
  'FETCH_HEAD',
  'config',
  'hooks',
  'info',
]);

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
