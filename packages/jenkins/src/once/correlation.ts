import { createHash } from 'node:crypto';
import { STAMP_DIGEST_ANNOTATION } from '@cartographer/api';
import type { KubeObject } from '@cartographer/machinery';

/**
 * The id that a run is found again by: the same for an object that is made anew by the same owner from the same inputs, since
 * the name of a run holds step and rerun, and the digest all that was stamped. An object made by hand has its own uid.
 */
export function correlationId({ metadata }: KubeObject): string {
  const { uid = '', name = '', ownerReferences = [], annotations = {} } = metadata;
  const owner = ownerReferences.find(({ controller }) => controller === true);
  const digest = annotations[STAMP_DIGEST_ANNOTATION];
  const identity = owner === undefined || digest === undefined ? [uid] : [owner.uid, name, digest];
  return `carto-${createHash('sha256').update(identity.join('\n')).digest('hex').slice(0, 40)}`;
}
