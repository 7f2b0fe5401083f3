import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { allEnded, type Clock, type Log, splitKey } from '@cartographer/machinery';
import { type App, type AppDeps, type AppState, startApp } from './app.ts';
import type { Revision } from './revisions.ts';
import { startTrafficFront, type TrafficFront } from './traffic-front.ts';

/** A revision that is being run. */
type RunningRevision = { readonly name: string; readonly state: AppState };

/** What runs of a Service. */
export type RunningApps = {
  /** Requests go to this one. */
  readonly serving?: RunningRevision;
  /** Takes over when it answers. */
  readonly next?: RunningRevision;
};

/** Runs the apps of all Services, each behind an address of its own. */
export interface ServiceApps {
  /** The folder of everything that belongs to a Service. */
  folder(key: string): string;
  running(key: string): RunningApps;
  /** The address of a Service; opened when it is asked for first. */
  url(key: string): Promise<string>;
  /** Starts a revision as the one that requests go to, or as the one that takes over later. Replaces who is there. */
  start(key: string, revision: Revision, as: 'serving' | 'next'): void;
  /** Lets the next one take over; the old one ends when its last request is answered. */
  takeOver(key: string): void;
  /** Ends the next one. */
  dismissNext(key: string): void;
  /** Removes what was unpacked for revisions that are neither run nor kept. */
  clean(key: string, kept: ReadonlySet<string>): Promise<void>;
  /** Ends everything of a Service and forgets it. */
  remove(key: string): Promise<void>;
  close(): Promise<void>;
}

type Slot = {
  front?: Promise<TrafficFront>;
  url?: TrafficFront;
  serving?: App;
  next?: App;
  readonly leaving: Set<App>;
};

const DRAIN_MS = 10_000;
const GRACE_MS = 10_000;
const LAST_GRACE_MS = 5_000;

/** Makes the apps; `onChange` is called with a Service's key when one of them gets further, ends or does not. */
export function createServiceApps(
  options: AppDeps & {
    readonly folder: string;
    readonly clock: Clock;
    readonly log: Log;
    readonly onChange: (key: string) => void;
  },
): ServiceApps {
  const { clock, log, onChange } = options;
  const slots = new Map<string, Slot>();
  const folder = (key: string): string => join(options.folder, ...key.split('/'));

  function slotOf(key: string): Slot {
    const slot = slots.get(key) ?? { leaving: new Set() };
    slots.set(key, slot);
    return slot;
  }
  function run(key: string, revision: Revision): App {
    const { namespace = 'default', name: service } = splitKey(key);
    const place = join(folder(key), 'revisions', revision.name);
    const logFile = join(folder(key), 'logs', `${revision.name}.log`);
    const app: App = startApp(
      {
        namespace,
        service,
        revision,
        folder: place,
        logFile,
        onChange: () => {
          const slot = slotOf(key);
          if (slot.serving === app) steer(slot);
          onChange(key);
        },
      },
      options,
    );
    return app;
  }
  async function leave(key: string, app: App, graceMs = GRACE_MS): Promise<void> {
    const slot = slotOf(key);
    slot.leaving.add(app);
    const state = app.state();
    if (state.kind === 'answering') await slot.url?.drained(state.port, DRAIN_MS);
    await app.stop(graceMs);
    slot.leaving.delete(app);
    if (slots.get(key) === slot) onChange(key);
  }
  function dismiss(key: string, app: App | undefined): void {
    if (app === undefined) return;
    leave(key, app).catch((error: unknown) => log.error({ err: error, service: key }, 'app did not end as it should'));
  }
  async function end(slot: Slot): Promise<void> {
    const apps = [slot.serving, slot.next, ...slot.leaving].filter((app) => app !== undefined);
    try {
      await allEnded(apps.map((app) => app.stop(LAST_GRACE_MS)));
    } finally {
      await slot.url?.close();
    }
  }

  return {
    folder,
    running(key) {
      const { serving, next } = slots.get(key) ?? {};
      return {
        ...(serving === undefined ? {} : { serving: { name: serving.revision.name, state: serving.state() } }),
        ...(next === undefined ? {} : { next: { name: next.revision.name, state: next.state() } }),
      };
    },
    async url(key) {
      const slot = slotOf(key);
      slot.front ??= startTrafficFront({ portFile: join(folder(key), 'port'), name: key, clock, log });
      try {
        slot.url = await slot.front;
      } catch (error) {
        delete slot.front;
        throw error;
      }
      return slot.url.url;
    },
    start(key, revision, as) {
      const slot = slotOf(key);
      dismiss(key, slot[as]);
      slot[as] = run(key, revision);
      if (as === 'serving') steer(slot);
    },
    takeOver(key) {
      const slot = slotOf(key);
      const { serving, next } = slot;
      if (next === undefined) return;
      slot.serving = next;
      delete slot.next;
      steer(slot);
      dismiss(key, serving);
    },
    dismissNext(key) {
      const slot = slotOf(key);
      dismiss(key, slot.next);
      delete slot.next;
    },
    async clean(key, kept) {
      const { serving, next, leaving } = slotOf(key);
      const run_ = new Set([serving, next, ...leaving].map((app) => app?.revision.name));
      const isGarbage = (name: string): boolean => !kept.has(name) && !run_.has(name);
      const revisions = join(folder(key), 'revisions');
      for (const name of await readdir(revisions).catch(() => [])) {
        // While it is being unpacked, a revision has a folder with another ending.
        if (isGarbage(name.replace(/\.new$/, ''))) await rm(join(revisions, name), { recursive: true, force: true });
      }
      const logs = join(folder(key), 'logs');
      for (const name of await readdir(logs).catch(() => [])) {
        if (isGarbage(name.replace(/\.log(\.1)?$/, ''))) await rm(join(logs, name), { force: true });
      }
    },
    async remove(key) {
      const slot = slots.get(key);
      slots.delete(key);
      if (slot !== undefined) await end(slot);
      await rm(folder(key), { recursive: true, force: true });
    },
    async close() {
      const all = [...slots.values()];
      slots.clear();
      await allEnded(all.map(end));
    },
  };
}

/** Points the address to the serving app, if that answers. */
function steer(slot: Slot): void {
  const state = slot.serving?.state();
  slot.url?.route(state?.kind === 'answering' ? state.port : undefined, slot.serving?.revision.template.limits);
}
