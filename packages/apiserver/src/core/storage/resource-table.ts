import type { KubeObject } from '@cartographer/machinery';

import { EventWindow } from './event-window.ts';

/** Someone who wants to know that a table's window has grown. */
export interface TableListener {
  changed(): void;
  /** The table is gone: its CustomResourceDefinition was deleted, or the server closes. */
  closed(): void;
}

/** How many changes of one resource a watch may lag behind. */
const WINDOW_LIMIT = 10_000;

/** All live objects of one resource, in memory: the truth that every read sees. Objects are frozen. */
export class ResourceTable {
  /** Storage name: `configmaps`, `gadgets.probe.test`. */
  readonly id: string;
  readonly durable: boolean;
  readonly window: EventWindow;
  readonly listeners: Set<TableListener> = new Set();
  readonly #namespaces = new Map<string, Bucket>();
  #all: readonly KubeObject[] | undefined;

  constructor(id: string, resourceVersion: number, durable = true, windowLimit = WINDOW_LIMIT) {
    this.id = id;
    this.durable = durable;
    this.window = new EventWindow(windowLimit, resourceVersion);
  }

  get(namespace: string, name: string): KubeObject | undefined {
    return this.#namespaces.get(namespace)?.get(name);
  }

  set(namespace: string, name: string, object: KubeObject): void {
    let bucket = this.#namespaces.get(namespace);
    if (bucket === undefined) this.#namespaces.set(namespace, (bucket = new Bucket()));
    bucket.set(name, object);
    this.#all = undefined;
  }

  remove(namespace: string, name: string): void {
    const bucket = this.#namespaces.get(namespace);
    bucket?.remove(name);
    if (bucket?.size === 0) this.#namespaces.delete(namespace);
    this.#all = undefined;
  }

  /** What {@link snapshot} was at an earlier resource version; undefined when changes since then are lost. */
  snapshotAt(resourceVersion: number, namespace?: string): readonly KubeObject[] | undefined {
    const position = this.window.after(resourceVersion);
    if (position === undefined) return undefined;
    const objects = new Map(this.snapshot(namespace).map((object) => [placeOf(object), object]));
    for (let index = this.window.end - 1; index >= position; index--) {
      const change = this.window.at(index);
      if (change === undefined || (namespace !== undefined && change.object.metadata.namespace !== namespace)) continue;
      if (change.old === undefined) objects.delete(placeOf(change.object));
      else objects.set(placeOf(change.object), change.old);
    }
    return [...objects].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, object]) => object);
  }

  /** The objects of one namespace, or all of them, in the order of namespace and name. Never changes afterwards. */
  snapshot(namespace?: string): readonly KubeObject[] {
    if (namespace !== undefined) return this.#namespaces.get(namespace)?.sorted() ?? [];
    if (this.#all === undefined) {
      const names = [...this.#namespaces.keys()].toSorted();
      this.#all = names.flatMap((name) => this.#namespaces.get(name)?.sorted() ?? []);
    }
    return this.#all;
  }
}

/** Sorts as namespace and name do: NUL stands before every character of a name. */
function placeOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}\u0000${metadata.name ?? ''}`;
}

/** One namespace of a table. Sorting happens when a list asks for it, and then only merges what is new. */
class Bucket {
  readonly #objects = new Map<string, KubeObject>();
  #names: string[] = [];
  #added: string[] = [];
  #sorted: readonly KubeObject[] | undefined;

  get size(): number {
    return this.#objects.size;
  }

  get(name: string): KubeObject | undefined {
    return this.#objects.get(name);
  }

  set(name: string, object: KubeObject): void {
    if (!this.#objects.has(name)) this.#added.push(name);
    this.#objects.set(name, object);
    this.#sorted = undefined;
  }

  remove(name: string): void {
    this.#objects.delete(name);
    this.#sorted = undefined;
  }

  sorted(): readonly KubeObject[] {
    if (this.#sorted !== undefined) return this.#sorted;
    const added = this.#added.length === 0 ? [] : [...new Set(this.#added)].toSorted();
    // two sorted runs: the sort merges them in linear time; a name deleted and added again stands twice
    const names = added.length === 0 ? this.#names : [...this.#names, ...added].toSorted();
    const objects: KubeObject[] = [];
    this.#names = names.filter((name, index) => {
      const object = name === names[index - 1] ? undefined : this.#objects.get(name);
      if (object !== undefined) objects.push(object);
      return object !== undefined;
    });
    this.#added = [];
    this.#sorted = objects;
    return objects;
  }
}
