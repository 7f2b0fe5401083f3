import {
  type Clock,
  deepFreeze,
  failure,
  formatApiVersion,
  type KubeObject,
  memoByIdentity,
  type WatchEvent,
} from '@cartographer/machinery';

import type { WatchOptions } from '../core-api.ts';
import { checkWatchOptions } from './list-options.ts';
import { parseVersion } from './resource-version.ts';
import { createSelection, type Selection } from './selection.ts';
import type { ServedResource } from './served-resource.ts';
import type { Change } from './storage/event-window.ts';
import type { Journal } from './storage/journal.ts';
import type { TableListener } from './storage/resource-table.ts';

const BOOKMARK_EVERY_MS = 60_000;
/** Like min-request-timeout of a real server: watches without timeoutSeconds end after 30 to 60 minutes. */
const DEFAULT_TIMEOUT_MS = 30 * 60_000;
/** Timers cannot wait longer than 24 days. */
const LONGEST_TIMEOUT_MS = 24 * 60 * 60_000;

/** What a watch needs besides its options. `onEnd` tells the owner that the stream is over. */
export type WatchContext = {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly random: () => number;
};

/**
 * Opens a watch. A watcher has no queue: it is a place in the table's window of changes, so a slow
 * one costs nothing and ends when the window has moved past it.
 * @throws StatusError for bad options.
 */
export function openWatch(
  resource: ServedResource,
  options: WatchOptions,
  context: WatchContext,
): AsyncIterable<WatchEvent> {
  checkWatchOptions(options);
  const selection = createSelection(resource, options);
  const version = options.resourceVersion ? parseVersion(options.resourceVersion) : 0;
  context.journal.flush(); // pending changes come first, so that the snapshot and the place in the window agree
  const stream = new WatchStream(resource, selection, options, version, context);
  return { [Symbol.asyncIterator]: () => stream };
}

type Waiter = { readonly resolve: (result: IteratorResult<WatchEvent>) => void };

class WatchStream implements AsyncIterator<WatchEvent>, TableListener {
  readonly #resource: ServedResource;
  readonly #selection: Selection;
  readonly #context: WatchContext;
  readonly #signal: AbortSignal | undefined;
  readonly #cancel: (() => void)[] = [];
  #initial: Iterator<KubeObject> | undefined;
  #first: WatchEvent[] = [];
  #position: number;
  #after = 0;
  #waiter: Waiter | undefined;
  #bookmarkDue = false;
  #closing = false;
  #ended = false;

  constructor(
    resource: ServedResource,
    selection: Selection,
    options: WatchOptions,
    version: number,
    context: WatchContext,
  ) {
    this.#resource = resource;
    this.#selection = selection;
    this.#context = context;
    this.#signal = options.signal;
    const { table } = resource;
    this.#position = table.window.end;
    const wantsInitial = options.sendInitialEvents ?? version === 0;
    if (wantsInitial) this.#startWithObjects(options);
    else if (version > 0) this.#startAfter(version);
    if (this.#ended) return;
    table.listeners.add(this);
    this.#schedule(options);
    if (options.signal?.aborted === true) this.#end();
    else options.signal?.addEventListener('abort', this.#end, { once: true });
  }

  next(): Promise<IteratorResult<WatchEvent>> {
    const event = this.#take();
    if (event !== undefined) return Promise.resolve({ value: event, done: false });
    if (this.#closing) this.#end();
    if (this.#ended) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => {
      this.#waiter = { resolve };
    });
  }

  return(): Promise<IteratorResult<WatchEvent>> {
    this.#end();
    return Promise.resolve({ value: undefined, done: true });
  }

  changed(): void {
    if (this.#waiter !== undefined) this.#deliver();
  }

  closed(): void {
    this.#closing = true; // what the window still has is sent first
    if (this.#waiter === undefined) return;
    this.#deliver();
    if (this.#waiter !== undefined) this.#end();
  }

  #startWithObjects(options: WatchOptions): void {
    const { table } = this.#resource;
    const { namespace } = this.#selection;
    this.#initial = table.snapshot(namespace)[Symbol.iterator]();
    this.#after = this.#context.journal.publishedVersion;
    if (options.sendInitialEvents === true && options.allowWatchBookmarks === true) {
      this.#first.push(this.#bookmark({ 'k8s.io/initial-events-end': 'true' }));
    }
  }

  #startAfter(version: number): void {
    const position = this.#resource.table.window.after(version);
    this.#after = version; // of a version that is yet to come nothing is sent before it
    if (position !== undefined) {
      this.#position = position;
      return;
    }
    const text = `too old resource version: ${version} (${this.#resource.table.window.lostVersion})`;
    this.#first.push(deepFreeze({ type: 'ERROR', object: failure(410, 'Expired', text) }));
    this.#ended = true;
  }

  #schedule(options: WatchOptions): void {
    const { clock, random } = this.#context;
    const wantedMs = options.timeoutSeconds ? options.timeoutSeconds * 1000 : DEFAULT_TIMEOUT_MS * (1 + random());
    const timeoutMs = Math.min(wantedMs, LONGEST_TIMEOUT_MS);
    this.#cancel.push(clock.schedule(timeoutMs, () => this.#timeOut(options)));
    if (options.allowWatchBookmarks !== true) return;
    const tick = (): void => {
      this.#remind();
      this.#cancel[1] = clock.schedule(BOOKMARK_EVERY_MS, tick);
    };
    this.#cancel.push(clock.schedule(BOOKMARK_EVERY_MS, tick));
  }

  #timeOut(options: WatchOptions): void {
    if (options.allowWatchBookmarks === true) this.#remind();
    this.#end();
  }

  #remind(): void {
    this.#bookmarkDue = true;
    if (this.#waiter !== undefined) this.#deliver();
  }

  #deliver(): void {
    const event = this.#take();
    if (event === undefined) return;
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.resolve({ value: event, done: false });
  }

