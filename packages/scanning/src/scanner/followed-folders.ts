import type { Clock } from '@cartographer/machinery';
import { type Watch, watchDirectory } from '../sources/watch-directory.ts';

/** The folders of sources that are watched. */
export type FollowedFolders = {
  /** Watches the folder of a source from now on, and no other one of it; undefined ends that. Repeat it at will. */
  follow(name: string, folder: string | undefined): void;
  close(): void;
};

/** Watches the folder of each source that has one; what cannot be watched is tried again when the source is read. */
export function createFollowedFolders({
  clock,
  onChange,
  watch,
}: {
  readonly clock: Clock;
  /** The folder of this source has changed, and rests. */
  readonly onChange: (name: string) => void;
  readonly watch?: Watch;
}): FollowedFolders {
  const followed = new Map<string, { readonly folder: string; readonly end: () => void }>();
  const end = (name: string): void => {
    followed.get(name)?.end();
    followed.delete(name);
  };
  return {
    follow(name, folder) {
      if (followed.get(name)?.folder === folder) return;
      end(name);
      if (folder === undefined) return;
      let isLost = false;
      const onError = (): void => {
        isLost = true;
        followed.delete(name);
      };
      const how = { folder, clock, onSettled: () => onChange(name), onError };
      const stop = watchDirectory(watch === undefined ? how : { ...how, watch });
      if (!isLost) followed.set(name, { folder, end: stop });
    },
    close() {
      for (const name of followed.keys()) end(name);
    },
  };
}
