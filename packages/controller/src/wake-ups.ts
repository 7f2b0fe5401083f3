import { GROUP } from '@cartographer/api';
import { type OwnerKind, selects } from '@cartographer/engine';
import type { Informer, InformerEvent } from '@cartographer/kube';
import {
  type Clock,
  deepEqual,
  findCondition,
  getPath,
  type KubeObject,
  type OwnerReference,
  objectKey,
  parseApiVersion,
  qualifiedResource,
  type ResourceType,
} from '@cartographer/machinery';
import type { Controller, Priority } from '@cartographer/runtime';
import type { PaceCounter } from './acting/pace.ts';
import type { Reporter } from './acting/report.ts';
import type { DependencyIndex } from './caches/dependency-index.ts';
import type { KindMappings } from './caches/kind-mappings.ts';
import type { StampedCaches } from './caches/stamped-caches.ts';
import { saysCurrent, type WatchedKind } from './caches/static-caches.ts';
import { accountKey, blueprintKey, selectedKey, templateKey, unknownKindKey } from './owner-reconciler.ts';

/** A controller, as far as it can be woken, together with what its keys depend on. */
export type Woken = {
  readonly kind: WatchedKind;
  readonly controller: Pick<Controller, 'enqueue'>;
  readonly dependencies: DependencyIndex;
  readonly reporter: Pick<Reporter, 'isEcho'>;
};

/** The caches, as far as they wake. */
export interface WakingCaches {
  informer(kind: WatchedKind): Pick<Informer, 'onEvent' | 'list'>;
}

/** Wakes a kind's keys by changes of its own objects; the echo of our own status write wakes nobody. */
export function wakeByItself(caches: WakingCaches, { kind, controller, reporter }: Woken): void {
  caches.informer(kind).onEvent((event) => {
    if (event.type === 'updated' && reporter.isEcho(event)) return;
    controller.enqueue(objectKey(event.object.metadata), priorityOf(event));
  });
}

/** A change of a template wakes those that looked at it, or looked for it in vain. */
export function wakeByTemplates(caches: WakingCaches, kinds: readonly WatchedKind[], woken: Woken): void {
  for (const kind of kinds) {
    caches.informer(kind).onEvent((event) => {
      if (event.type === 'updated' && sameGeneration(event) && sameReading(event)) return;
      wake(woken, templateKey(kind, event.object.metadata.name ?? ''), priorityOf(event));
    });
  }
}

/** A blueprint edit wakes the owners that selected it and those that it selects before or after the edit: no others. */
export function wakeByBlueprints(caches: WakingCaches, ownerKind: OwnerKind, woken: Woken): void {
  caches.informer(ownerKind.blueprintKind).onEvent((event) => {
    if (event.type === 'updated' && sameGeneration(event) && sameReady(event)) return;
    const { object, old } = event;
    wake(woken, blueprintKey(object.metadata.name ?? ''), priorityOf(event));
    for (const owner of caches.informer(ownerKind.kind).list()) {
      if (selects(object, owner) || (old !== undefined && selects(old, owner))) {
        woken.controller.enqueue(objectKey(owner.metadata), priorityOf(event));
      }
    }
  });
}

/** An edit of a template or blueprint may mend what stopped a step, be it a step of another owner: they look again. */
export function wakeStopped(
  caches: WakingCaches,
  kinds: readonly WatchedKind[],
  pace: PaceCounter,
  all: readonly Woken[],
): void {
  for (const kind of kinds) {
    caches.informer(kind).onEvent((event) => {
      if (event.initial || (event.type === 'updated' && sameGeneration(event))) return;
      const stopped = pace.relent();
      for (const woken of all) {
        const prefix = `${woken.kind}/`;
        for (const owner of stopped) {
          if (owner.startsWith(prefix)) woken.controller.enqueue(owner.slice(prefix.length), 'live');
        }
      }
    });
  }
}

type Subjects = readonly { readonly kind?: string; readonly name?: string; readonly namespace?: string }[];

/** A service account, and whatever may change its rights, wakes the owners that act as it. */
export function wakeByAccounts(caches: WakingCaches, all: readonly Woken[]): void {
  const wakeAccount = (namespace: string, name: string, event: InformerEvent): void => {
    for (const woken of all) wake(woken, accountKey(namespace, name), priorityOf(event));
  };
  const wakeSubjects = (binding: KubeObject | undefined, event: InformerEvent): void => {
    for (const { kind, name, namespace } of (binding?.['subjects'] ?? []) as Subjects) {
      if (kind === 'ServiceAccount' && name !== undefined) wakeAccount(namespace ?? 'default', name, event);
    }
  };
  const wakeRole = (kind: 'Role' | 'ClusterRole') => (event: InformerEvent) => {
    if (event.initial) return;
    const { name, namespace } = event.object.metadata;
    for (const binding of bindingsOf(caches, kind, name ?? '', namespace)) wakeSubjects(binding, event);
  };

  caches.informer('ServiceAccount').onEvent((event) => {
    if (event.initial || (event.type === 'updated' && event.old?.metadata.uid === event.object.metadata.uid)) return;
    wakeAccount(event.object.metadata.namespace ?? '', event.object.metadata.name ?? '', event);
  });
  for (const kind of ['RoleBinding', 'ClusterRoleBinding'] as const) {
    caches.informer(kind).onEvent((event) => {
      if (event.initial) return;
      wakeSubjects(event.object, event);
      wakeSubjects(event.old, event);
    });
  }
  caches.informer('Role').onEvent(wakeRole('Role'));
  caches.informer('ClusterRole').onEvent(wakeRole('ClusterRole'));
}

