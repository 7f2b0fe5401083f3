import { type Client, isNotFound, WrittenObjects } from '@cartographer/kube';
import {
  type Clock,
  deepEqual,
  type JsonObject,
  type KubeObject,
  type Log,
  type ResourceType,
} from '@cartographer/machinery';
import type { Next } from '@cartographer/runtime';
import type { ArtifactStore } from '../artifact-store.ts';
import { type Artifact, SOURCE_FINALIZER, type Standing } from './source-object.ts';

const FIELD_MANAGER = 'cartographer-laptop';
/** How far an interval strays, so that many sources do not ask at once; Flux's default. */
const JITTER = 0.05;

/** What every source's events are. */
type EventText = { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string };
/** Every way a run can end, as far as all kinds of sources share it. */
type AnyOutcome = { readonly kind: 'suspended' | 'stalled' | 'failed' | 'stored' };

/** What a source's reconciler reads from and writes to. */
export type SourceReconcilerDeps = {
  /** The cache of the kind. */
  readonly objects: { get(key: string): KubeObject | undefined };
  readonly client: Pick<Client, 'get' | 'patch' | 'apply'>;
  readonly event: (object: KubeObject, event: EventText) => void;
  readonly artifacts: ArtifactStore;
  /** The URL at which an archive of the store is served. */
  readonly urlOf: (artifactPath: string) => string;
  readonly clock: Clock;
  /** A number from 0 to 1. */
  readonly random: () => number;
};

/** What tells one kind of sources from another. */
export type SourceKind<Outcome extends AnyOutcome> = {
  readonly type: ResourceType;
  readonly specOf: (object: KubeObject) => { readonly suspend: boolean; readonly intervalMs: number };
  readonly artifactOf: (object: KubeObject) => Artifact | undefined;
  /** Where in the store the archives of an object are. */
  readonly artifactFolder: (object: KubeObject) => string;
  /** Begins to watch what the object follows; resolves when no move is missed any more. */
  readonly watch?: (key: string, object: KubeObject) => Promise<void>;
  readonly unwatch?: (key: string) => void;
  /** Removes what was made for an object besides its artifacts. */
  readonly clear?: (object: KubeObject) => Promise<void>;
  /** Looks at the source. */
  readonly observe: (object: KubeObject, standing: Standing, signal: AbortSignal) => Promise<Outcome>;
  readonly nextStatus: (object: KubeObject, standing: Standing, outcome: Outcome, nowMs: number) => JsonObject;
  readonly eventsOf: (object: KubeObject, standing: Standing, outcome: Outcome) => readonly EventText[];
};

/** A reconcile function for a controller of runtime. */
export type SourceReconciler = (
  key: string,
  context: { readonly signal: AbortSignal; readonly log: Log },
) => Promise<Next>;

/**
 * Keeps the artifact of each source at what its remote has, and reports it in the words of Flux's source-controller.
 * Level-based: a run starts from the object and the remote alone and may be cut short anywhere.
 */
export function createSourceReconciler<Outcome extends AnyOutcome>(
  deps: SourceReconcilerDeps,
  kind: SourceKind<Outcome>,
): SourceReconciler {
  const written = new WrittenObjects();

  return async (key, { signal, log }) => {
    const found = written.newest(key, deps.objects.get(key));
    if (found === undefined || found.metadata.deletionTimestamp !== undefined) {
      if (found !== undefined) await release(deps, kind, found, signal);
      kind.unwatch?.(key);
      written.forget(key);
      return { kind: 'done' };
    }
    const object = await adopt(deps, kind.type, found, signal);
    written.note(key, found, object);

    await kind.watch?.(key, object);
    const standing = await takeStock(deps, kind, object);
    const outcome = kind.specOf(object).suspend ? undefined : await kind.observe(object, standing, signal);
    const ended = outcome ?? ({ kind: 'suspended' } as Outcome);

    written.note(key, object, await report(deps, kind, { object, standing, outcome: ended }, signal));
    log.debug({ outcome: ended.kind }, 'source reconciled');
    return next(deps.random, kind.specOf(object).intervalMs, ended);
  };
}

/** Makes sure of the finalizer, so that nothing is stored for an object that may vanish unseen. */
async function adopt(
  { client }: SourceReconcilerDeps,
  type: ResourceType,
  object: KubeObject,
  signal: AbortSignal,
): Promise<KubeObject> {
  const finalizers = object.metadata.finalizers ?? [];
  if (finalizers.includes(SOURCE_FINALIZER)) return object;
  return patchFinalizers(client, { type, object, finalizers: [...finalizers, SOURCE_FINALIZER] }, signal);
}

