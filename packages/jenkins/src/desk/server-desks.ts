import type { Clock, Log } from '@cartographer/machinery';
import type { Server } from '../kinds/read.ts';
import type { ServerAccess } from './server-access.ts';
import { ServerDesk } from './server-desk.ts';

/** What {@link ServerDesks} needs. */
export type ServerDesksOptions = {
  readonly access: ServerAccess;
  readonly clock: Clock;
  readonly log: Log;
  readonly wake: (build: string) => void;
  readonly mayChange: () => boolean;
  readonly onChange: (server: string) => void;
};

/** The desks of all servers, by `KIND/NAME` or `KIND/NAMESPACE/NAME`. */
export class ServerDesks {
  readonly #options: ServerDesksOptions;
  readonly #desks = new Map<string, { readonly desk: ServerDesk; spec: string }>();
  /** Where each build is followed. */
  readonly #places = new Map<string, string>();

  constructor(options: ServerDesksOptions) {
    this.#options = options;
  }

  /** The desk of a server as it is now. */
  of(key: string, server: Server): ServerDesk {
    const spec = JSON.stringify(server);
    const known = this.#desks.get(key);
    if (known !== undefined) {
      if (known.spec !== spec) known.desk.server = server;
      known.spec = spec;
      return known.desk;
    }
    const desk = new ServerDesk({ ...this.#options, key, server });
    this.#desks.set(key, { desk, spec });
    return desk;
  }

  /** The desk that a build is followed at from now on, and at no other. */
  ofBuild(build: string, key: string, server: Server): ServerDesk {
    const place = this.#places.get(build);
    if (place !== undefined && place !== key) this.unfollow(build);
    this.#places.set(build, key);
    return this.of(key, server);
  }

  /** A build is followed nowhere any more. */
  unfollow(build: string): void {
    this.#desks.get(this.#places.get(build) ?? '')?.desk.unfollow(build);
    this.#places.delete(build);
  }

  /** Gives back the turns that a build may have. */
  release(build: string): void {
    this.#desks.get(this.#places.get(build) ?? '')?.desk.release(build);
  }

  /** A server is gone: its connections are ended. */
  async forget(key: string): Promise<void> {
    const known = this.#desks.get(key);
    this.#desks.delete(key);
    await known?.desk.stop();
    await this.#options.access.forget(key);
  }

  /** How many builds are followed on each server. */
  followed(): readonly (readonly [server: string, builds: number])[] {
    return [...this.#desks].map(([key, { desk }]) => [key, desk.followed]);
  }

  /** How many requests each server was sent. */
  requests(): readonly (readonly [server: string, requests: number])[] {
    return [...this.#desks].map(([key, { desk }]) => [key, desk.requests]);
  }

  get isIdle(): boolean {
    return [...this.#desks.values()].every(({ desk }) => desk.isIdle);
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#desks.values()].map(({ desk }) => desk.stop()));
    await this.#options.access.close();
  }
}