function bindingsOf(
  caches: WakingCaches,
  kind: string,
  name: string,
  namespace: string | undefined,
): readonly KubeObject[] {
  const refersToIt = (binding: KubeObject): boolean =>
    getPath(binding['roleRef'], 'kind') === kind && getPath(binding['roleRef'], 'name') === name;
  return [...caches.informer('RoleBinding').list(), ...caches.informer('ClusterRoleBinding').list()].filter(
    (binding) => refersToIt(binding) && (namespace === undefined || binding.metadata.namespace === namespace),
  );
}

/** How long after a definition changed those who still miss its kind look again. */
const LOOK_AGAIN_MS = [500, 2_000, 8_000, 30_000];

/**
 * A kind that appears or changes wakes those who missed it. A real server says that a definition is established a little
 * before its discovery knows the kind: who misses it still looks again after a while.
 */
export function wakeByDefinitions(
  caches: WakingCaches,
  deps: {
    mappings: Pick<KindMappings, 'forget'>;
    stamped: Pick<StampedCaches, 'forgetFailures'>;
    clock: Clock;
    signal: AbortSignal;
  },
  all: readonly Woken[],
): void {
  const planned = new Map<string, () => void>();
  const wakeGroup = (group: string): void => {
    deps.mappings.forget(group);
    deps.stamped.forgetFailures();
    for (const woken of all) wake(woken, unknownKindKey(group), 'live');
  };
  const isMissed = (group: string): boolean =>
    all.some(({ dependencies }) => dependencies.dependents(unknownKindKey(group)).size > 0);
  const lookAgain = (group: string, [afterMs, ...later]: readonly number[]): void => {
    planned.get(group)?.();
    if (afterMs === undefined || deps.signal.aborted) return;
    const cancel = deps.clock.schedule(afterMs, () => {
      if (deps.signal.aborted || !isMissed(group)) return;
      wakeGroup(group);
      lookAgain(group, later);
    });
    planned.set(group, cancel);
  };

  caches.informer('CustomResourceDefinition').onEvent((event) => {
    if (event.initial) return;
    const group = getPath(event.object['spec'], 'group');
    if (typeof group !== 'string') return;
    const missed = isMissed(group);
    wakeGroup(group);
    if (saysCurrent(event.old) !== saysCurrent(event.object)) wakeEverybody(caches, all);
    if (missed && event.type !== 'deleted') lookAgain(group, LOOK_AGAIN_MS);
  });
}

/** How objects of a kind are to be read changed: that is rare, and nobody keeps account of who stamps which kind. */
function wakeEverybody(caches: WakingCaches, all: readonly Woken[]): void {
  for (const { kind, controller } of all) {
    for (const { metadata } of caches.informer(kind).list()) controller.enqueue(objectKey(metadata), 'background');
  }
}

/** A change of a stamped object in one of the caches; see `onEvent` of the stamped caches. */
export type StampedChange = {
  readonly event: InformerEvent;
  readonly type: ResourceType;
  readonly isEcho: boolean;
  readonly concerns: (holder: string) => boolean;
};

/**
 * A stamped object wakes its owner, unless it is the owner itself, which is woken as such; an object of a kind that
 * Runnables select wakes those Runnables. The echo of our own write wakes everyone but the controller of the object:
 * that is who wrote it, and who planned on with the answer.
 */
export function wakeByStamped({ event, type, isEcho, concerns }: StampedChange, all: readonly Woken[]): void {
  if (event.type === 'updated' && event.old?.metadata.resourceVersion === event.object.metadata.resourceVersion) return;
  const { namespace, ownerReferences = [] } = event.object.metadata;
  const references = [...ownerReferences, ...(event.old?.metadata.ownerReferences ?? [])];
  const selected = selectedKey(qualifiedResource(type));
  for (const woken of all) {
    const owners = references.filter(
      (owner) => isOwner(owner, woken.kind) && !(isEcho && owner.controller === true) && !isItself(owner, event, type),
    );
    // Once: a key that is enqueued while it is worked on is worked on again.
    for (const key of new Set(owners.map(({ name }) => objectKey({ namespace, name })))) {
      if (concerns(`${woken.kind}/${key}`)) woken.controller.enqueue(key, priorityOf(event));
    }
    wake(woken, selected, priorityOf(event));
  }
}

function isItself({ kind, name }: OwnerReference, { object }: InformerEvent, type: ResourceType): boolean {
  return type.group === GROUP && type.kind === kind && object.metadata.name === name;
}

/** Other groups have kinds of the same name. */
function isOwner({ apiVersion, kind }: OwnerReference, wanted: WatchedKind): boolean {
  return kind === wanted && parseApiVersion(apiVersion).group === GROUP;
}

function wake({ controller, dependencies }: Woken, dependency: string, priority: Priority): void {
  for (const key of dependencies.dependents(dependency)) controller.enqueue(key, priority);
}

function priorityOf({ initial }: InformerEvent): Priority {
  return initial ? 'background' : 'live';
}

function sameGeneration({ object, old }: InformerEvent): boolean {
  return old?.metadata.uid === object.metadata.uid && old?.metadata.generation === object.metadata.generation;
}

/** Annotations move no generation. */
function sameReading({ object, old }: InformerEvent): boolean {
  return saysCurrent(object) === saysCurrent(old);
}

function sameReady({ object, old }: InformerEvent): boolean {
  return deepEqual(readyOf(object), readyOf(old));
}

function readyOf(object: KubeObject | undefined): unknown {
  const conditions = getPath(object?.['status'], 'conditions');
  const ready = Array.isArray(conditions) ? findCondition(conditions, 'Ready') : undefined;
  return ready === undefined ? undefined : [ready.status, ready.reason, ready.message];
}
