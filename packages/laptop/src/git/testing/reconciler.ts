import { join } from 'node:path';
import { ApiError } from '@cartographer/kube';
import { applyMergePatch, failure, type KubeObject, objectKey, silentLog } from '@cartographer/machinery';
import type { Next } from '@cartographer/runtime';
import { createFakeClock, type FakeClock } from '@cartographer/testkit';
import { createArtifactStore } from '../../artifact-store.ts';
import { createGit } from '../fetch/git-process.ts';
import { createGitRepositoryReconciler, type GitRepositoryDeps } from '../git-repository-reconciler.ts';
import { type GitRepositoryStatus, gitRepositoryStatus } from '../kind/git-repository.ts';

/** A reconciler over real git and a real store, beside a cluster that is three functions. */
export type ReconcilerFixture = {
  readonly clock: FakeClock;
  readonly folder: string;
  /** Each event as `Type Reason message`. */
  readonly events: string[];
  /** How many writes the API server got. */
  readonly writes: () => number;
  readonly watched: Map<string, string>;
  put(object: KubeObject): void;
  /** Changes the spec as an edit does: the generation grows. */
  edit(key: string, spec: Readonly<Record<string, unknown>>): void;
  object(key: string): KubeObject;
  status(key: string): GitRepositoryStatus;
  /** A condition as `Status Reason message`. */
  condition(key: string, type: string): string | undefined;
  reconcile(key: string, signal?: AbortSignal): Promise<Next>;
};

const neverAborted = new AbortController().signal;

/** Makes the fixture; `deps` replaces parts. */
export function createReconcilerFixture(folder: string, deps: Partial<GitRepositoryDeps> = {}): ReconcilerFixture {
  const clock = createFakeClock(Date.parse('2026-11-23T05:44:15Z'));
  const objects = new Map<string, KubeObject>();
  const events: string[] = [];
  const watched = new Map<string, string>();
  let version = 0;

  function store(object: KubeObject, patch: object): KubeObject {
    version += 1;
    const versioned = { metadata: { resourceVersion: String(version) } };
    const next = applyMergePatch(applyMergePatch(object, patch as never), versioned) as KubeObject;
    if (next.metadata.deletionTimestamp !== undefined && next.metadata.finalizers?.length === 0) {
      objects.delete(objectKey(next.metadata));
    } else {
      objects.set(objectKey(next.metadata), next);
    }
    return next;
  }
  function object(key: string): KubeObject {
    const found = objects.get(key);
    if (found === undefined) throw new Error(`${key} is gone`);
    return found;
  }

  const client: GitRepositoryDeps['client'] = {
    get: (type, key) => {
      const found = objects.get(`${type.kind}:${objectKey(key)}`);
      if (found !== undefined) return Promise.resolve(found);
      const message = `${type.resource} "${key.name}" not found`;
      return Promise.reject(new ApiError(failure(404, 'NotFound', message)));
    },
    patch: (_type, key, { body }) => Promise.resolve(store(object(objectKey(key)), body as object)),
    apply: (_type, applied) => {
      const current = object(objectKey(applied.metadata));
      return Promise.resolve(store({ ...current, status: undefined }, { status: applied['status'] }));
    },
  };
  const reconcile = createGitRepositoryReconciler({
    repositories: { get: (key) => objects.get(key) },
    client,
    events: { event: (_about, type, reason, message) => events.push(`${type} ${reason} ${message}`) },
    git: createGit(process.env),
    artifacts: createArtifactStore({ root: join(folder, 'artifacts'), clock }),
    urlOf: (path) => `http://127.0.0.1:19090/${path}`,
    workFolder: join(folder, 'work'),
    localRepositories: {
      watch: async (key, path) => void watched.set(key, path),
      unwatch: (key) => watched.delete(key),
    },
    clock,
    random: () => 0.5,
    ...deps,
  });

  return {
    clock,
    folder,
    events,
    watched,
    writes: () => version,
    put(item) {
      const key = objectKey(item.metadata);
      objects.set(item.kind === 'GitRepository' ? key : `${item.kind}:${key}`, item);
    },
    edit(key, spec) {
      const current = object(key);
      const changed = { spec, metadata: { generation: (current.metadata.generation ?? 0) + 1 } };
      store(current, changed);
    },
    object,
    status: (key) => gitRepositoryStatus(object(key)),
    condition(key, type) {
      const found = gitRepositoryStatus(object(key)).conditions?.find((item) => item.type === type);
      return found && `${found.status} ${found.reason} ${found.message}`;
    },
    reconcile: (key, signal = neverAborted) => reconcile(key, { signal, log: silentLog }),
  };
}

/** A GitRepository as the API server gives it after creation. */
export function gitRepository(name: string, spec: Readonly<Record<string, unknown>>): KubeObject {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { namespace: 'default', name, generation: 1, resourceVersion: '0', uid: `uid-${name}` },
    spec: { interval: '5s', timeout: '20s', ...spec },
    status: { observedGeneration: -1 },
  };
}
