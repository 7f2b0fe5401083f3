import { readdirSync, watch as watchFiles } from 'node:fs';
import type { Clock } from '@cartographer/machinery';

/** Files that change within that time are one change. */
const SETTLE_MS = 1_000;
/** So long at most a folder that never rests is waited for. */
const LONGEST_MS = 10_000;

/** Tells of each change below a folder, as often as the system wants to. @returns what ends it. */
export type Watch = (folder: string, onChange: () => void, onError: (error: unknown) => void) => () => void;

/** The watch of the operating system. @throws Error when there is no such folder, of which Node itself says nothing. */
export const watchFolder: Watch = (folder, onChange, onError) => {
  readdirSync(folder);
  const watcher = watchFiles(folder, { recursive: true, persistent: false });
  watcher.on('change', onChange);
  watcher.on('error', onError);
  return () => watcher.close();
};

/** What watches a folder. */
export type DirectoryWatchOptions = {
  readonly folder: string;
  readonly clock: Clock;
  readonly watch?: Watch;
  /** The folder has changed, and rests. */
  readonly onSettled: () => void;
  /** It cannot be watched, or no longer: read it at intervals, and watch it anew after one. */
  readonly onError: (error: unknown) => void;
};

/**
 * Calls when a folder has changed and has then been at rest for a second, or did not come to rest within ten.
 * @returns what ends it.
 */
export function watchDirectory({
  folder,
  clock,
  watch = watchFolder,
  onSettled,
  onError,
}: DirectoryWatchOptions): () => void {
  let began: number | undefined;
  let cancel = (): void => undefined;
  const settle = (): void => {
    began = undefined;
    onSettled();
  };
  const onChange = (): void => {
    began ??= clock.monotonicMs();
    cancel();
    cancel = clock.schedule(Math.min(SETTLE_MS, Math.max(0, began + LONGEST_MS - clock.monotonicMs())), settle);
  };
  let close = (): void => undefined;
  const end = (): void => {
    cancel();
    close();
  };
  const fail = (error: unknown): void => {
    end();
    onError(error);
  };
  try {
    close = watch(folder, onChange, fail);
  } catch (error) {
    fail(error);
  }
  return end;
}
