import type { KubeObject } from '@cartographer/machinery';
import { objectKey } from '@cartographer/machinery';
import { isOlder } from '../client/resource-version.ts';
import type { ObjectStore } from './object-store.ts';

/** What happened to one object of a mirror. */
export type Change = {
  readonly type: 'added' | 'updated' | 'deleted';
  readonly object: KubeObject;
  readonly old?: KubeObject;
};

/**
 * Keeps a store equal to the server's collection as of a position, the resource version up to which every event is
 * known. Lists and events may come in any overlap: nothing newer is ever replaced by something older.
 */
export interface ObjectMirror {
  readonly position: string | undefined;
  /**
   * Takes over a consistent list. A list older than the position is ignored, unless the server has been restored from
   * a backup: then the past is the truth.
   */
  replace(objects: readonly KubeObject[], resourceVersion: string | undefined, restored?: boolean): readonly Change[];
  /** Takes over one watch event; undefined if it says nothing new. */
  apply(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubeObject): Change | undefined;
  /** A bookmark: everything up to here has been sent. */
  advance(resourceVersion: string | undefined): void;
}

/** Makes an {@link ObjectMirror} over an empty store. */
export function createObjectMirror(store: ObjectStore): ObjectMirror {
  let position: string | undefined;

  const advance = (resourceVersion: string | undefined): void => {
    if (resourceVersion !== undefined && !isOlder(resourceVersion, position)) position = resourceVersion;
  };

  return {
    get position() {
      return position;
    },
    advance,
    replace(objects, resourceVersion, restored = false) {
      if (!restored && isOlder(resourceVersion, position)) return [];
      position = resourceVersion;
      return replaceAll(store, objects, restored);
    },
    apply(type, object) {
      const key = objectKey(object.metadata);
      const { resourceVersion } = object.metadata;
      const old = store.get(key);
      // Events of one watch come in order: at or below the position means seen before, or covered by a list.
      if (isOlder(resourceVersion, position)) return undefined;
      if (old !== undefined && isOlder(resourceVersion, old.metadata.resourceVersion)) return undefined;
      advance(resourceVersion);
      if (type === 'DELETED') {
        if (old === undefined) return undefined;
        store.delete(key);
        return { type: 'deleted', object, old };
      }
      if (isSame(old, object)) return undefined;
      store.set(key, object);
      return old === undefined ? { type: 'added', object } : { type: 'updated', object, old };
    },
  };
}

/** After a restore a version may stand for another content than before, so nothing counts as unchanged then. */
function replaceAll(store: ObjectStore, objects: readonly KubeObject[], restored: boolean): readonly Change[] {
  const changes: Change[] = [];
  const gone = new Set(store.keys());
  for (const object of objects) {
    const key = objectKey(object.metadata);
    gone.delete(key);
    const old = store.get(key);
    if (!restored && isSame(old, object)) continue;
    store.set(key, object);
    changes.push(old === undefined ? { type: 'added', object } : { type: 'updated', object, old });
  }
  for (const key of gone) {
    const object = store.get(key);
    if (object === undefined) continue;
    store.delete(key);
    changes.push({ type: 'deleted', object, old: object });
  }
  return changes;
}

/** Same life, same version: nothing to tell. */
function isSame(old: KubeObject | undefined, object: KubeObject): boolean {
  if (old === undefined || old.metadata.uid !== object.metadata.uid) return false;
  const { resourceVersion } = object.metadata;
  return resourceVersion !== undefined && old.metadata.resourceVersion === resourceVersion;
}
