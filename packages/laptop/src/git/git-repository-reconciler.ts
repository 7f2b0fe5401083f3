import { Buffer } from 'node:buffer';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Client, isNotFound, SECRETS, WrittenObjects } from '@cartographer/kube';
import { type Clock, deepEqual, isObject, type KubeObject, type Log, messageOf } from '@cartographer/machinery';
import type { Next } from '@cartographer/runtime';
import type { ArtifactStore } from '../artifact-store.ts';
import type { EventsOf } from '../laptop-reasons.ts';
import { type SecretData } from './fetch/git-auth.ts';
import { parseGitLocation } from './fetch/git-location.ts';
import type { Git } from './fetch/git-process.ts';
import {
  GIT_REPOSITORY_FINALIZER,
  gitRepositorySpec,
  gitRepositoryStatus,
  gitRepositoryType,
} from './kind/git-repository.ts';
import { eventsOf, nextStatus, type Outcome, type Standing } from './kind/git-repository-status.ts';
import { observeSource } from './observe-source.ts';

const FIELD_MANAGER = 'cartographer-laptop';
/** How far an interval strays, so that many repositories do not ask at once; Flux's default. */
const JITTER = 0.05;

/** What a GitRepository reconciler reads from and writes to. Nothing else reaches the outside world. */
export type GitRepositoryDeps = {
  /** The cache of GitRepositories. */
  readonly repositories: { get(key: string): KubeObject | undefined };
  readonly client: Pick<Client, 'get' | 'patch' | 'apply'>;
  readonly events: EventsOf<'GitRepository'>;
  readonly git: Git;
  readonly artifacts: ArtifactStore;
  /** The URL at which an archive of the store is served. */
  readonly urlOf: (artifactPath: string) => string;
  /** Where mirrors and credential files live. */
  readonly workFolder: string;
  /** Calls back for a key when refs of a local repository move; resolves when no move is missed any more. */
  readonly localRepositories: { watch(key: string, path: string): Promise<void>; unwatch(key: string): void };
  readonly clock: Clock;
  /** A number from 0 to 1. */
  readonly random: () => number;
  readonly sshProgram?: string;
};

/** A reconcile function for a controller of runtime. */
export type GitRepositoryReconciler = (
  key: string,
  context: { readonly signal: AbortSignal; readonly log: Log },
) => Promise<Next>;

/**
 * Keeps the artifact of each GitRepository at the revision that its remote has: looks at the remote,
 * fetches and packs what is new, and reports it in the words of Flux's source-controller.
 * Level-based: a run starts from the object and the remote alone and may be cut short anywhere.
 */
export function createGitRepositoryReconciler(deps: GitRepositoryDeps): GitRepositoryReconciler {
  const written = new WrittenObjects();

  return async (key, { signal, log }) => {
    const found = written.newest(key, deps.repositories.get(key));
    if (found === undefined || found.metadata.deletionTimestamp !== undefined) {
      if (found !== undefined) await release(deps, found, signal);
      deps.localRepositories.unwatch(key);
      written.forget(key);
      return { kind: 'done' };
    }
    const object = await adopt(deps, found, signal);
    written.note(key, found, object);

    await watchIfLocal(deps, key, object);
    const standing = await takeStock(deps, object);
    const outcome = await observe(deps, object, standing, signal);

    written.note(key, object, await report(deps, object, standing, outcome, signal));
    log.debug({ outcome: outcome.kind }, 'git repository reconciled');
    return next(deps, object, outcome);
  };
}

/** Makes sure of the finalizer, so that nothing is stored for an object that may vanish unseen. */
async function adopt({ client }: GitRepositoryDeps, object: KubeObject, signal: AbortSignal): Promise<KubeObject> {
  const finalizers = object.metadata.finalizers ?? [];
  if (finalizers.includes(GIT_REPOSITORY_FINALIZER)) return object;
  return patchFinalizers(client, object, [...finalizers, GIT_REPOSITORY_FINALIZER], signal);
}

/** Removes everything that was made for a deleted object, and only then lets it go. */
async function release(deps: GitRepositoryDeps, object: KubeObject, signal: AbortSignal): Promise<void> {
  const finalizers = object.metadata.finalizers ?? [];
  if (!finalizers.includes(GIT_REPOSITORY_FINALIZER)) return;
  const { mirrorFolder, artifactFolder } = foldersOf(deps, object);
  await rm(mirrorFolder, { recursive: true, force: true });
  await rm(`${mirrorFolder}.submodules`, { recursive: true, force: true });
  if (await deps.artifacts.removeFolder(artifactFolder)) {
    deps.events.event(
      object,
      'Normal',
      'GarbageCollectionSucceeded',
      'garbage collected artifacts for deleted resource',
    );
  }
  const kept = finalizers.filter((name) => name !== GIT_REPOSITORY_FINALIZER);
  await patchFinalizers(deps.client, object, kept, signal).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
}

function patchFinalizers(
  client: GitRepositoryDeps['client'],
  object: KubeObject,
  finalizers: readonly string[],
  signal: AbortSignal,
): Promise<KubeObject> {
  const { namespace, name = '', resourceVersion } = object.metadata;
  // With the version, so that a finalizer which someone else has just added is not lost.
  const body = { metadata: { finalizers, ...(resourceVersion === undefined ? {} : { resourceVersion }) } };
  return client.patch(
    gitRepositoryType,
    { namespace, name },
    { kind: 'merge', body, fieldManager: FIELD_MANAGER, signal },
  );
}

