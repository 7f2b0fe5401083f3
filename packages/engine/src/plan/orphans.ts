import type { ResourceStatus } from '@cartographer/api';
import { LABELS } from '@cartographer/api';
import type { KubeObject, ResourceType } from '@cartographer/machinery';
import { objectKey, parseApiVersion } from '@cartographer/machinery';
import type { Realized } from '../report/realized.ts';
import { resourceLabels } from '../stand/stamp-labels.ts';
import { againAfter, objectText, retryWith } from '../stand/stand.ts';
import type { Asks } from '../world/asks.ts';
import type { OwnerKind } from '../world/owner-kind.ts';
import { lifecycleOf } from '../world/template-kinds.ts';
import type { Delete, Deletion, PlannedEvent, Retry } from '../world/world.ts';

/** What orphans are looked for in. */
export type OrphanSearch = {
  readonly kind: OwnerKind;
  readonly owner: KubeObject;
  readonly asks: Asks;
  readonly previous: readonly ResourceStatus[];
  readonly current: readonly ResourceStatus[];
  readonly realized: readonly Realized[];
  readonly owned: readonly KubeObject[];
};

/**
 * Asks for the delete of objects that no resource stands for any more: what the previous status or the caches name, and
 * all runs of a resource that is gone. A resource that failed in this pass keeps all it has. Also asks for the delete
 * of runs beyond retention.
 */
export function askForDeletes(search: OrphanSearch): void {
  const { asks, realized } = search;
  for (const { resource, stamped, surplus } of realized) {
    for (const run of surplus) {
      if (stamped !== undefined) asks.delete(deleteOf(resource.name, stamped.type, run, 'retention'));
    }
  }
  for (const candidate of candidates(search)) {
    if (!isStillWanted(search, candidate))
      asks.delete(deleteOf(candidate.resource, candidate.type, candidate.object, 'orphan'));
  }
}

type StampedRef = NonNullable<ResourceStatus['stampedRef']>;
type Candidate = { readonly object: KubeObject; readonly type: ResourceType; readonly resource: string };

/** Objects that might be orphans, each once. */
function candidates(search: OrphanSearch): readonly Candidate[] {
  const { owner, asks, previous, owned } = search;
  const found = new Map<string, Candidate>();
  const add = (object: KubeObject, resource: string): void => {
    const isOurs = (object.metadata.ownerReferences ?? []).some(({ uid }) => uid === owner.metadata.uid);
    const type = isOurs ? servedType(asks, object.apiVersion, object.kind) : undefined;
    if (type !== undefined) found.set(identity(object), { object, type, resource });
  };
  const wanted = new Set(
    search.current.map(({ stampedRef }) => (stampedRef === undefined ? '' : identityOf(stampedRef))),
  );
  for (const { name, stampedRef } of previous) {
    if (stampedRef === undefined || wanted.has(identityOf(stampedRef))) continue;
    for (const object of formerObjects(search, name, stampedRef)) add(object, name);
  }
  for (const object of owned) {
    const resource = object.metadata.labels?.[LABELS.resourceName];
    if (resource !== undefined && !wanted.has(identity(object))) add(object, resource);
  }
  return [...found.values()];
}

/** The object that an earlier status names, and its siblings when it was a run. */
function formerObjects(
  { kind, owner, asks }: OrphanSearch,
  resource: string,
  { apiVersion = '', kind: objectKind = '', namespace, name = '' }: StampedRef,
): readonly KubeObject[] {
  const type = servedType(asks, apiVersion, objectKind);
  if (type === undefined) return [];
  const observation = asks.observed({ type, namespace, name });
  if (observation?.kind !== 'present') return [];
  if (!isRun(observation.object)) return [observation.object];
  const runs = asks.listed({ type, namespace, labels: resourceLabels(kind, owner, resource) });
  return runs?.kind === 'listed' ? [observation.object, ...runs.objects] : [observation.object];
}

/** The kind at this version or, where that is served no longer, at another: the objects are the same. */
function servedType(asks: Asks, apiVersion: string, kind: string): ResourceType | undefined {
  const mapping = asks.mapping(apiVersion, kind);
  if (mapping?.kind === 'mapped') return mapping.type;
  return mapping?.kind === 'noMatch' ? mapping.otherVersion : undefined;
}

function isRun({ metadata }: KubeObject): boolean {
  const lifecycle = metadata.labels?.[LABELS.templateLifecycle] ?? 'mutable';
  return lifecycle !== 'mutable' && lifecycle !== '';
}

/** A run is wanted as long as its resource makes runs by the same template; retention sees to the rest. */
function isStillWanted({ realized }: OrphanSearch, { object, resource }: Candidate): boolean {
  const now = realized.find((entry) => entry.resource.name === resource);
  if (now === undefined) return false;
  if (now.passesThrough) return false;
  if (now.stamped === undefined || now.template === undefined) return true;
  if (!isRun(object) || lifecycleOf(now.template) === 'mutable') return false;
  const labels = object.metadata.labels ?? {};
  return (
    labels[LABELS.templateKind] === now.template.kind &&
    [now.template.metadata.name, ''].includes(labels[LABELS.clusterTemplateName] ?? '')
  );
}

function deleteOf(resource: string, type: ResourceType, { metadata }: KubeObject, cause: Delete['cause']): Delete {
  const { namespace, name = '', uid } = metadata;
  return {
    id: `${resource}/delete/${objectText(type, name)}/${uid ?? ''}`,
    resource,
    key: { type, namespace, name },
    uid,
    cause,
  };
}

/** The delete of a Runnable's run. */
export function runDelete(type: ResourceType, run: KubeObject): Delete {
  return deleteOf('', type, run, 'retention');
}

/** Events of the deletes that removed something. */
export function deletionEvents(deletions: readonly Deletion[]): readonly PlannedEvent[] {
  return deletions
    .filter(({ answer }) => answer.kind === 'deleted' && answer.found)
    .map(({ request }) => ({
      type: 'Normal',
      reason: 'StampedObjectRemoved',
      message: `Deleted object [${objectText(request.key.type, request.key.name)}]`,
    }));
}

/** When to try again the deletes that removed nothing. */
export function deletionRetries(deletions: readonly Deletion[]): readonly Retry[] {
  return deletions.flatMap(({ request, answer }) => {
    if (answer.kind === 'deleted') return [];
    const { code, retryAfterMs } = answer.kind === 'refused' ? answer : {};
    const message = `unable to delete object [${objectText(request.key.type, request.key.name)}]: ${answer.message}`;
    return [retryWith(againAfter(code, retryAfterMs), message)];
  });
}

function identity({ apiVersion, kind, metadata }: KubeObject): string {
  return identityOf({ apiVersion, kind, ...metadata });
}

/** Group, kind, namespace and name: an object is the same at every version of its kind. */
function identityOf({ apiVersion = '', kind = '', namespace, name }: StampedRef): string {
  return `${parseApiVersion(apiVersion).group} ${kind} ${objectKey({ namespace, name })}`;
}