/** Removes everything that was made for a deleted object, and only then lets it go. */
async function release<Outcome extends AnyOutcome>(
  deps: SourceReconcilerDeps,
  { type, artifactFolder, clear }: SourceKind<Outcome>,
  object: KubeObject,
  signal: AbortSignal,
): Promise<void> {
  const finalizers = object.metadata.finalizers ?? [];
  if (!finalizers.includes(SOURCE_FINALIZER)) return;
  await clear?.(object);
  if (await deps.artifacts.removeFolder(artifactFolder(object))) {
    const message = 'garbage collected artifacts for deleted resource';
    deps.event(object, { type: 'Normal', reason: 'GarbageCollectionSucceeded', message });
  }
  const kept = finalizers.filter((name) => name !== SOURCE_FINALIZER);
  await patchFinalizers(deps.client, { type, object, finalizers: kept }, signal).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
}

function patchFinalizers(
  client: SourceReconcilerDeps['client'],
  {
    type,
    object,
    finalizers,
  }: { readonly type: ResourceType; readonly object: KubeObject; readonly finalizers: readonly string[] },
  signal: AbortSignal,
): Promise<KubeObject> {
  const { namespace, name = '', resourceVersion } = object.metadata;
  // With the version, so that a finalizer which someone else has just added is not lost.
  const body = { metadata: { finalizers, ...(resourceVersion === undefined ? {} : { resourceVersion }) } };
  return client.patch(type, { namespace, name }, { kind: 'merge', body, fieldManager: FIELD_MANAGER, signal });
}

/** Looks into the store: collects old archives, and checks that the one in the status is there and whole. */
async function takeStock<Outcome extends AnyOutcome>(
  deps: SourceReconcilerDeps,
  { specOf, artifactOf }: SourceKind<Outcome>,
  object: KubeObject,
): Promise<Standing> {
  const artifact = artifactOf(object);
  if (specOf(object).suspend) return { artifact, disappeared: false };
  if (artifact === undefined) return { disappeared: false };
  const removed = await deps.artifacts.collect(artifact.path);
  if (removed > 0) {
    const message = `garbage collected ${removed} artifacts`;
    deps.event(object, { type: 'Normal', reason: 'GarbageCollectionSucceeded', message });
  }
  const state = await deps.artifacts.check(artifact.path, artifact.digest);
  if (state === 'intact') return { artifact: { ...artifact, url: deps.urlOf(artifact.path) }, disappeared: false };
  if (state === 'altered') {
    const message = `failed to verify integrity of artifact: computed digest doesn't match '${artifact.digest}'`;
    deps.event(object, { type: 'Warning', reason: 'ArtifactVerificationFailed', message });
    await deps.artifacts.remove(artifact.path);
  }
  return { disappeared: true };
}

/** Writes the status, if it says anything new, and records the events. Answers with the object as it is then. */
async function report<Outcome extends AnyOutcome>(
  deps: SourceReconcilerDeps,
  { type, nextStatus, eventsOf }: SourceKind<Outcome>,
  {
    object,
    standing,
    outcome,
  }: { readonly object: KubeObject; readonly standing: Standing; readonly outcome: Outcome },
  signal: AbortSignal,
): Promise<KubeObject> {
  const status = nextStatus(object, standing, outcome, deps.clock.now());
  let result = object;
  if (!deepEqual(status, object['status'] ?? {})) {
    const { apiVersion, kind } = object;
    const { name, namespace } = object.metadata;
    const applied = { apiVersion, kind, metadata: { name, namespace }, status };
    const how = { fieldManager: FIELD_MANAGER, force: true, subresource: 'status', signal };
    result = await deps.client.apply(type, applied, how);
  }
  for (const event of eventsOf(object, standing, outcome)) deps.event(object, event);
  return result;
}

function next(random: () => number, intervalMs: number, outcome: AnyOutcome): Next {
  switch (outcome.kind) {
    case 'suspended':
    case 'stalled':
      return { kind: 'done' };
    case 'failed':
      return { kind: 'retry' };
    case 'stored':
      return { kind: 'again', afterMs: Math.round(intervalMs * (1 - JITTER + 2 * JITTER * random())) };
  }
}
