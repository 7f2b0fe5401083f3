import type { InformerEvent } from '@cartographer/kube';
import type { KubeObject } from '@cartographer/machinery';
import { DependencyIndex } from '../caches/dependency-index.ts';
import type { WatchedKind } from '../caches/static-caches.ts';
import type { WakingCaches, Woken } from '../wake-ups.ts';

/** What an object says of itself besides its kind. */
export type Meta = KubeObject['metadata'];

/** Caches that hold what they are given and tell what they are told, and controllers that note whom they are to wake. */
export function watching() {
  const handlers = new Map<WatchedKind, ((event: InformerEvent) => void)[]>();
  const objects = new Map<WatchedKind, readonly KubeObject[]>();
  const caches: WakingCaches = {
    informer: (kind) => ({
      onEvent(handler) {
        handlers.set(kind, [...(handlers.get(kind) ?? []), handler]);
        return () => undefined;
      },
      list: () => objects.get(kind) ?? [],
    }),
  };
  const woken: string[] = [];
  const waking = (kind: Woken['kind'], isEcho = false): Woken => ({
    kind,
    dependencies: new DependencyIndex(),
    reporter: { isEcho: () => isEcho },
    controller: { enqueue: (key, priority) => void woken.push(`${kind} ${key} ${priority}`) },
  });
  return {
    caches,
    waking,
    hold: (kind: WatchedKind, list: readonly KubeObject[]) => void objects.set(kind, list),
    tell(kind: WatchedKind, type: InformerEvent['type'], object: KubeObject, old?: KubeObject, initial = false) {
      for (const handle of handlers.get(kind) ?? []) handle({ type, object, ...(old && { old }), initial });
    },
    /** Who was woken since this was last asked, in order. */
    awake: () => woken.splice(0),
  };
}

/** An object of a kind of ours at its first generation. */
export function thing(kind: string, metadata: Meta, more: object = {}): KubeObject {
  return { apiVersion: 'carto.run/v1alpha1', kind, metadata: { uid: 'u', generation: 1, ...metadata }, ...more };
}
