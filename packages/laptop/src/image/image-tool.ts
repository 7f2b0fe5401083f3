import { join } from 'node:path';
import { type Client, createInformer, type Informer } from '@cartographer/kube';
import { type Clock, getPath, isList, type KubeObject, type Log } from '@cartographer/machinery';
import { createOciLayout } from '@cartographer/oci';
import type { Runnable } from '@cartographer/runtime';
import { isFolder } from '../is-folder.ts';
import type { Keeper } from '../keeper/keeper.ts';
import { keysOnDisk } from '../keys-on-disk.ts';
import type { Environment } from '../program-environment.ts';
import { createToolController } from '../tool-controller.ts';
import { BUILD_REQUEST_ANNOTATION, imageType } from './image.ts';
import { createImageBuilds } from './image-builds.ts';
import { createImageReconciler, type ImageDeps, repositoryOf } from './image-reconciler.ts';
import { type PushOptions, type RegistryServer, startRegistryServer } from './registry-server.ts';

/** What {@link createImageTool} needs. */
export type ImageToolOptions = {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: ImageDeps['events'];
  readonly keeper: Keeper;
  /** Holds images, logs and unfinished builds. */
  readonly dataFolder: string;
  readonly environment: Environment;
  /** What may be pushed to the registry besides. */
  readonly push: PushOptions;
  /** Services: images that one of them names are kept. */
  readonly services: Informer;
};

/** The Image controller and its registry, ready to be run in order. */
export type ImageTool = {
  readonly parts: readonly (readonly Runnable[])[];
  readonly registry: RegistryServer;
  close(): Promise<void>;
};

/** Makes the controller of Images and starts the registry of what they build. */
export async function createImageTool(options: ImageToolOptions): Promise<ImageTool> {
  const { client, clock, events, keeper, environment, dataFolder, push, services } = options;
  const log = options.log.child({ tool: 'image' });
  const onChange = (key: string): void => controller.enqueue(key);
  const builds = await createImageBuilds({ folder: dataFolder, keeper, environment, clock, log, onChange });
  const registry = await startRegistryServer({
    portFile: join(dataFolder, 'registry.port'),
    log,
    push,
    async layoutOf(repository) {
      const pushed = push.layoutOf(repository);
      if (pushed !== undefined) return pushed;
      if (!/^[a-z0-9][a-z0-9.-]*\/[a-z0-9][a-z0-9.-]*$/.test(repository)) return undefined;
      const { layoutFolder } = builds.places(repository);
      return (await isFolder(layoutFolder)) ? createOciLayout(layoutFolder) : undefined;
    },
  });

  const images = createInformer({ client, type: imageType, clock, log });
  const controller = createToolController({
    name: 'image',
    informer: images,
    essence,
    clock,
    log,
    reconcile: createImageReconciler({
      client,
      events,
      images,
      builds,
      imageName: (key, digest) => `${registry.host}/${repositoryOf(key)}@${digest}`,
      digestsInUse: () => (services.hasSynced() ? new Set(services.list().flatMap(digestsOf)) : undefined),
      now: () => clock.now(),
    }),
  });
  services.onEvent(({ type, object, old }) => {
    // What a Service does not run any more may be garbage.
    for (const key of type === 'added' ? [] : repositoriesOf(old ?? object)) controller.enqueue(key);
  });

  return {
    registry,
    parts: [
      [{ name: 'images', run: (signal) => images.run(signal), ready: () => images.synced }],
      [
        {
          name: 'image',
          async run(signal) {
            // What was built for objects that went while nobody looked.
            for (const key of await keysOnDisk(join(dataFolder, 'images'))) controller.enqueue(key);
            await controller.run(signal);
            await builds.close();
          },
        },
      ],
    ],
    close: () => registry.close(),
  };
}

/** What can change the outcome for an Image. */
function essence({ metadata }: KubeObject): unknown {
  const { uid, generation, deletionTimestamp, annotations } = metadata;
  return [uid, generation, deletionTimestamp, getPath(annotations, BUILD_REQUEST_ANNOTATION)];
}

function imagesOf(service: KubeObject): readonly string[] {
  const containers = getPath(service['spec'], 'template', 'spec', 'containers');
  const images = isList(containers) ? containers.map((container) => getPath(container, 'image')) : [];
  return images.filter((image) => typeof image === 'string');
}

function digestsOf(service: KubeObject): readonly string[] {
  return imagesOf(service).flatMap((image) => image.split('@')[1] ?? []);
}

function repositoriesOf(service: KubeObject): readonly string[] {
  return imagesOf(service).flatMap((image) => /^[^/]+\/([^/@:]+\/[^/@:]+)/.exec(image)?.[1] ?? []);
}
