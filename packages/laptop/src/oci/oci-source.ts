import { type Client, createInformer, isNotFound, SECRETS } from '@cartographer/kube';
import type { Clock, KubeObject, Log } from '@cartographer/machinery';
import { CartoError, objectKey } from '@cartographer/machinery';
import { type DockerConfig, dockerConfigsIn } from '@cartographer/oci';
import type { Runnable } from '@cartographer/runtime';
import type { ArtifactServer } from '../artifact-server.ts';
import type { ArtifactStore } from '../artifact-store.ts';
import { type Standing, sourceEssence } from '../flux/source-object.ts';
import { createSourceReconciler } from '../flux/source-reconciler.ts';
import type { EventsOf } from '../reasons/laptop-reasons.ts';
import { createToolController } from '../tool-controller.ts';
import { observeArtifact } from './observe-artifact.ts';
import { ociRepositorySpec, ociRepositoryStatus, ociRepositoryType } from './oci-repository.ts';
import { isLayerObserved, nextOciStatus, type OciOutcome, ociEventsOf } from './oci-repository-status.ts';

/** What {@link createOciSource} needs. */
export type OciSourceOptions = {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: EventsOf<'OCIRepository'>;
  /** A number from 0 to 1. */
  readonly random: () => number;
  readonly artifacts: ArtifactStore;
  readonly server: ArtifactServer;
  /** Tells of pushes to the laptop's own registry, so that they are noticed at once. */
  readonly pushes: { readonly host: string; subscribe(listener: (repository: string) => void): void };
};

/** The OCIRepository controller, ready to be run in order. */
export type OciSource = { readonly parts: readonly (readonly Runnable[])[] };

/** Makes the controller of OCIRepositories. */
export function createOciSource(options: OciSourceOptions): OciSource {
  const { client, clock, events, random, artifacts, server, pushes } = options;
  const log = options.log.child({ tool: 'oci' });
  const informer = createInformer({ client, type: ociRepositoryType, clock, log });
  const deps = { artifacts, urlOf: (path: string) => server.urlOf(path), clock, random };
  const artifactFolder = ({ metadata }: KubeObject): string =>
    ['ocirepository', metadata.namespace ?? '', metadata.name ?? ''].join('/');
  const reconcile = createSourceReconciler<OciOutcome>(
    {
      ...deps,
      client,
      objects: informer,
      event: (object, { type, reason, message }) =>
        events.event(object, type, reason as Parameters<typeof events.event>[2], message),
    },
    {
      type: ociRepositoryType,
      specOf: ociRepositorySpec,
      artifactOf: (object) => ociRepositoryStatus(object).artifact,
      artifactFolder,
      nextStatus: nextOciStatus,
      eventsOf: ociEventsOf,
      async observe(object: KubeObject, standing: Standing, signal: AbortSignal) {
        const spec = ociRepositorySpec(object);
        if (spec.unsupported.length > 0) return unsupported(spec.unsupported);
        const logins = await readLogins(client, object, spec.secretName, signal);
        if ('kind' in logins) return logins;
        const question = {
          spec,
          logins,
          standing,
          artifactFolder: artifactFolder(object),
          isLayerObserved: isLayerObserved(object),
        };
        return observeArtifact(deps, question, signal);
      },
    },
  );
  const controller = createToolController({
    name: 'ocirepository',
    informer,
    essence: sourceEssence,
    clock,
    log,
    reconcile,
  });
  pushes.subscribe((repository) => {
    const url = `oci://${pushes.host}/${repository}`;
    for (const object of informer.list()) {
      if (ociRepositorySpec(object).url === url) controller.enqueue(objectKey(object.metadata));
    }
  });
  return {
    parts: [
      [{ name: 'ocirepositories', run: (signal) => informer.run(signal), ready: () => informer.synced }],
      [{ name: 'ocirepository', run: (signal) => controller.run(signal) }],
    ],
  };
}

function unsupported(fields: readonly string[]): OciOutcome {
  const message = `${fields.join(', ')} is not supported by the built-in OCI source; remove it, or use Flux source-controller`;
  return { kind: 'stalled', reason: 'UnsupportedField', message };
}

async function readLogins(
  client: Pick<Client, 'get'>,
  { metadata }: KubeObject,
  name: string | undefined,
  signal: AbortSignal,
): Promise<readonly DockerConfig[] | OciOutcome> {
  if (name === undefined) return [];
  try {
    return dockerConfigsIn(await client.get(SECRETS, { namespace: metadata.namespace, name }, { signal }));
  } catch (error) {
    signal.throwIfAborted();
    if (!isNotFound(error) && !(error instanceof CartoError)) throw error;
    const message = `failed to get secret '${metadata.namespace ?? ''}/${name}': ${(error as Error).message}`;
    return { kind: 'failed', condition: 'FetchFailed', reason: 'AuthenticationFailed', message };
  }
}
