import type { PlannedEvent } from '@cartographer/engine';
import { type Client, type EventRecorder, isConflict, isNotFound } from '@cartographer/kube';
import { type JsonObject, type KubeObject, objectKey, type ResourceType } from '@cartographer/machinery';
import { CatchUp } from './catch-up.ts';
import { FIELD_MANAGER } from './writes.ts';

/** Tells the cluster how a reconcile ended, and remembers what was told until the caches have it. */
export interface Reporter {
  /** The object with our last status write folded in. */
  latest(object: KubeObject): KubeObject;
  /** Whether an event only brings back our own last status write. */
  isEcho(object: KubeObject): boolean;
  /** Forgets an object that is gone. */
  forget(key: string): void;
  events(about: KubeObject, events: readonly PlannedEvent[]): void;
  /** Writes the whole status; an object that is gone or was made anew is left alone. */
  status(object: KubeObject, status: JsonObject, signal: AbortSignal): Promise<void>;
}

/** Makes the reporter of one kind. */
export function createReporter(deps: { client: Client; type: ResourceType; recorder?: EventRecorder }): Reporter {
  const { client, type, recorder } = deps;
  const own = new CatchUp();
  const lastWritten = new Map<string, string>();

  return {
    latest: (object) => own.resolve(objectKey(object.metadata), object) ?? object,
    isEcho: ({ metadata }) => lastWritten.get(objectKey(metadata)) === metadata.resourceVersion,
    forget(key) {
      lastWritten.delete(key);
      own.forget(key);
    },
    events(about, events) {
      for (const { type: severity, reason, message } of events) recorder?.event(about, severity, reason, message);
    },
    async status(object, status, signal) {
      const { apiVersion, kind, metadata } = object;
      const { name, namespace, uid } = metadata;
      const body = { apiVersion, kind, metadata: { name, namespace, uid }, status };
      try {
        const written = await client.apply(type, body, {
          fieldManager: FIELD_MANAGER,
          force: true,
          subresource: 'status',
          signal,
        });
        lastWritten.set(objectKey(metadata), written.metadata.resourceVersion ?? '');
        own.wrote(objectKey(metadata), written);
      } catch (error) {
        if (!isNotFound(error) && !isConflict(error)) throw error; // a conflict here means another uid
      }
    },
  };
}
