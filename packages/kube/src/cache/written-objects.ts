import type { KubeObject } from '@cartographer/machinery';

/**
 * Our own last writes, by key, until the cache has them: a run that starts before the watch has caught up would otherwise
 * decide by an outdated status and write it again.
 */
export class WrittenObjects {
  readonly #byKey = new Map<string, { readonly superseded: Set<string>; readonly object: KubeObject }>();

  /** The object of the cache, or our own write where the cache is behind it. */
  newest(key: string, cached: KubeObject | undefined): KubeObject | undefined {
    const own = this.#byKey.get(key);
    if (own === undefined || cached === undefined) return cached;
    if (own.superseded.has(cached.metadata.resourceVersion ?? '')) return own.object;
    this.#byKey.delete(key);
    return cached;
  }

  /** Whether an object is what we wrote last: its arrival is no news. */
  isOwn(key: string, { metadata }: KubeObject): boolean {
    return this.#byKey.get(key)?.object.metadata.resourceVersion === metadata.resourceVersion;
  }

  /** Keeps what a write made of an object, unless it changed nothing. */
  note(key: string, before: KubeObject, after: KubeObject): void {
    if (before.metadata.resourceVersion === after.metadata.resourceVersion) return;
    const superseded = this.#byKey.get(key)?.superseded ?? new Set();
    superseded.add(before.metadata.resourceVersion ?? '');
    this.#byKey.set(key, { superseded, object: after });
  }

  /** Keeps nothing of a key any more: its object is gone. */
  forget(key: string): void {
    this.#byKey.delete(key);
  }
}
