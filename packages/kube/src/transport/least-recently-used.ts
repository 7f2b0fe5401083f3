/** A map that forgets what was not used for longest. */
export interface LeastRecentlyUsed<T> {
  get(key: string): T | undefined;
  set(key: string, value: T): void;
}

/** Makes a {@link LeastRecentlyUsed} for at most `limit` keys. */
export function createLeastRecentlyUsed<T>(limit: number): LeastRecentlyUsed<T> {
  // A Map iterates in the order of insertion, so moving a key to the end on each use makes the first the oldest.
  const entries = new Map<string, T>();
  const set = (key: string, value: T): void => {
    entries.delete(key);
    entries.set(key, value);
    if (entries.size > limit) entries.delete(entries.keys().next().value ?? '');
  };
  return {
    set,
    get(key) {
      const value = entries.get(key);
      if (value !== undefined) set(key, value);
      return value;
    },
  };
}
