import { Buffer } from 'node:buffer';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Client, SECRETS } from '@cartographer/kube';
import { type Clock, isObject, type KubeObject, messageOf } from '@cartographer/machinery';
import type { ArtifactStore } from '../artifact-store.ts';
import type { Standing } from '../flux/source-object.ts';
import { createSourceReconciler, type SourceReconciler, type SourceReconcilerDeps } from '../flux/source-reconciler.ts';
import type { EventsOf } from '../reasons/laptop-reasons.ts';
import { type SecretData } from './fetch/git-auth.ts';
import { parseGitLocation } from './fetch/git-location.ts';
import type { Git } from './fetch/git-process.ts';
import { gitRepositorySpec, gitRepositoryStatus, gitRepositoryType } from './kind/git-repository.ts';
import { eventsOf, nextStatus, type Outcome } from './kind/git-repository-status.ts';
import { observeSource } from './observe-source.ts';

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

/**
 * Keeps the artifact of each GitRepository at the revision that its remote has: looks at the remote,
 * fetches and packs what is new, and reports it in the words of Flux's source-controller.
 */
export function createGitRepositoryReconciler(deps: GitRepositoryDeps): SourceReconciler {
  const { repositories, events } = deps;
  const event: SourceReconcilerDeps['event'] = (object, { type, reason, message }) =>
    events.event(object, type, reason as Parameters<typeof events.event>[2], message);
  return createSourceReconciler<Outcome>(
    { ...deps, objects: repositories, event },
    {
      type: gitRepositoryType,
      specOf: gitRepositorySpec,
      artifactOf: (object) => gitRepositoryStatus(object).artifact,
      artifactFolder: (object) => foldersOf(deps, object).artifactFolder,
      watch: (key, object) => watchIfLocal(deps, key, object),
      unwatch: (key) => deps.localRepositories.unwatch(key),
      async clear(object) {
        const { mirrorFolder } = foldersOf(deps, object);
        await rm(mirrorFolder, { recursive: true, force: true });
        await rm(`${mirrorFolder}.submodules`, { recursive: true, force: true });
      },
      observe: (object, standing, signal) => observe(deps, object, standing, signal),
      nextStatus,
      eventsOf,
    },
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

async function observe(
  deps: GitRepositoryDeps,
  object: KubeObject,
  standing: Standing,
  signal: AbortSignal,
): Promise<Outcome> {
  const spec = gitRepositorySpec(object);
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

function foldersOf(
  { workFolder }: GitRepositoryDeps,
  { metadata }: KubeObject,
): { mirrorFolder: string; artifactFolder: string } {
  const place = [metadata.namespace ?? '', metadata.name ?? ''];
  return { mirrorFolder: join(workFolder, 'mirrors', ...place), artifactFolder: ['gitrepository', ...place].join('/') };
}
