import type { Client, WrittenObjects } from '@cartographer/kube';
import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { scanningKinds } from '../kinds/kinds.ts';

/** What a status is written with. */
export type StatusDeps = {
  readonly client: Pick<Client, 'updateStatus'>;
  /** Own writes of the kind, by the keys of its queue. */
  readonly written: WrittenObjects;
};

/** The object that a status is written on. */
export type StatusTarget = {
  readonly kind: keyof typeof scanningKinds;
  /** Its key in the queue. */
  readonly key: string;
  /** The newest version that is known; one that somebody has changed since is a conflict. */
  readonly object: KubeObject;
};

/** Writes a status, unless it is the very one that the object has. Resolves to whether it was written. */
export async function writeStatus(
  { client, written }: StatusDeps,
  { kind, key, object }: StatusTarget,
  status: JsonObject,
  signal: AbortSignal,
): Promise<boolean> {
  if (status === object['status']) return false;
  written.note(key, object, await client.updateStatus(scanningKinds[kind], { ...object, status }, { signal }));
  return true;
}
