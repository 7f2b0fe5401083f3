import type { KubeObject, ResourceType, WatchEvent, WireRequest, WireResponse } from '@cartographer/machinery';
import { failure, objectKey } from '@cartographer/machinery';

/** The type that a {@link ScriptedCollection} serves. */
export const things: ResourceType = {
  group: 'acme.dev',
  version: 'v1',
  kind: 'Thing',
  resource: 'things',
  namespaced: true,
};

/**
 * One collection of an API server, small enough that a test controls everything: versions, history, bookmarks, and
 * when watches end. For faults of transport and server, put it behind the test kit's fault transport.
 */
export interface ScriptedCollection {
  handle(request: WireRequest): Promise<WireResponse>;
  put(name: string, fields?: object): KubeObject;
  remove(name: string): void;
  readonly version: number;
  /** Forgets the history, so that watches from an older version get 410. */
  compact(): void;
  bookmark(): void;
  endWatches(): void;
  /** Goes back to an earlier version, as a restore from a backup does, and ends all watches. */
  restore(version: number, names: readonly string[]): void;
  readonly openWatches: number;
  readonly requests: readonly WireRequest[];
}

type Entry = { readonly version: number; readonly event: WatchEvent };
type Watcher = { push: (event: WatchEvent) => void; end: () => void };

/** Makes an empty {@link ScriptedCollection} at version 100. */
export function createScriptedCollection(): ScriptedCollection {
  const objects = new Map<string, KubeObject>();
  const requests: WireRequest[] = [];
  const watchers = new Set<Watcher>();
  let history: Entry[] = [];
  let version = 100;
  let compactedAt = 0;

  const record = (type: WatchEvent['type'], object: KubeObject): void => {
    history.push({ version, event: { type, object } });
    for (const watcher of watchers) watcher.push({ type, object });
  };
  const make = (name: string, fields: object): KubeObject => ({
    apiVersion: 'acme.dev/v1',
    kind: 'Thing',
    metadata: { namespace: 'team', name, uid: `uid-${name}`, resourceVersion: String(version), managedFields: [{}] },
    ...fields,
  });

  const list = ({ query = {} }: WireRequest): WireResponse => {
    const [at = version, from = 0] = (query['continue'] ?? '').split('/').filter(Boolean).map(Number);
    if (at < compactedAt) return refuse(410, 'Expired', 'The provided continue parameter is too old');
    const all = [...objects.values()];
    const end = from + Number(query['limit'] ?? all.length + 1);
    const next = end < all.length ? `${at}/${end}` : undefined;
    return ok({
      apiVersion: 'acme.dev/v1',
      kind: 'ThingList',
      metadata: { resourceVersion: String(at), ...(next === undefined ? {} : { continue: next }) },
      items: all.slice(from, end),
    });
  };

  const watch = ({ query = {}, signal }: WireRequest): WireResponse => {
    const since = Number(query['resourceVersion']);
    if (since < compactedAt) return refuse(410, 'Expired', `too old resource version: ${since} (${compactedAt})`);
    const queue = createQueue(() => watchers.delete(queue));
    for (const entry of history) if (entry.version > since) queue.push(entry.event);
    signal?.addEventListener('abort', queue.end, { once: true });
    watchers.add(queue);
    return { status: 200, headers: {}, events: queue.events };
  };

  return {
    handle(request) {
      requests.push(request);
      return Promise.resolve(request.query?.['watch'] === 'true' ? watch(request) : list(request));
    },
    put(name, fields = {}) {
      version++;
      const object = make(name, fields);
      const type = objects.has(objectKey(object.metadata)) ? 'MODIFIED' : 'ADDED';
      objects.set(objectKey(object.metadata), object);
      record(type, object);
      return object;
    },
    remove(name) {
      version++;
      objects.delete(`team/${name}`);
      record('DELETED', make(name, {}));
    },
    compact() {
      history = [];
      compactedAt = version;
    },
    bookmark() {
      const metadata = { resourceVersion: String(version) };
      const object = { apiVersion: 'acme.dev/v1', kind: 'Thing', metadata };
      for (const watcher of watchers) watcher.push({ type: 'BOOKMARK', object });
    },
    endWatches() {
      for (const watcher of watchers) watcher.end();
    },
    restore(to, names) {
      version = to;
      history = [];
      objects.clear();
      for (const name of names) objects.set(`team/${name}`, make(name, { restored: true }));
      this.endWatches();
    },
    get version() {
      return version;
    },
    get openWatches() {
      return watchers.size;
    },
    requests,
  };
}

function createQueue(onEnd: () => void): Watcher & { events: AsyncIterable<WatchEvent> } {
  const queued: WatchEvent[] = [];
  let ended = false;
  let wake: () => void = () => undefined;
  const end = (): void => {
    ended = true;
    onEnd();
    wake();
  };
  async function* read(): AsyncGenerator<WatchEvent> {
    try {
      for (;;) {
        for (let event = queued.shift(); event !== undefined; event = queued.shift()) yield event;
        if (ended) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      end();
    }
  }
  return {
    end,
    events: read(),
    push(event) {
      queued.push(event);
      wake();
    },
  };
}

function ok(body: WireResponse['body']): WireResponse {
  return { status: 200, headers: {}, body };
}

function refuse(code: number, reason: string, message: string): WireResponse {
  return { status: code, headers: {}, body: failure(code, reason, message) };
}
