import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Client, createInformer } from '@cartographer/kube';
import type { Clock, Log } from '@cartographer/machinery';
import type { Runnable } from '@cartographer/runtime';
import { type ArtifactServer, startArtifactServer } from '../artifact-server.ts';
import { type ArtifactStore, createArtifactStore } from '../artifact-store.ts';
import { sourceEssence } from '../flux/source-object.ts';
import { createToolController } from '../tool-controller.ts';
import { createGit } from './fetch/git-process.ts';
import { createGitRepositoryReconciler, type GitRepositoryDeps } from './git-repository-reconciler.ts';
import { gitRepositoryType } from './kind/git-repository.ts';
import { createLocalRepositoryWatch } from './local-repository-watch.ts';

/** What a tool of the laptop gets. */
export type GitSourceOptions = {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: GitRepositoryDeps['events'];
  /** Holds artifacts and mirrors; may be removed at any time when nothing runs, everything in it is made again. */
  readonly dataFolder: string;
  /** The process environment: where git is, and proxies. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A number from 0 to 1. */
  readonly random: () => number;
};

/** The GitRepository controller and its server, ready to be run in order. */
export type GitSource = {
  readonly parts: readonly (readonly Runnable[])[];
  readonly server: ArtifactServer;
  /** What the server serves. */
  readonly artifacts: ArtifactStore;
  close(): Promise<void>;
};

/** Flux's own. */
const FIRST_RETRY_MS = 750;

/** Makes the controller of GitRepositories and starts the server of its artifacts. */
export async function createGitSource(options: GitSourceOptions): Promise<GitSource> {
  const { client, clock, events, random, environment, dataFolder } = options;
  const log = options.log.child({ tool: 'git' });
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  const artifacts = createArtifactStore({ root: join(dataFolder, 'artifacts'), clock });
  const portFile = join(dataFolder, 'artifact-server.port');
  const server = await startArtifactServer({ root: artifacts.root, portFile, log });

  const informer = createInformer({ client, type: gitRepositoryType, clock, log });
  const localRepositories = createLocalRepositoryWatch({ onChange: (key) => controller.enqueue(key), clock, log });
  const controller = createToolController({
    name: 'gitrepository',
    informer,
    essence: sourceEssence,
    firstRetryMs: FIRST_RETRY_MS,
    clock,
    log,
    reconcile: createGitRepositoryReconciler({
      client,
      events,
      artifacts,
      localRepositories,
      clock,
      random,
      repositories: informer,
      git: createGit(environment),
      urlOf: (path) => server.urlOf(path),
      workFolder: join(dataFolder, 'git'),
    }),
  });

  return {
    server,
    artifacts,
    parts: [
      [{ name: 'gitrepositories', run: (signal) => informer.run(signal), ready: () => informer.synced }],
      [{ name: 'gitrepository', run: (signal) => controller.run(signal) }],
    ],
    async close() {
      localRepositories.close();
      await server.close();
    },
  };
}