async function watchIfLocal({ localRepositories }: GitRepositoryDeps, key: string, object: KubeObject): Promise<void> {
  const { url, suspend } = gitRepositorySpec(object);
  const path = suspend ? undefined : localPath(url);
  if (path === undefined) localRepositories.unwatch(key);
  else await localRepositories.watch(key, path);
}

function localPath(url: string): string | undefined {
  try {
    const location = parseGitLocation(url);
    return location.kind === 'local' ? location.path : undefined;
  } catch {
    return undefined; // told as URLInvalid where the source is looked at
  }
}

/** Looks into the store: collects old archives, and checks that the one in the status is there and whole. */
async function takeStock(deps: GitRepositoryDeps, object: KubeObject): Promise<Standing> {
  const { artifact } = gitRepositoryStatus(object);
  if (gitRepositorySpec(object).suspend) return { artifact, disappeared: false };
  if (artifact === undefined) return { disappeared: false };
  const removed = await deps.artifacts.collect(artifact.path);
  if (removed > 0) {
    deps.events.event(object, 'Normal', 'GarbageCollectionSucceeded', `garbage collected ${removed} artifacts`);
  }
  const state = await deps.artifacts.check(artifact.path, artifact.digest);
  if (state === 'intact') return { artifact: { ...artifact, url: deps.urlOf(artifact.path) }, disappeared: false };
  if (state === 'altered') {
    const text = `failed to verify integrity of artifact: computed digest doesn't match '${artifact.digest}'`;
    deps.events.event(object, 'Warning', 'ArtifactVerificationFailed', text);
    await deps.artifacts.remove(artifact.path);
  }
  return { disappeared: true };
}

async function observe(
  deps: GitRepositoryDeps,
  object: KubeObject,
  standing: Standing,
  signal: AbortSignal,
): Promise<Outcome> {
  const spec = gitRepositorySpec(object);
  if (spec.suspend) return { kind: 'suspended' };
  if (spec.unsupported.length > 0) {
    const message = `${spec.unsupported.join(', ')} is not supported by the built-in git source; remove it, or use Flux source-controller`;
    return { kind: 'stalled', reason: 'UnsupportedField', message };
  }
  const secret = await readSecret(deps, object, spec.secretName, signal);
  if (secret.kind === 'failed') return secret;
  return observeSource(
    { ...deps, ...foldersOf(deps, object), tempFolder: join(deps.workFolder, 'auth') },
    { object, spec, secret: secret.data, standing },
    signal,
  );
}

async function readSecret(
  { client }: GitRepositoryDeps,
  { metadata }: KubeObject,
  name: string | undefined,
  signal: AbortSignal,
): Promise<{ readonly kind: 'read'; readonly data?: SecretData } | (Outcome & { readonly kind: 'failed' })> {
  if (name === undefined) return { kind: 'read' };
  try {
    const { data } = await client.get(SECRETS, { namespace: metadata.namespace, name }, { signal });
    const entries = Object.entries(isObject(data) ? data : {}).flatMap(([key, value]) =>
      typeof value === 'string' ? [[key, Buffer.from(value, 'base64')] as const] : [],
    );
    return { kind: 'read', data: Object.fromEntries(entries) };
  } catch (error) {
    signal.throwIfAborted();
    const secret = `failed to get secret '${metadata.namespace ?? ''}/${name}': `;
    // Flux says it twice, once for each function it passes.
    const message = `${secret}${secret}${messageOf(error)}`;
    return { kind: 'failed', condition: 'FetchFailed', reason: 'AuthenticationFailed', message };
  }
}

/** Writes the status, if it says anything new, and records the events. Answers with the object as it is then. */
async function report(
  deps: GitRepositoryDeps,
  object: KubeObject,
  standing: Standing,
  outcome: Outcome,
  signal: AbortSignal,
): Promise<KubeObject> {
  const status = nextStatus(object, standing, outcome, deps.clock.now());
  let result = object;
  if (!deepEqual(status, object['status'] ?? {})) {
    const { apiVersion, kind } = object;
    const { name, namespace } = object.metadata;
    const applied = { apiVersion, kind, metadata: { name, namespace }, status };
    const how = { fieldManager: FIELD_MANAGER, force: true, subresource: 'status', signal };
    result = await deps.client.apply(gitRepositoryType, applied, how);
  }
  for (const { type, reason, message } of eventsOf(object, standing, outcome)) {
    deps.events.event(object, type, reason, message);
  }
  return result;
}

function next({ random }: GitRepositoryDeps, object: KubeObject, outcome: Outcome): Next {
  switch (outcome.kind) {
    case 'suspended':
    case 'stalled':
      return { kind: 'done' };
    case 'failed':
      return { kind: 'retry' };
    case 'stored': {
      const { intervalMs } = gitRepositorySpec(object);
      return { kind: 'again', afterMs: Math.round(intervalMs * (1 - JITTER + 2 * JITTER * random())) };
    }
  }
}

function foldersOf(
  { workFolder }: GitRepositoryDeps,
  { metadata }: KubeObject,
): { mirrorFolder: string; artifactFolder: string } {
  const place = [metadata.namespace ?? '', metadata.name ?? ''];
  return { mirrorFolder: join(workFolder, 'mirrors', ...place), artifactFolder: ['gitrepository', ...place].join('/') };
}
