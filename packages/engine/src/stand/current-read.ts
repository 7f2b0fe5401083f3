import { READ_ANNOTATION, READ_CURRENT, READ_HEALTHY } from '@cartographer/api';
import type { KubeObject, ResourceType } from '@cartographer/machinery';
import { getPath } from '@cartographer/machinery';
import type { SecretValues } from '../read/secret-values.ts';
import type { Cluster } from '../world/world.ts';
import { alternation } from './alternation.ts';
import { hasDrifted } from './object-drift.ts';
import { objectText } from './stand.ts';

/**
 * Whether what objects of a template say counts only for the generation that their controller has observed: because the
 * kind's definition asks for it, or the template does. Such objects are gates: who may edit one must not pass by that.
 */
export function readsCurrent(cluster: Cluster, template: KubeObject, type: ResourceType): boolean {
  const asked = template.metadata.annotations?.[READ_ANNOTATION];
  return asked === READ_CURRENT || asked === READ_HEALTHY || cluster.readsCurrent(type);
}

/**
 * Whether an output counts only while the object is healthy, for tools that keep the last one beside a failure: kpack's
 * `latestImage` is the previous image while a build runs, and after it failed.
 */
export function readsHealthy(template: KubeObject): boolean {
  return template.metadata.annotations?.[READ_ANNOTATION] === READ_HEALTHY;
}

/** Why the status of an object is not of the object as it is now; undefined when it is. */
export function notObserved(type: ResourceType, { metadata, status }: KubeObject): string | undefined {
  const { generation, name } = metadata;
  const object = `[${objectText(type, name)}]`;
  if (generation === undefined) {
    return `${object} has no metadata.generation by which to tell whether its status is current; leave out ${READ_ANNOTATION} for it`;
  }
  if (getPath(status, 'observedGeneration') === generation) return undefined;
  return `waiting for ${object} to observe generation ${generation}`;
}

/** Why a run, which is never restored, is not the one that the template made; undefined when it is. */
export function tamperedWith(
  type: ResourceType,
  desired: KubeObject,
  run: KubeObject,
  secrets: SecretValues,
): string | undefined {
  if (!hasDrifted(desired, run)) return undefined;
  const object = `[${objectText(type, run.metadata.name)}]`;
  return `${object} is not as the template makes it: ${alternation(run, desired, secrets)}; delete it, and it is made anew`;
}
