import type { KubeObject, ObjectMeta } from '@cartographer/machinery';

/**
 * What our own write left behind: the answered object as the cache would show it; of a write at another version of the
 * kind no more than which object it is and how far it has come; or that the object is gone.
 */
type Own = { readonly version: bigint } & (
  | { readonly kind: 'here'; readonly object: KubeObject }
  | { readonly kind: 'elsewhere'; readonly metadata: ObjectMeta }
  | { readonly kind: 'gone' }
);

/** Bounds the memory of writes whose watch event never came, for example because the selector does not match. */
const MAX_OWN_WRITES = 20_000;

/**
 * Own writes that the cache has not caught up with yet. A cache lags behind the server; without this, a reconcile that
 * follows its own write too soon would see the old object and write again. Nothing is ever written into the cache itself:
 * that could hide a fresher object until the next event.
 */
export class CatchUp {
  readonly #own = new Map<string, Own>();
  /** Those of them that were written at another version. */
  readonly #elsewhere = new Set<string>();

  /** Remembers the answer to a write. */
  wrote(key: string, object: KubeObject): void {
    this.#remember(key, { kind: 'here', object, version: versionOf(object) });
  }

  /** Remembers that an object was written at another version of the kind: the cache's copy lags until its watch is past. */
  wroteElsewhere(key: string, object: KubeObject): void {
    this.#remember(key, { kind: 'elsewhere', metadata: object.metadata, version: versionOf(object) });
  }

  #remember(key: string, own: Own): void {
    const known = this.#own.get(key);
    if (known !== undefined && known.version > own.version) return;
    if (known?.kind === 'here' && own.kind === 'elsewhere' && known.version === own.version) return; // it changed nothing
    this.#keep(key, own);
  }

  #keep(key: string, own: Own): void {
    this.forget(key);
    this.#own.set(key, own);
    if (own.kind === 'elsewhere') this.#elsewhere.add(key);
    if (this.#own.size > MAX_OWN_WRITES) this.forget(this.#own.keys().next().value ?? key);
  }

  /** Remembers a delete; `seen` is the object that was deleted. */
  deleted(key: string, seen: KubeObject | undefined): void {
    if (seen === undefined && !this.#own.has(key)) return; // the cache has heard of it already: there is nothing to hide
    this.#keep(key, { kind: 'gone', version: seen === undefined ? 0n : versionOf(seen) });
  }

  /**
   * The newer of the cached object and our own last write. `position` is how far the cache has come: a write that it is
   * past has been undone if the object is not there. The watch may tell so before the write's own answer arrives.
   */
  resolve(key: string, cached: KubeObject | undefined, position?: string): KubeObject | undefined {
    const own = this.#ahead(key, cached, position);
    if (own === undefined || own.kind === 'elsewhere') return cached;
    return own.kind === 'gone' ? undefined : own.object;
  }

  /** The metadata of a write at another version that the cache has not caught up with: what it holds is out of date. */
  behind(key: string, cached: KubeObject | undefined, position?: string): ObjectMeta | undefined {
    const own = this.#ahead(key, cached, position);
    return own?.kind === 'elsewhere' ? own.metadata : undefined;
  }

  /** Our own last write, unless the cache is past it. */
  #ahead(key: string, cached: KubeObject | undefined, position: string | undefined): Own | undefined {
    const own = this.#own.get(key);
    if (own === undefined) return undefined;
    const isPast = own.kind !== 'gone' && position !== undefined && numberOf(position) >= own.version;
    if (!isPast && (cached === undefined || versionOf(cached) <= own.version)) return own;
    this.forget(key);
    return undefined;
  }

  /** Whether this is, version for version, what our last write of the object was answered with. */
  isOwn(key: string, object: KubeObject): boolean {
    const own = this.#own.get(key);
    if (own === undefined || own.kind === 'gone') return false;
    const { resourceVersion } = own.kind === 'here' ? own.object.metadata : own.metadata;
    return resourceVersion === object.metadata.resourceVersion;
  }

  /** The watch told of this version of the object: older own writes are no longer needed. */
  observed(key: string, object: KubeObject, deleted: boolean): void {
    const own = this.#own.get(key);
    if (own !== undefined && (deleted || versionOf(object) >= own.version)) this.forget(key);
  }

  /** Forgets an object that is gone for good. */
  forget(key: string): void {
    this.#own.delete(key);
    this.#elsewhere.delete(key);
  }

  /** Whether any own write is still ahead of the cache. */
  get lagging(): boolean {
    return this.#own.size > 0;
  }

  /** Keys of own writes that the cache lacks. */
  keys(): Iterable<string> {
    return this.#own.keys();
  }

  /** Those of them that were written at another version: nearly always none. */
  keysElsewhere(): ReadonlySet<string> {
    return this.#elsewhere;
  }
}

/** Resource versions of one resource may be compared as numbers (Kubernetes 1.35 API conventions). */
function versionOf(object: KubeObject): bigint {
  return numberOf(object.metadata.resourceVersion ?? '0');
}

function numberOf(text: string): bigint {
  return /^\d+$/.test(text) ? BigInt(text) : 0n;
}
