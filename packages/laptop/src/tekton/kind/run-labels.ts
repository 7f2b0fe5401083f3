import type { Client } from '@cartographer/kube';
import type { KubeObject, ResourceType } from '@cartographer/machinery';
import { FIELD_MANAGER } from './tekton-types.ts';

/** Gives a run the labels that it has not, and answers with the run as it is then. Labels that it has stay as they are. */
export async function withLabels(
  client: Pick<Client, 'apply'>,
  type: ResourceType,
  object: KubeObject,
  labels: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<KubeObject> {
  const has = object.metadata.labels ?? {};
  const missing = Object.entries(labels).filter(([key]) => !Object.hasOwn(has, key));
  if (missing.length === 0) return object;
  const { apiVersion, kind } = object;
  const { name, namespace } = object.metadata;
  const own = Object.fromEntries([...ownLabels(has, labels), ...missing]);
  const applied = { apiVersion, kind, metadata: { name, namespace, labels: own } };
  return client.apply(type, applied, { fieldManager: FIELD_MANAGER, force: true, signal });
}

/** Those that are there with our value may be ours: left out of an apply, they would be taken away. */
function ownLabels(
  has: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): readonly (readonly [string, string])[] {
  return Object.entries(labels).filter(([key, value]) => Object.hasOwn(has, key) && has[key] === value);
}
