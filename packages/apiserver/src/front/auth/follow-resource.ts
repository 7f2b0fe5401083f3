import type { Clock, KubeObject, Log } from '@cartographer/machinery';

import type { Core, ResourceInfo } from '../../core-api.ts';

const RETRY_MS = 1000;

/** What a follower wants to see, and who is told. */
export type FollowOptions = {
  readonly core: Pick<Core, 'list' | 'watch'>;
  readonly info: ResourceInfo;
  readonly fieldSelector?: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** An object as it is now; the same state may come twice. */
  readonly onObject: (object: KubeObject) => void | Promise<void>;
  readonly onGone?: (object: KubeObject) => void | Promise<void>;
};

/**
 * Tells of every object of a resource, then of every change, until the signal is aborted. Resolves when the
 * objects that were there at first have been told; `ended` resolves when the follower has stopped.
 */
export async function followResource(options: FollowOptions): Promise<{ readonly ended: Promise<void> }> {
  const { core, info, fieldSelector, clock, log, signal } = options;
  const known = new Map<string, KubeObject>();

  async function gone(object: KubeObject): Promise<void> {
    known.delete(object.metadata.uid ?? '');
    await options.onGone?.(object);
  }

  async function seen(object: KubeObject): Promise<void> {
    known.set(object.metadata.uid ?? '', object);
    await options.onObject(object);
  }

  /** Takes the whole state; what went while nobody watched is told as gone. */
  async function sync(): Promise<string | undefined> {
    const list = await core.list(info, { fieldSelector });
    const present = new Set(list.items.map((item) => item.metadata.uid));
    for (const object of Array.from(known.values())) if (!present.has(object.metadata.uid)) await gone(object);
    for (const item of list.items) await seen(item);
    return list.metadata.resourceVersion;
  }

  async function watch(resourceVersion: string | undefined): Promise<void> {
    for await (const event of core.watch(info, { fieldSelector, resourceVersion, signal })) {
      if (event.type === 'ADDED' || event.type === 'MODIFIED') await seen(event.object as KubeObject);
      else if (event.type === 'DELETED') await gone(event.object as KubeObject);
    }
  }

  async function run(first: string | undefined): Promise<void> {
    let from = first;
    while (!signal.aborted) {
      try {
        await watch(from ?? (await sync()));
      } catch (error) {
        if (signal.aborted) return;
        log.error({ err: error, resource: info.resource }, 'following a resource failed; trying again');
        await clock.sleep(RETRY_MS, signal).catch(() => undefined);
      }
      from = undefined; // the watch's time was up, or it failed: begin with the whole state
    }
  }

  return { ended: run(await sync()) };
}