  /** The next event that this watch is to see, if there is one. */
  #take(): WatchEvent | undefined {
    return this.#takeInitial() ?? this.#first.shift() ?? this.#takeChange() ?? this.#takeBookmark();
  }

  #takeInitial(): WatchEvent | undefined {
    if (this.#initial === undefined || this.#ended) return undefined;
    for (let step = this.#initial.next(); step.done !== true; step = this.#initial.next()) {
      const object = this.#resource.view(step.value);
      if (this.#selection.matches(object)) return Object.freeze({ type: 'ADDED' as const, object });
    }
    this.#initial = undefined;
    return undefined;
  }

  #takeChange(): WatchEvent | undefined {
    const { window } = this.#resource.table;
    if (this.#ended) return undefined;
    if (this.#position < window.first) {
      this.#end(); // too slow: the client lists again
      return undefined;
    }
    while (this.#position < window.end) {
      const change = window.at(this.#position++);
      const event = change && change.resourceVersion > this.#after ? this.#eventOf(change) : undefined;
      if (event !== undefined) return event;
    }
    return undefined;
  }

  #eventOf(change: Change): WatchEvent | undefined {
    const { namespace } = this.#selection;
    if (namespace !== undefined && change.object.metadata.namespace !== namespace) return undefined;
    if (this.#selection.all) return sharedEvent(change, change.type, this.#resource);
    const isNow = change.type !== 'DELETED' && this.#selection.matches(this.#resource.view(change.object));
    const was = change.old !== undefined && this.#selection.matches(this.#resource.view(change.old));
    if (isNow) return sharedEvent(change, was ? 'MODIFIED' : 'ADDED', this.#resource);
    return was ? sharedEvent(change, 'DELETED', this.#resource) : undefined;
  }

  #takeBookmark(): WatchEvent | undefined {
    if (!this.#bookmarkDue || this.#initial !== undefined) return undefined;
    this.#bookmarkDue = false;
    return this.#bookmark();
  }

  #bookmark(annotations?: Readonly<Record<string, string>>): WatchEvent {
    const { group, version, kind } = this.#resource;
    const resourceVersion = String(Math.max(this.#after, this.#context.journal.publishedVersion));
    const metadata = {
      resourceVersion,
      creationTimestamp: null,
      ...(annotations === undefined ? {} : { annotations }),
    };
    return deepFreeze({ type: 'BOOKMARK', object: { kind, apiVersion: formatApiVersion(group, version), metadata } });
  }

  readonly #end = (): void => {
    this.#ended = true;
    this.#initial = undefined;
    this.#resource.table.listeners.delete(this);
    this.#signal?.removeEventListener('abort', this.#end);
    for (const cancel of this.#cancel.splice(0)) cancel();
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.resolve({ value: undefined, done: true });
  };
}

const eventViews = memoByIdentity((_change: Change) => new Map<string, WatchEvent>());

/** One event object for all watchers that see the change in the same way. */
function sharedEvent(change: Change, type: Change['type'], resource: ServedResource): WatchEvent {
  const views = eventViews(change);
  const key = `${type} ${resource.group}/${resource.version}`;
  let event = views.get(key);
  if (event === undefined) {
    const object = resource.view(type === 'DELETED' ? lastState(change) : change.object);
    views.set(key, (event = Object.freeze({ type, object })));
  }
  return event;
}

/** What DELETED shows: the last state that matched, under the resource version of the change. */
function lastState(change: Change): KubeObject {
  if (change.type === 'DELETED' || change.old === undefined) return change.object;
  const { resourceVersion } = change.object.metadata;
  return deepFreeze({ ...change.old, metadata: { ...change.old.metadata, resourceVersion } });
}
