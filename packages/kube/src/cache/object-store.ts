import type { KubeObject } from '@cartographer/machinery';
import { objectKey } from '@cartographer/machinery';

/** Gives the values under which an object is found in an index; none means that it is not in it. */
export type IndexFunction = (object: KubeObject) => readonly string[];

/** Objects of one type by key, with indexes. */
export interface ObjectStore {
  get(key: string): KubeObject | undefined;
  /** A snapshot; the same array until something changes. */
  list(): readonly KubeObject[];
  /**
   * The objects with this value in this index.
   * @throws RangeError when there is no such index.
   */
  byIndex(index: string, value: string): readonly KubeObject[];
  keys(): Iterable<string>;
  readonly size: number;
  set(key: string, object: KubeObject): void;
  delete(key: string): void;
}

type Index = { readonly valuesOf: IndexFunction; readonly buckets: Map<string, Map<string, KubeObject>> };

/** Makes an empty {@link ObjectStore}. An index function that throws is reported and counts as "no values". */
export function createObjectStore(
  indexes: Readonly<Record<string, IndexFunction>>,
  onIndexFailure: (index: string, key: string, error: unknown) => void,
): ObjectStore {
  const objects = new Map<string, KubeObject>();
  const byName = new Map<string, Index>(
    Object.entries(indexes).map(([name, valuesOf]) => [name, { valuesOf, buckets: new Map() }]),
  );
  let snapshot: readonly KubeObject[] | undefined;

  const valuesOf = (name: string, index: Index, object: KubeObject): readonly string[] => {
    try {
      return index.valuesOf(object);
    } catch (error) {
      onIndexFailure(name, objectKey(object.metadata), error);
      return [];
    }
  };

  const unindex = (key: string, object: KubeObject): void => {
    for (const [name, index] of byName) {
      for (const value of valuesOf(name, index, object)) {
        const bucket = index.buckets.get(value);
        bucket?.delete(key);
        if (bucket?.size === 0) index.buckets.delete(value);
      }
    }
  };

  const reindex = (key: string, object: KubeObject): void => {
    for (const [name, index] of byName) {
      for (const value of valuesOf(name, index, object)) {
        const bucket = index.buckets.get(value);
        if (bucket === undefined) index.buckets.set(value, new Map([[key, object]]));
        else bucket.set(key, object);
      }
    }
  };

  const remove = (key: string): void => {
    const old = objects.get(key);
    if (old !== undefined) unindex(key, old);
  };

  return {
    get: (key) => objects.get(key),
    list: () => (snapshot ??= [...objects.values()]),
    byIndex(name, value) {
      const index = byName.get(name);
      if (index === undefined) throw new RangeError(`there is no index "${name}"; name it when creating the informer`);
      return [...(index.buckets.get(value)?.values() ?? [])];
    },
    keys: () => objects.keys(),
    get size() {
      return objects.size;
    },
    set(key, object) {
      remove(key);
      objects.set(key, object);
      reindex(key, object);
      snapshot = undefined;
    },
    delete(key) {
      remove(key);
      objects.delete(key);
      snapshot = undefined;
    },
  };
}
