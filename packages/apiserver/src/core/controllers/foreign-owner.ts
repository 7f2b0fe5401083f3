import { type KubeObject, parseApiVersion, rfc3339 } from '@cartographer/machinery';

import type { Caller } from '../../core-api.ts';
import { createObject } from '../pipeline/create.ts';
import type { WriteContext } from '../pipeline/write-context.ts';
import type { ServedResource } from '../served-resource.ts';

/** Leaves a Warning event when an owner reference points into another namespace, which no owner reference can. */
export async function reportForeignOwner(
  context: WriteContext,
  resource: ServedResource,
  object: KubeObject,
  caller: Caller,
): Promise<void> {
  const foreign = (object.metadata.ownerReferences ?? []).find(({ apiVersion, kind, uid }) => {
    const { group, version } = parseApiVersion(apiVersion);
    const owner = context.registry.findKind(group, version, kind);
    return owner?.namespaced === true && owner.table.snapshot().some(({ metadata }) => metadata.uid === uid);
  });
  const events = context.registry.find('', 'v1', 'events');
  const { namespace, name = '', uid = '' } = object.metadata;
  if (foreign === undefined || events === undefined || namespace === undefined) return;
  const time = rfc3339(context.clock.now());
  const event = {
    metadata: { generateName: `${name}.` },
    involvedObject: { apiVersion: object.apiVersion, kind: resource.kind, name, namespace, uid },
    reason: 'OwnerRefInvalidNamespace',
    message: `ownerRef [${foreign.apiVersion}/${foreign.kind}, namespace: ${namespace}, name: ${foreign.name}, uid: ${foreign.uid}] does not exist in namespace "${namespace}"`,
    type: 'Warning',
    source: { component: 'garbage-collector-controller' },
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  };
  await createObject(context, events, namespace, event, {}, caller);
}
