import { FIELD_MANAGER } from '@cartographer/api';
import type { PlannedEvent } from '@cartographer/engine';
import {
  type Client,
  type EventRecorder,
  type InformerEvent,
  isConflict,
  isNotFound,
  withoutManagedFields,
} from '@cartographer/kube';
import { deepEqual, type JsonObject, type KubeObject, objectKey, type ResourceType } from '@cartographer/machinery';
import { CatchUp } from '../caches/catch-up.ts';
import { leftInStatus } from './take-over.ts';

/** Tells the cluster how a reconcile ended, and remembers what was told until the caches have it. */
export interface Reporter {
  /** The object with our last status write folded in. */
  latest(object: KubeObject): KubeObject;
  /** Whether an event only brings back our own status write, which may come before the write's own answer. */
  isEcho(event: InformerEvent): boolean;
  /** Forgets an object that is gone. */
  forget(key: string): void;
  /** Sends events; a warning that the reconcile before gave as well is not repeated. */
  events(about: KubeObject, events: readonly PlannedEvent[]): void;
  /** Writes the whole status; an object that is gone or was made anew is left alone. */
  status(object: KubeObject, status: JsonObject, signal: AbortSignal): Promise<void>;
}

/** Makes the reporter of one kind. */
export function createReporter(deps: {
  client: Client;
  type: ResourceType;
  recorder?: Pick<EventRecorder, 'event'>;
}): Reporter {
  const { client, type, recorder } = deps;
  const own = new CatchUp();
  /** The status of the last write of each object, from the moment it is sent. */
  const sent = new Map<string, JsonObject>();
  /** The warnings of the last reconcile of each object: what still stands is not told again. */
  const warned = new Map<string, readonly string[]>();

  /** Removes what the first implementation left in the status. */
  async function tidied(written: KubeObject, status: JsonObject, signal: AbortSignal): Promise<KubeObject> {
    const body = leftInStatus(written, status);
    if (body === undefined) return written;
    const { namespace, name = '' } = written.metadata;
    const key = { namespace, name };
    return client.patch(type, key, { kind: 'merge', body, subresource: 'status', fieldManager: FIELD_MANAGER, signal });
  }

  return {
    latest: (object) => own.resolve(objectKey(object.metadata), object) ?? object,
    isEcho({ object, old }) {
      const status = sent.get(objectKey(object.metadata));
      if (status === undefined || old === undefined) return false;
      if (!onlyStatusDiffers(object, old) || !deepEqual(object['status'], status)) return false;
      sent.delete(objectKey(object.metadata));
      return true;
    },
    forget(key) {
      sent.delete(key);
      warned.delete(key);
      own.forget(key);
    },
    events(about, events) {
      const key = objectKey(about.metadata);
      const known = warned.get(key) ?? [];
      for (const { type: severity, reason, message } of events) {
        if (severity === 'Normal' || !known.includes(message)) recorder?.event(about, severity, reason, message);
      }
      const warnings = events.filter((event) => event.type === 'Warning').map(({ message }) => message);
      if (warnings.length > 0) warned.set(key, warnings);
      else warned.delete(key);
    },
    async status(object, status, signal) {
      const { apiVersion, kind, metadata } = object;
      const { name, namespace, uid } = metadata;
      const body = { apiVersion, kind, metadata: { name, namespace, uid }, status };
      sent.set(objectKey(metadata), status);
      try {
        const written = await client.apply(type, body, {
          fieldManager: FIELD_MANAGER,
          force: true,
          subresource: 'status',
          signal,
        });
        // As the cache would show it: what a template sees must not depend on where its owner comes from.
        own.wrote(objectKey(metadata), withoutManagedFields(await tidied(written, status, signal)));
      } catch (error) {
        if (!isNotFound(error) && !isConflict(error)) throw error; // a conflict here means another uid
      }
    },
  };
}

function onlyStatusDiffers({ metadata: now }: KubeObject, { metadata: before }: KubeObject): boolean {
  return (
    now.uid === before.uid &&
    now.generation === before.generation &&
    now.deletionTimestamp === before.deletionTimestamp &&
    deepEqual(now.labels, before.labels) &&
    deepEqual(now.annotations, before.annotations)
  );
}
